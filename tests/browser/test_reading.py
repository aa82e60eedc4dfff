"""Reading in a real browser, against the web process as it runs in production."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Frame, Page, expect

from mailbox.outbound import drafting
from mailbox.outbound.submission import send
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.browser.desk import Desk, desk_of
from tests.browser.serving.portal import portal
from tests.cast import Cast
from tests.mailbox.web.post import address_of, deliver, letter
from tests.mailbox.web.test_letters import PNG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = """<p id="text">Hello</p><script>parent.document.title = 'hacked'; alert(1)</script>
<img src="https://tracker.test/pixel.png"><img src=x onerror="alert(2)">
<svg onload="alert(3)"><a xlink:href="javascript:alert(4)">x</a></svg>
<form action="https://evil.test/"><input name=a><button>go</button></form>
<a href="javascript:alert(5)">link</a><iframe src="https://evil.test/"></iframe>
<style>@import "https://evil.test/a.css"; body { background: url(https://evil.test/b.png) }</style>
<div style="background:url('https://evil.test/c.png')">styled</div>"""


PRESS = """([code, key]) => document.body.dispatchEvent(
  new KeyboardEvent("keydown", {code, key, bubbles: true}))"""


@pytest.fixture
def origin(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[str]:
    with portal(key_set["web"], tmp_path) as address:
        yield address


def in_thread(deed: Any) -> Any:
    """Do something with the database while a browser's loop runs in this thread."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    def run() -> Any:
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def open_letter(page: Page, subject: str) -> Frame:
    page.locator(".row__link", has_text=subject).click()
    expect(page.locator("#subject")).to_have_text(subject)
    frame = page.locator("iframe.letter__frame").last.element_handle().content_frame()
    assert frame is not None
    frame.wait_for_load_state()
    return frame


def test_a_letter_opens_beside_the_list_and_is_read_from_then_on(cast: Cast, origin: str) -> None:
    deliver(letter("Plan for Monday", "All is ready."), cast.amina)
    deliver(letter("Another one"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        expect(page.locator(".row--unread")).to_have_count(2)
        frame = open_letter(page, "Plan for Monday")

        assert "All is ready." in frame.inner_text("body")
        assert re.search(r"/inbox/t/[0-9a-f-]{36}/$", page.url)
        expect(page.locator(".row--unread")).to_have_count(1)
        expect(page.locator("#folders .count").first).to_contain_text("1")
        assert desk.strange == []


def test_a_hostile_letter_is_inert(cast: Cast, origin: str) -> None:
    deliver(letter("Prize", "text", html=HOSTILE), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        frame = open_letter(page, "Prize")

        assert "Hello" in frame.inner_text("body")
        assert frame.locator("script, form, input, svg, iframe, style + style").count() == 0
        assert "hacked" not in page.title()
        assert desk.strange == []


def test_pictures_of_a_letter_are_shown_in_the_frame_without_an_origin(
    cast: Cast, origin: str
) -> None:
    made = letter("News", "News", html='<p>Look</p><img id="pic" src="cid:pic">')
    made.get_payload()[1].add_related(PNG, maintype="image", subtype="png", cid="<pic>")
    deliver(made, cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        frame = open_letter(page, "News")

        frame.wait_for_function("document.images[0].complete")
        assert frame.evaluate("document.images[0].naturalWidth") == 1


def test_new_mail_appears_without_a_reload(
    cast: Cast, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "_route", let_live_through(Desk._route))
    deliver(letter("First"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        with page.expect_response("**/live/"):
            page.reload()
        expect(page.locator(".row")).to_have_count(1)
        in_thread(lambda: deliver(letter("Just in"), cast.amina))

        expect(page.locator(".row").first).to_contain_text("Just in")
        expect(page).to_have_title(re.compile(r"^\(2\)"))


def let_live_through(route: Any) -> Any:
    def routed(desk: Desk, request: Any) -> None:
        if request.request.url.endswith("/live/"):
            request.continue_()
        else:
            route(desk, request)

    return routed


def test_what_is_archived_comes_back_by_a_key(cast: Cast, origin: str) -> None:
    deliver(letter("Stay"), cast.amina)
    deliver(letter("Leave"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        open_letter(page, "Leave")
        page.keyboard.press("e")
        expect(page.locator(".undo")).to_be_visible()
        expect(page.locator(".row", has_text="Leave")).to_have_count(0)
        page.keyboard.press("z")

        expect(page.locator(".row", has_text="Leave")).to_have_count(1)


def test_what_became_of_an_own_letter_stands_under_it(cast: Cast, origin: str) -> None:
    now = timezone.now()
    draft = drafting.start(cast.amina.mailbox, by=cast.amina, now=now)
    typed = {"subject": "Water", "text": "Dear all", "to": ["piya@university.test"]}
    drafting.save(draft, typed, version=draft.version, now=now)
    sent = send(draft, by=cast.amina, now=now).sent_copy
    assert sent is not None
    with desk_of(cast.amina, origin) as desk:
        page = desk.open(address_of(sent, "sent"))
        page.locator(".delivery > summary").click()

        expect(page.locator(".hop")).to_contain_text("piya@university.test")
        expect(page.locator(".hop__state")).to_contain_text("Waiting to be sent")
        assert desk.strange == []


def test_keys_count_by_their_place_whatever_the_layout(cast: Cast, origin: str) -> None:
    for name in ("Third", "Second", "First"):
        deliver(letter(name), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        page.evaluate(PRESS, ["KeyJ", "่"])
        expect(page.locator("#subject")).to_have_text("First")
        page.evaluate(PRESS, ["KeyJ", "่"])
        expect(page.locator("#subject")).to_have_text("Second")
        page.evaluate(PRESS, ["KeyK", "า"])
        expect(page.locator("#subject")).to_have_text("First")


def test_older_rows_come_before_the_end_is_reached(cast: Cast, origin: str) -> None:
    for number in range(70):
        deliver(letter(f"Letter {number}"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        expect(page.locator(".row")).to_have_count(50)
        page.locator(".row").nth(42).scroll_into_view_if_needed()

        expect(page.locator(".row")).to_have_count(70)


def test_everything_can_be_read_without_scripts(cast: Cast, origin: str) -> None:
    deliver(letter("Plain"), cast.amina)
    with desk_of(cast.amina, origin, scripts=False) as desk:
        page = desk.open("/")
        page.locator(".row__link").click()
        assert "Please come." in page.frame_locator("iframe").locator("body").inner_text()
        page.locator('.reader__bar button[value="archive"]').click()
        assert page.locator(".undo").is_visible()
        page.locator(".undo button").click()

        assert page.locator(".row").count() == 1


def test_an_expired_session_leads_to_the_door(cast: Cast, origin: str) -> None:
    deliver(letter("Plan"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        desk.forget()
        page.locator(".row__link").click()
        page.wait_for_url("**/account/login/**")

        assert page.locator("form").count() > 0
