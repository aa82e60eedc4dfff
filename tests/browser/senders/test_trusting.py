"""Images from outside, links that hide their target and quotes, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect, sync_playwright

from mailbox.mime.cleaning.asides import Asides
from mailbox.mime.sanitise import sanitise_or_text
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from mailbox.web.answers.policies import FRAME
from tests.browser.desk import FLAGS, desk_of
from tests.browser.serving.portal import portal
from tests.cast import Cast
from tests.mailbox.web.post import deliver, letter
from tests.services import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AWAY = "https://img.else.test/a.png"
# Every way we know to make a page ask another machine, without a script.
REACHING = f"""<img src="{AWAY}"><img srcset="{AWAY} 2x"><img src="//img.else.test/b.png">
<img src="http://img.else.test/c.png"><input type=image src="{AWAY}">
<picture><source srcset="{AWAY}"><img></picture><video poster="{AWAY}" src="{AWAY}"></video>
<audio src="{AWAY}" autoplay></audio><object data="{AWAY}"></object><embed src="{AWAY}">
<iframe src="{AWAY}"></iframe><link rel=stylesheet href="{AWAY}"><link rel=prefetch href="{AWAY}">
<link rel=preconnect href="https://img.else.test"><link rel=dns-prefetch href="//img.else.test">
<link rel=icon href="{AWAY}"><meta http-equiv=refresh content="0;url={AWAY}">
<style>@import "{AWAY}"; p {{ background: url({AWAY}) }} @font-face {{ font-family: x;
src: url({AWAY}) }} body {{ font-family: x }} p::before {{ content: url({AWAY}) }}</style>
<p style="background:url({AWAY})">a</p><p style="background-image:image-set('{AWAY}' 1x)">b</p>
<p style="list-style:url({AWAY});display:list-item">c</p><p style="cursor:url({AWAY}),auto">d</p>
<p style="--x:url({AWAY});background:var(--x)">e</p><p style="border-image:url({AWAY}) 1">f</p>
<body background="{AWAY}"><table background="{AWAY}"><td background="{AWAY}">g</table>
<svg><image href="{AWAY}"/><use href="{AWAY}#a"/><filter id=f><feImage href="{AWAY}"/></filter>
<rect width=9 height=9 fill="url({AWAY}#a)" filter="url(#f)"/></svg>
<math><mi href="{AWAY}">x</mi></math><a ping="{AWAY}" href="{AWAY}">h</a>
<bgsound src="{AWAY}"><frameset><frame src="{AWAY}"></frameset>"""


@pytest.fixture
def origin(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[str]:
    with portal(key_set["web"], tmp_path) as address:
        yield address


def requests_of(markup: str, headers: dict[str, str]) -> list[str]:
    """What a browser asks other machines for, once it is shown this page."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url == "https://portal.test/body/":
            route.fulfill(body=markup, content_type="text/html; charset=utf-8", headers=headers)
        else:
            asked.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=needs_chromium(), args=FLAGS)
        page = chromium.new_page()
        page.route("**/*", answer)
        page.goto("https://portal.test/body/")
        page.wait_for_timeout(500)
        chromium.close()
    return [url for url in asked if not url.endswith("/favicon.ico")]


def test_without_locks_a_hostile_page_reaches_out() -> None:
    assert len(requests_of(REACHING, {})) > 5


def test_the_policy_alone_keeps_images_away() -> None:
    # A navigation is no image: the sandbox forbids it, and the sanitiser takes refresh out.
    markup = REACHING.replace("http-equiv=refresh", "")

    assert requests_of(markup, {"Content-Security-Policy": FRAME}) == []


def test_the_sanitiser_alone_keeps_images_away() -> None:
    asides = Asides()
    safe = sanitise_or_text(REACHING, {}, asides)[0]

    assert asides.pictures == [AWAY]
    assert requests_of(safe.for_frame(), {}) == []
    assert requests_of(asides.with_pictures.for_frame(), {}) == [AWAY]


def test_images_come_when_they_are_asked_for_and_only_then(cast: Cast, origin: str) -> None:
    html = f'<p>News</p><img src="{AWAY}" width="200" height="80">'
    deliver(letter("News", html=html), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        page.locator(".row__link", has_text="News").click()
        expect(
            page.frame_locator("iframe.letter__frame:visible").get_by_text("News")
        ).to_be_visible()
        assert desk.strange == []
        with page.expect_response(lambda answer: "images=1" in answer.url and "body" in answer.url):
            page.get_by_role("link", name="Show once").click()
        expect(page.locator(".notice:visible", has_text="Show once")).to_have_count(0)
        page.wait_for_timeout(500)
        assert set(desk.strange) == {AWAY}


def test_a_link_that_hides_its_target_is_asked_about(cast: Cast, origin: str) -> None:
    html = '<p><a href="https://evil.test/x">https://www.mot.go.th</a></p>'
    deliver(letter("Link", html=html), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        page.locator(".row__link", has_text="Link").click()
        with desk.context.expect_page() as opened:
            page.frame_locator("iframe.letter__frame:visible").locator("a").click()
        asked = opened.value
        expect(asked.locator(".target b")).to_have_text("evil.test")
        assert asked.locator(".target__acts a").get_attribute("href") == "https://evil.test/x"
        assert desk.strange == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_quote_opens_and_shuts_with_and_without_scripts(
    cast: Cast, origin: str, scripts: bool
) -> None:
    text = "My own words\n\nOn Monday, A wrote:\n" + "> Theirs\n" * 40
    deliver(letter("Quote", text), cast.amina)
    with desk_of(cast.amina, origin, scripts=scripts) as desk:
        page = desk.open("/")
        page.locator(".row__link", has_text="Quote").click()
        shown = "iframe.letter__frame:visible"
        frame = page.frame_locator(shown)
        expect(frame.get_by_text("My own words")).to_be_visible()
        expect(frame.get_by_text("Theirs").first).to_be_hidden()
        low = page.locator(shown).bounding_box()
        page.locator(".quoting:visible").click()
        expect(page.locator(".quoting:visible")).to_have_attribute("aria-expanded", "true")
        expect(frame.get_by_text("Theirs").first).to_be_visible()
        high = page.locator(shown).bounding_box()
        assert low and high and high["height"] > low["height"] + 600
        page.locator(".quoting:visible").click()
        expect(page.locator(".quoting:visible")).to_have_attribute("aria-expanded", "false")
