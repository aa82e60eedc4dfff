"""The people of a letter: walked, carried, edited, in groups, and looked at before it leaves."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mailbox.models import Draft
from mailbox.outbound import drafting
from mailbox.outbound.stationery import signatures, templates
from mailbox.outbound.stationery.wording import Wording
from tests.browser.desk import desk_of
from tests.browser.test_composing import save_now, writing
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(cast: Cast) -> Draft:
    cast.amina.writes_plain = True
    cast.amina.save(update_fields=["writes_plain"])
    people = [
        cast.bruno.address,
        cast.chiara.address,
        {"name": "Emil", "address": "e@else.example"},
    ]
    box = cast.mailbox_of(cast.amina)
    return drafting.start(box, by=cast.amina, now=timezone.now(), to=people)


def addresses(draft: Draft, line: str) -> list[str]:
    body = drafting.open_draft(Draft.objects.get(pk=draft.pk))
    return [one if isinstance(one, str) else one.address for one in getattr(body, line)]


def test_chips_are_walked_removed_edited_and_carried_to_another_line(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        chips = page.locator("[data-people-line=to] [data-chip]")
        page.locator("#to").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(chips.nth(1)).to_be_focused()
        page.keyboard.press("Delete")
        expect(chips).to_have_count(2)
        expect(chips.nth(1)).to_be_focused()
        chips.nth(1).dblclick()
        expect(page.locator("#to")).to_have_value("Emil <e@else.example>")
        page.locator("#to").fill("Emil <emil@else.example>")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Shift+C")
        expect(page.locator("#cc")).to_be_focused()
        chips.first.drag_to(page.locator("[data-people-line=cc]"))
        expect(page.locator("[data-people-line=cc] [data-chip]")).to_have_count(1)
        save_now(page)
        assert desk.strange == []

    assert addresses(draft, "to") == ["emil@else.example"]
    assert addresses(draft, "cc") == [cast.bruno.address]


def test_a_group_opens_and_only_the_ticked_are_written_to(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    members = [
        {
            "name": f"คนที่ {n}",
            "address": f"p{n}@transport.example",
            "agency": "กรม",
            "external": False,
        }
        for n in range(34)
    ]
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        answer = {"people": [{"group": "ผู้อำนวยการกอง", "members": members}]}
        page.route("**/find*/**", lambda route: route.fulfill(json=answer))
        page.locator("#to").press_sequentially("ผู้อำ")
        expect(page.locator("#to-suggestions")).to_contain_text("34")
        page.keyboard.press("Enter")
        group = page.locator("[data-group]")
        expect(group).to_contain_text("34")
        page.locator("[data-open-group]").click()
        ticks = page.locator("[data-group-list] input:visible")
        expect(ticks).to_have_count(5)
        ticks.first.uncheck()
        expect(group).to_contain_text("33")
        expect(page.locator("[data-precheck]")).to_contain_text("36")
        page.locator("[data-deed=hide-each-other]").click()
        expect(page.locator("[data-people-line=bcc] [data-chip]")).to_have_count(4)
        save_now(page)
        page.reload()
        page.wait_for_selector("form[data-ready]")
        expect(group).to_contain_text("33")

    assert addresses(draft, "to") == []
    assert len(addresses(draft, "bcc")) == 36
    assert "p0@transport.example" not in addresses(draft, "bcc")


def test_what_is_serious_is_asked_about_once_and_can_be_mended(
    cast: Cast, draft: Draft, live_server: Any
) -> None:
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        page.locator("#text").fill("ตามเอกสารแนบ")
        advice = page.locator("[data-precheck]")
        expect(advice).to_contain_text("1 outside government")
        expect(advice).to_contain_text("No file is attached")
        page.keyboard.press("Control+Enter")
        sheet = page.locator("[data-sheet=check]")
        expect(sheet).to_contain_text("No subject")
        expect(sheet.locator("[value=back]")).to_be_focused()
        page.keyboard.press("Escape")
        page.locator("[data-deed=without-outsiders]").click()
        expect(page.locator("[data-chip]")).to_have_count(2)
        page.locator("#subject").fill("ครบ")
        page.locator("#text").fill("ไม่มีอะไรเพิ่ม")
        page.locator("[name=when]").nth(1).check()
        expect(page.locator("[data-send-label]")).to_contain_text("Schedule")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda url: "/compose/" not in url)
        assert desk.strange == []


def test_a_signature_stands_in_the_letter_and_a_template_is_put_in(
    cast: Cast, live_server: Any
) -> None:
    box = cast.mailbox_of(cast.amina)
    signatures.keep(box, Wording("ทางการ", "อามีนา\nกองแผนงาน"), is_for_new=True)
    ready = Wording("เชิญประชุม", "เรียนเชิญประชุม", "ขอเชิญประชุม")
    templates.keep(ready, by=cast.amina, mailbox=box, is_shared=False)
    draft = drafting.start(box, by=cast.amina, now=timezone.now())
    with desk_of(cast.amina, live_server.url) as desk:
        page = writing(desk, draft)
        text = page.locator("[data-rich]")
        expect(text).to_contain_text("กองแผนงาน")
        page.locator("[data-stationery]").select_option(label="เชิญประชุม")
        expect(text).to_contain_text("เรียนเชิญประชุม")
        expect(page.locator("#subject")).to_have_value("ขอเชิญประชุม")
        save_now(page)
        assert desk.strange == []

    saved = drafting.open_draft(Draft.objects.get(pk=draft.pk)).html.for_frame()
    assert saved.index("เรียนเชิญประชุม") < saved.index("กองแผนงาน")
