"""Writing a letter in a real browser: nothing that was typed is ever lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from mailbox.models import Draft
from mailbox.outbound import drafting
from tests.browser.desk import Desk, desk_of
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """(element, texts) => {
  const clipboardData = new DataTransfer();
  for (const [type, text] of Object.entries(texts)) clipboardData.setData(type, text);
  element.focus();
  const options = {clipboardData, bubbles: true, cancelable: true};
  element.dispatchEvent(new ClipboardEvent('paste', options));
}"""


@pytest.fixture
def draft(cast: Cast) -> Draft:
    """A draft of somebody who writes plain text."""
    cast.amina.writes_plain = True
    cast.amina.save(update_fields=["writes_plain"])
    return drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())


def writing(desk: Desk, draft: Draft) -> Page:
    page = desk.open(reverse("mailbox:draft", args=[draft.pk]))
    page.wait_for_selector("form[data-ready]")
    return page


def saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_have_attribute("data-state", "saved", timeout=15_000)


def save_now(page: Page) -> None:
    page.keyboard.press("Control+s")
    saved(page)


def test_people_are_found_by_keyboard_and_the_draft_saves_itself(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#to").press_sequentially("Chiara", delay=15)
        expect(page.locator("#to-suggestions [role=option]")).to_contain_text("Policy analyst")
        page.keyboard.press("Enter")
        page.locator("#to").press_sequentially("some@else.example,")
        expect(page.locator("[data-chip]")).to_have_count(2)
        page.locator("#subject").fill("เรื่องทดสอบ")
        page.locator("#text").fill("เนื้อความ")
        saved(page)

        expect(page.locator(".person--external")).to_contain_text("some@else.example")
        page.reload()
        expect(page.locator("[data-chip]")).to_have_count(2)
        expect(page.locator("#text")).to_have_value("เนื้อความ")
        expect(page.locator("#subject")).to_have_value("เรื่องทดสอบ")
        page.locator("#to").press("Backspace")
        expect(page.locator("[data-chip]")).to_have_count(1)
        assert desk.strange == []


def test_many_addresses_are_pasted_at_once(cast: Cast, draft: Draft, live_server: Any) -> None:
    pasted = (
        f'"Wongsakul, Bruno" <{cast.bruno.address}>; a@else.example\nb@else.example c@else.example'
    )
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#to").evaluate(PASTE, {"text/plain": pasted})
        expect(page.locator("[data-chip]")).to_have_count(4)
        expect(page.locator("[data-chip]").first).to_contain_text("Wongsakul, Bruno")


def test_two_windows_on_one_draft_keep_both_texts(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        first, second = writing(desk, draft), writing(desk, draft)
        first.locator("#text").fill("the first window")
        save_now(first)
        second.locator("#text").fill("the second window")
        second.keyboard.press("Control+s")
        expect(second.locator("[data-clash]")).to_be_visible()
        expect(second.locator("[data-clash-other-text]")).to_have_text("the first window")
        expect(second.locator("[data-clash-mine-text]")).to_have_text("the second window")
        expect(second.locator("#text")).to_have_value("the second window")
        second.locator("[data-keep-both]").click()
        second.wait_for_url("**apart=1")

        expect(second.locator("#text")).to_have_value("the second window")
        first.reload()
        expect(first.locator("#text")).to_have_value("the first window")


def test_files_are_attached_and_a_large_one_is_refused_before_it_is_sent(
    cast: Cast, draft: Draft, live_server: Any, settings: Any
) -> None:
    settings.ATTACHMENT_LIMIT = 2 * 1024**2
    small = {
        "name": "แผนงาน.pdf",
        "mimeType": "application/pdf",
        "buffer": b"%PDF-" + b"x" * 900_000,
    }
    large = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"x" * 3_000_000}
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#file").set_input_files([small, large])
        rows = page.locator("[data-uploads] li")
        expect(rows.nth(0).locator(".upload__state")).to_have_class("upload__state is-ok")
        expect(rows.nth(1)).to_contain_text("2.0 MB at most")
        page.reload()
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("แผนงาน.pdf")
        rows.locator("[data-stop]").click()
        expect(rows).to_have_count(0)
        page.reload()
        expect(rows).to_have_count(0)


def test_a_letter_is_sent_and_called_back(
    cast: Cast, draft: Draft, live_server: Any, settings: Any
) -> None:
    settings.UNDO_SECONDS = 60
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#to").fill(cast.bruno.address)
        page.locator("#text").fill("sent too soon")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-sheet=check]")).to_contain_text("No subject")
        page.locator("[data-sheet=check] [value=send]").click()
        page.wait_for_url(lambda url: "/compose/" not in url)
        expect(page.locator("[data-undo]")).to_be_visible()
        page.keyboard.press("z")
        page.wait_for_url("**/mail/compose/**")

        expect(page.locator("#text")).to_have_value("sent too soon")
        assert desk.strange == []


def test_a_letter_to_nobody_stays_where_it_is(cast: Cast, draft: Draft, live_server: Any) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#text").fill("to nobody")
        page.locator("[data-send]").click()
        expect(page.locator('[data-notice="refused"]')).to_be_visible()
        page.locator("#to").fill("somchai at home")
        page.locator("[data-send]").click()
        page.locator("[data-sheet=check] [value=send]").click()

        expect(page.locator('[data-notice="refused"]')).to_contain_text("cannot be read")
        expect(page.locator("#text")).to_have_value("to nobody")


def test_a_session_that_has_ended_keeps_the_text(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        desk.forget()
        page.locator("#text").fill("typed after the end")
        page.keyboard.press("Control+s")
        expect(page.locator('[data-notice="ended"]')).to_be_visible()
        desk.remember()
        desk.open("/")  # in another tab, which brings the new token
        page.locator("[data-retry]").click()
        saved(page)

        expect(page.locator('[data-notice="ended"]')).to_be_hidden()
        page.reload()
        expect(page.locator("#text")).to_have_value("typed after the end")


def test_without_a_network_the_page_tries_again(cast: Cast, draft: Draft, live_server: Any) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        desk.context.set_offline(True)
        page.locator("#text").fill("typed in a tunnel")
        page.keyboard.press("Control+s")
        expect(page.locator("[data-saved]")).to_have_attribute("data-state", "offline")
        desk.context.set_offline(False)
        saved(page)
        page.reload()
        expect(page.locator("#text")).to_have_value("typed in a tunnel")


def test_keys_count_by_their_place_on_a_thai_layout(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#text").fill("บันทึก")
        page.locator("#text").dispatch_event(
            "keydown", {"key": "ห", "code": "KeyS", "ctrlKey": True, "bubbles": True}
        )
        saved(page)


def test_formatted_text_is_written_and_comes_back(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#text").fill("plain words")
        page.locator('[data-use-format="rich"]').click()
        editor = page.locator("[data-rich]")
        editor.press("Control+a")
        page.locator('[data-command="bold"]').click()
        expect(page.locator('[data-command="bold"]')).to_have_attribute("aria-pressed", "true")
        save_now(page)
        page.reload()
        expect(editor.locator("b")).to_have_text("plain words")
        page.locator('[data-use-format="plain"]').click()
        expect(page.locator("#text")).to_have_value("plain words")


HOSTILE = """<p>kept</p><img src="https://else.example/x.png" onerror="alert(1)">
<script>alert(2)</script><svg onload="alert(3)"></svg><a href="javascript:alert(4)">link</a>
<iframe src="https://else.example/"></iframe>
<math><mtext><img src=x onerror=alert(5)></mtext></math>
<form action="https://else.example/"><button>press</button></form>"""


def test_hostile_text_pasted_or_restored_is_inert(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    drafting.save(draft, {"html": HOSTILE, "text": ""}, version=1, now=timezone.now())
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        editor = page.locator("[data-rich]")
        expect(editor).to_contain_text("kept")
        editor.evaluate(PASTE, {"text/html": HOSTILE, "text/plain": "kept"})
        expect(editor).to_contain_text(re.compile(r"kept[\s\S]*kept"))
        save_now(page)
        page.reload()
        page.wait_for_selector("form[data-ready]")
        page.wait_for_timeout(300)

        assert (
            editor.locator("script, svg, iframe, form, math, [onerror], [href^=javascript]").count()
            == 0
        )
        assert desk.strange == []


def test_a_letter_is_written_and_sent_without_scripts(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url, scripts=False) as desk:
        page = desk.open(reverse("mailbox:draft", args=[draft.pk]))
        page.locator("#to").fill(f"Bruno <{cast.bruno.address}>")
        page.locator("#subject").fill("without scripts")
        page.locator("#text").fill("plain form")
        page.locator("#file").set_input_files(
            {"name": "a.txt", "mimeType": "text/plain", "buffer": b"attached"}
        )
        page.locator("#subject").press("Enter")
        expect(page.locator("[data-uploads] li")).to_contain_text("a.txt")
        page.locator("[data-send]").click()

        expect(page.locator("h1")).to_have_text("without scripts")
        expect(page.locator(".hop")).to_contain_text("Bruno")
