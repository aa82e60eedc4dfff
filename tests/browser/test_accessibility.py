"""WCAG 2.2 A and AA by axe on every page: nothing serious, nothing critical.

Each page is looked at wide and light, then narrow and dark: both layouts and both themes
without four times the waiting.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from govmail_portal.browser_libraries import NODE_MODULES
from mailbox.outbound import drafting
from mailbox.outbound.submission import send
from tests.browser.desk import Desk, desk_of
from tests.cast import PASSWORD, Cast
from tests.mailbox.web.post import deliver, letter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (NODE_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# Frames are letters of strangers: what they hold is theirs.
RUN = """() => axe.run({exclude: [["iframe"]]}, {
  iframes: false, resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}).then((found) => found.violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) =>
    node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join(" | ")}`))"""
# Colours that are still on their way to another theme have no contrast of their own: two pictures
# are drawn, and what moves and will end has ended.
SETTLED = """() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  .then(() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished)))
  .then(() => null)"""
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
SETTINGS = (
    "accounts:preferences",
    "accounts:security",
    "mailbox:search",
    "mailbox:signatures",
    "mailbox:templates",
    "mailbox:filters",
    "mailbox:vacation",
    "mailbox:contacts",
    "mailbox:sender-choices",
)
OF_THE_MAILBOX = ("mailbox:drafts", "mailbox:outbox", "mailbox:folders", "mailbox:labels")


def serious(page: Page) -> list[str]:
    """What axe finds in this page, wide and light, then narrow and dark."""
    page.evaluate(AXE)
    found: list[str] = []
    for size, theme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.wait_for_timeout(120)
        page.evaluate(SETTLED)
        found += [f"{theme} {size['width']}: {one}" for one in page.evaluate(RUN)]
    return found


def addresses(cast: Cast) -> list[str]:
    box = cast.mailbox_of(cast.amina)
    now = timezone.now()
    draft = drafting.start(box, by=cast.amina, now=now)
    sent = drafting.start(box, by=cast.amina, now=now)
    to = [{"address": cast.bruno.address}]
    drafting.save(sent, {"subject": "x", "text": "y", "to": to}, version=1, now=now)
    sent.refresh_from_db()
    submission = send(sent, by=cast.amina, now=now)
    found = [reverse("mailbox:draft", args=[draft.pk])]
    found += [reverse("mailbox:submission", args=[submission.pk])]
    for name in SETTINGS:
        found.append(reverse(name))
    for name in OF_THE_MAILBOX:
        try:
            found.append(reverse(name, args=[box.pk]))
        except NoReverseMatch:
            found.append(reverse(name))
    return found


def test_the_list_the_reader_and_their_menus_can_be_used_by_everybody(
    cast: Cast, origin: str
) -> None:
    message = letter("Plan", html='<p>Hi <img src="https://a.test/x.png" width="60"></p>')
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    deliver(message, cast.amina)
    deliver(letter("Another", sender=f"Bruno <{cast.bruno.address}>"), cast.amina)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        found = serious(page)
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # width and height
        page.locator(".row__link", has_text="Plan").click()
        expect(page.locator("#reader #subject")).to_be_visible()
        found += serious(page)
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # width and height
        page.locator(".account summary").click()
        found += serious(page)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        found += serious(page)

    assert found == []


def test_writing_searching_and_settings_can_be_used_by_everybody(cast: Cast, origin: str) -> None:
    places = addresses(cast)
    with desk_of(cast.amina, origin) as desk:
        found = {place: serious(desk.open(place)) for place in places}

    assert {place: what for place, what in found.items() if what} == {}


def test_the_doors_and_the_administration_can_be_used_by_everybody(cast: Cast, origin: str) -> None:
    with desk_of(cast.hana, origin) as desk:
        found = {"admin": serious(desk.open("/admin/"))}
        desk.forget()
        page = desk.open("/account/login/")
        found["sign in"] = serious(page)
        found["second factor"] = serious(_second_step(desk, page, cast))

    assert {place: what for place, what in found.items() if what} == {}


def _second_step(desk: Desk, page: Page, cast: Cast) -> Page:
    page.locator("[name=login]").fill(cast.bruno.address)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/second-factor/**")
    return page


def test_the_focus_is_kept_and_goes_where_the_eye_goes(cast: Cast, origin: str) -> None:
    for subject in ("First", "Second"):
        deliver(letter(subject), cast.amina)
    focused = "() => document.activeElement.id || document.activeElement.className"
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "skip-link"
        page.keyboard.press("Enter")
        assert page.evaluate("() => location.hash") == "#main"
        page.locator("#rows .row__link").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#letters")).to_be_focused()
        page.locator("#rows .row__link").nth(1).focus()
        page.evaluate("() => htmx.trigger(document.body, 'portal:look')")
        page.wait_for_timeout(600)
        held: Any = page.evaluate("() => document.activeElement.closest('.row')?.dataset.thread")
        assert held == page.locator("#rows .row").nth(1).get_attribute("data-thread")
        page.locator(".account summary").click()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
