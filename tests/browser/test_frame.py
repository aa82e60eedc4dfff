"""The frame in a real browser: panes, going on without waiting, the connection, the app."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account
from mailbox.models import Message
from tests.browser.desk import desk_of
from tests.browser.test_reading import in_thread
from tests.cast import Cast
from tests.mailbox.web.post import deliver, letter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATCH = """window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});"""
SIZES = """() => {
  const seen = (id) => (document.getElementById(id)?.getClientRects().length ?? 0) > 0;
  const width = (selector) => Math.round(document.querySelector(selector)?.offsetWidth ?? 0);
  return {
    sideways: document.documentElement.scrollWidth > innerWidth,
    panes: [seen("menu"), seen("list"), seen("reader")],
    rail: width("#menu"), list: width("#list"),
    row: document.querySelector("#rows .row")?.offsetHeight ?? 0,
  };
}"""


def open_first(page: Page) -> None:
    page.locator("#rows .row__link").first.click()
    expect(page.locator("#reader #subject")).to_be_visible()


def test_panes_follow_the_width_and_nothing_scrolls_sideways(cast: Cast, origin: str) -> None:
    deliver(letter("A long subject that does not fit into any list of this world"), cast.amina)
    wanted = {
        (1440, 900): ([True, True, True], 240, 400),
        (1366, 768): ([True, True, True], 240, 372),
        (1024, 768): ([True, True, True], 56, 336),
        (390, 844): ([False, False, True], 0, 0),
        (320, 640): ([False, False, True], 0, 0),
    }
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        open_first(page)
        for (width, height), (panes, rail, list_) in wanted.items():
            page.set_viewport_size({"width": width, "height": height})
            found = page.evaluate(SIZES)
            assert (found["panes"], found["rail"], found["list"]) == (panes, rail, list_), width
            assert not found["sideways"], width
        for address in ("/", "/account/preferences/"):
            page.goto(origin + address)
            assert not page.evaluate(SIZES)["sideways"], address


@pytest.mark.parametrize(
    ("density", "pane", "height", "panes"),
    [
        ("dense", "right", 40, [True, True, True]),
        ("roomy", "bottom", 88, [True, True, True]),
        ("normal", "none", 64, [True, False, True]),
    ],
)
def test_the_reader_chooses_the_height_of_rows_and_the_place_of_letters(
    cast: Cast, origin: str, density: str, pane: str, height: int, panes: list[bool]
) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(density=density, reading_pane=pane)
    deliver(letter("Plan"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        found = page.evaluate(SIZES)["row"]
        open_first(page)

        assert height <= found <= height + 6
        assert page.evaluate(SIZES)["panes"] == panes


def test_going_on_shows_what_stood_ready_and_only_then_is_it_read(cast: Cast, origin: str) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(mark_read_after=2)
    for number in range(3):
        deliver(letter(f"Letter {number}"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        open_first(page)
        ahead = page.locator("article.reader[hidden]", has_text="Letter 1")
        expect(ahead.locator("iframe")).to_have_count(1)
        page.wait_for_timeout(300)
        asked.clear()  # A request in this list would be the reader's own.
        page.keyboard.press("j")
        expect(page.locator("#reader #subject")).to_have_text("Letter 1")

        assert page.url not in asked
        assert page.url.endswith(str(page.locator("#reader").get_attribute("data-thread")) + "/")
        page.wait_for_timeout(2600)
        unread = in_thread(
            lambda: Message.objects.filter(mailbox__account=cast.amina, is_read=False).count()
        )
        # The first was left before its two seconds were over; the third was only fetched ahead.
        assert unread == 2


def test_what_should_never_be_marked_stays_unread(cast: Cast, origin: str) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(mark_read_after=Account.NEVER_MARK_READ)
    deliver(letter("Plan"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        open_first(page)
        page.wait_for_timeout(600)
        page.reload()

        expect(page.locator("#rows .row--unread")).to_have_count(1)
        assert page.title().startswith("(1) Plan")
        assert "mark-unread" in str(page.locator("link[rel=icon]").get_attribute("href"))


def test_a_lost_connection_is_said_in_a_bar_that_stays_until_it_is_back(
    cast: Cast, origin: str
) -> None:
    for subject in ("First", "Second"):
        deliver(letter(subject), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        desk.context.set_offline(True)
        page.locator("#rows .row__link").first.click()
        expect(page.locator("#connection .connection__bar")).to_be_visible()
        expect(page.locator("#reader .blank--error")).to_be_visible()
        expect(page.locator("#rows .row")).to_have_count(2)
        desk.context.set_offline(False)
        expect(page.locator("#connection .connection__bar")).to_have_count(0)
        page.locator("#reader .blank--error button").click()
        expect(page.locator("#reader #subject")).to_have_text("Second")


def test_no_string_becomes_markup_that_acts_and_no_page_breaks_the_policy(
    cast: Cast, origin: str
) -> None:
    deliver(letter("Plan", "<b>onclick = 1</b>", html="<p onclick=x>Hi</p>"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        desk.context.add_init_script(WATCH)
        page = desk.open("/")
        open_first(page)
        page.keyboard.press("c")
        page.wait_for_selector("form[data-ready]")
        found = page.evaluate("window.violations")
        page.goto(f"{origin}/account/preferences/")
        refused = page.evaluate(
            """() => ["<img src=x onerror=alert(1)>", "<script>1</script>", "<svg/onload=1>",
              "<template><img src=x onerror=1></template>", "<iframe srcdoc=x></iframe>"]
              .map((markup) => {
                try { document.body.insertAdjacentHTML("beforeend", markup); return "let in"; }
                catch (error) { return error.name; }
              })"""
        )
        script = page.evaluate(
            """() => {
              try { document.createElement("script").text = "1"; } catch (e) { return e.name; }
            }"""
        )

        assert found == []
        assert refused == ["TypeError"] * 5
        assert script == "TypeError"
        assert desk.strange == []


def test_the_installed_app_keeps_no_mail_and_says_when_there_is_no_network(
    cast: Cast, origin: str
) -> None:
    deliver(letter("Plan"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        page.wait_for_timeout(2100)
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        open_first(page)
        kept = page.evaluate(
            """async () => {
              const names = await caches.keys();
              const all = await Promise.all(
                names.map(async (name) => (await caches.open(name)).keys()));
              return all.flat().map((request) => new URL(request.url).pathname);
            }"""
        )
        desk.context.set_offline(True)
        page.goto(f"{origin}/mail/search/")

        assert "/offline/" in kept
        assert all(path == "/offline/" or path.startswith("/static/") for path in kept)
        expect(page.locator("h1")).to_have_text("เชื่อมต่อกับระบบไม่ได้")
