"""Pasting into a letter through a real paste event: what is meant stays, the rest does not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from mailbox.models import Draft
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import enclosures
from tests.browser import clipboards
from tests.browser.desk import Desk, desk_of
from tests.browser.test_composing import PASTE, save_now
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE_FILE = """(element, [base64, html]) => {
  const clipboardData = new DataTransfer();
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  clipboardData.items.add(new File([bytes], 'image.png', {type: 'image/png'}));
  if (html) clipboardData.setData('text/html', html);
  element.focus();
  const options = {clipboardData, bubbles: true, cancelable: true};
  element.dispatchEvent(new ClipboardEvent('paste', options));
}"""
JUNK = re.compile(r"mso|class=|font-family|lang=|<o:|<xml|position|onclick|javascript|file:|data:")


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())


def editor_of(desk: Desk, draft: Draft) -> tuple[Page, Locator]:
    page = desk.open(reverse("mailbox:draft", args=[draft.pk]))
    page.wait_for_selector("form[data-ready]")
    return page, page.locator("[data-rich]")


def kept(draft: Draft) -> str:
    return drafting.open_draft(Draft.objects.get(pk=draft.pk)).html.for_frame()


def test_text_of_thai_offices_comes_out_simple(cast: Cast, draft: Draft, live_server: Any) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page, editor = editor_of(desk, draft)
        for number, (html, text) in enumerate(
            (
                (clipboards.WORD, "บันทึกข้อความ"),
                (clipboards.EXCEL, "กรมทางหลวง"),
                (clipboards.DOCS, "ตัวหนา"),
                (clipboards.LINE, "ห้อง 301"),
                (clipboards.WEB, "ประกาศ"),
            )
        ):
            editor.press("Control+End")
            editor.press("Enter")
            editor.evaluate(PASTE, {"text/html": html, "text/plain": text})
            expect(editor, str(number)).to_contain_text(text)

        expect(editor.locator("b").first).to_have_text("บันทึกข้อความ")
        expect(editor.locator("ol li")).to_have_text(["ข้อแรก", "ข้อสอง"])
        expect(editor.locator("table td")).to_have_text(["หน่วยงาน", "จำนวน", "กรมทางหลวง", "1,250"])
        expect(editor.locator("td[colspan='2']")).to_have_count(1)
        expect(editor.locator("ul li i")).to_have_text("รายการ")
        expect(editor.locator("b").nth(1)).to_have_text("ตัวหนา")
        expect(editor.locator("a")).to_have_text(["หนังสือเวียน", "เว็บ"])
        expect(editor.locator("h2")).to_have_text("ประกาศ")
        shown = editor.inner_html()
        save_now(page)
        assert desk.strange == []

    saved = kept(draft)
    assert JUNK.search(re.sub(r'class="(?:color|size|font)"', "", shown)) is None
    assert JUNK.search(saved) is None
    for part in ("<b>", "<ol>", "<table", "หนังสือเวียน", "1,250", "ห้อง 301"):
        assert part in saved


def test_a_pasted_picture_becomes_a_part_of_the_letter(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page, editor = editor_of(desk, draft)
        editor.evaluate(PASTE_FILE, [clipboards.DOT, ""])
        expect(editor.locator('img[src="attachment/1/"]')).to_have_count(1)
        written = f'<p>ก่อน <img src="data:image/png;base64,{clipboards.DOT}"> หลัง</p>'
        editor.evaluate(PASTE, {"text/html": written, "text/plain": "ก่อน หลัง"})
        expect(editor.locator('img[src="attachment/2/"]')).to_have_count(1)
        expect(editor.locator("img").last).to_have_js_property("naturalWidth", 1)
        save_now(page)
        page.reload()
        page.wait_for_selector("form[data-ready]")
        expect(editor.locator("img")).to_have_count(2)
        page.locator("[data-preview]").click()
        frame = page.frame_locator("[data-sheet=preview] iframe").frame_locator("iframe")
        expect(frame.locator("img")).to_have_count(2)
        frame.locator("img").first.wait_for()
        page.keyboard.press("Escape")
        expect(page.locator("[data-sheet=preview]")).to_be_hidden()
        assert desk.strange == []

    assert "data:" not in kept(draft)
    assert [one.picture for one in enclosures(draft)] == [1, 2]


def test_formats_by_keyboard_on_a_thai_layout_and_back_from_plain_text(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page, editor = editor_of(desk, draft)
        editor.press_sequentially("คำ")
        editor.press("Control+a")
        for code, key in (("KeyB", "ิ"), ("KeyI", "ร"), ("KeyU", "ี")):
            keys = {"key": key, "code": code, "ctrlKey": True, "bubbles": True, "cancelable": True}
            editor.dispatch_event("keydown", keys)
        expect(editor.locator("b i u, u i b, i b u, b u i, i u b, u b i")).to_have_text("คำ")
        page.locator('[data-opens="colour"]').click()
        page.locator('[data-colour="#b3261e"]').click()
        coloured = editor.locator("[style*=color]").first
        assert coloured.evaluate("one => getComputedStyle(one).color") == "rgb(179, 38, 30)"
        editor.press("Control+k")
        page.locator("[data-link-target]").fill("javascript:alert(1)")
        page.keyboard.press("Enter")
        expect(page.locator("[data-link-wrong]")).to_be_visible()
        page.locator("[data-link-target]").fill("www.soc.example/letter")
        page.keyboard.press("Enter")
        expect(editor.locator("a")).to_have_attribute("href", "https://www.soc.example/letter")
        page.locator('[data-use-format="plain"]').click()
        expect(page.locator("[data-format-lost]")).to_be_visible()
        page.locator("[data-format-lost] button").click()
        expect(editor.locator("a")).to_have_text("คำ")
        assert desk.strange == []


def test_a_file_goes_on_after_a_lost_line_and_after_a_new_visit(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    file = {"name": "แผน.bin", "mimeType": "application/zip", "buffer": b"x" * 3_500_000}
    with desk_of(cast.amina, live_server.url) as desk:
        page, _ = editor_of(desk, draft)
        stopped = {"times": 2}

        def cut_off(route: Any) -> None:
            if "start=2097152" in route.request.url and stopped["times"]:
                stopped["times"] -= 1
                route.abort()
            else:
                route.continue_()

        page.route("**/uploads/**", cut_off)
        page.locator("#file").set_input_files(file)
        rows = page.locator("[data-uploads] li")
        expect(rows.locator(".upload__state")).to_contain_text("Attached", timeout=20_000)
        assert stopped["times"] == 0

        stopped["times"] = 1_000
        page.locator("#file").set_input_files({**file, "name": "อีกฉบับ.bin"})
        expect(rows.nth(1)).to_contain_text("Goes on by itself", timeout=20_000)
        page.reload()
        page.wait_for_selector("form[data-ready]")
        expect(rows.nth(1)).to_contain_text("Stopped at 59%")
        stopped["times"] = 0
        page.locator("#file").set_input_files({**file, "name": "อีกฉบับ.bin"})
        expect(rows.nth(1).locator(".upload__state")).to_contain_text("Attached", timeout=20_000)

    assert [(one.name, one.size) for one in enclosures(draft)] == [
        ("แผน.bin", 3_500_000),
        ("อีกฉบับ.bin", 3_500_000),
    ]
