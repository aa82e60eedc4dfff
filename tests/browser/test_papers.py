"""Files looked at, invitations answered and letters printed, in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mailbox.models import InvitationAnswer, Message
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.browser.desk import desk_of
from tests.browser.serving.portal import portal
from tests.browser.test_reading import in_thread, open_letter
from tests.cast import Cast
from tests.mailbox.outbound.answers.test_invitations import invited
from tests.mailbox.outbound.answers.test_receipts import asking
from tests.mailbox.web.post import address_of, deliver, letter
from tests.mailbox.web.test_letters import PNG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def origin(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[str]:
    with portal(key_set["web"], tmp_path) as address:
        yield address


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("PAPERS_SHOTS"):
        page.wait_for_timeout(400)
        page.screenshot(path=f"{folder}/{name}.png")


def with_files(cast: Cast) -> Message:
    made = letter("ข้อเสนอหลักสูตรอบรม", "เรียน คุณวิภาดา ที่นับถือ\n\nตามที่กองกลางประสานเรื่องการอบรม")
    made.add_attachment(PNG, maintype="image", subtype="png", filename="ห้องอบรมอาคาร 2.png")
    pdf = Path(__file__).resolve().parents[2] / "mailbox/demo/enclosures/1.pdf"
    made.add_attachment(
        pdf.read_bytes(), maintype="application", subtype="pdf", filename="สำเนาหนังสือ.pdf"
    )
    made.add_attachment(
        f"บันทึก {HOSTILE}".encode(), maintype="text", subtype="plain", filename="บันทึก.txt"
    )
    made.add_attachment(
        b"PK",
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename="ประมาณการค่าใช้จ่าย รุ่นที่ 1–2 และค่าเดินทางของวิทยากร ปีงบประมาณ 2551.xlsx",
    )
    return deliver(made, cast.amina)[0]


def test_files_are_looked_at_by_keyboard_and_left_again(cast: Cast, origin: str) -> None:
    with_files(cast)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open("/")
        open_letter(page, "ข้อเสนอหลักสูตรอบรม")
        shoot(page, "strip")
        first = page.locator(".file__name").first
        first.focus()
        page.keyboard.press("Enter")
        dialog = page.locator("dialog[data-look]")
        expect(dialog).to_be_visible()
        expect(dialog.locator(".look__sheet img")).to_be_visible()
        shoot(page, "look")
        page.keyboard.press("ArrowRight")
        expect(dialog.locator("iframe")).to_be_visible()
        expect(dialog).to_have_count(1)
        shoot(page, "look-pdf")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".look__text")).to_have_text(f"บันทึก {HOSTILE}")
        expect(dialog).to_have_count(1)
        shoot(page, "look-text")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)

        # A viewer of PDF that goes takes the window's focus along in Chromium without a screen.
        assert first.evaluate("one => one === document.activeElement")
        expect(page.locator("#subject")).to_be_visible()
        assert desk.strange == []


def test_files_are_looked_at_without_scripts(cast: Cast, origin: str) -> None:
    message = with_files(cast)
    with desk_of(cast.amina, origin, scripts=False) as desk:
        page = desk.open(address_of(message))
        page.locator(".file__name").nth(2).click()
        expect(page.locator(".look__text")).to_have_text(f"บันทึก {HOSTILE}")
        page.locator(".look__head a").first.click()
        expect(page.locator("#subject")).to_be_visible()


def test_all_files_are_downloaded_as_one_archive(cast: Cast, origin: str) -> None:
    message = with_files(cast)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open(address_of(message))
        with page.expect_download() as download:
            page.locator(".files__all").click()
        data = Path(download.value.path()).read_bytes()

        assert data.startswith(b"PK\x03\x04") and data.count(b"PK\x01\x02") == 4


def test_an_invitation_is_answered_in_place(cast: Cast, origin: str) -> None:
    message = invited(cast, f"LOCATION:ห้อง 2 {HOSTILE}", "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=4")
    with desk_of(cast.amina, origin) as desk:
        page = desk.open(address_of(message))
        card = page.locator(".invitation")
        expect(card).to_contain_text(HOSTILE)
        shoot(page, "invitation")
        card.get_by_role("button", name="Accept").click()
        expect(card.get_by_role("button", name="Accept")).to_have_attribute("aria-pressed", "true")
        shoot(page, "invitation-answered")

        said = in_thread(lambda: InvitationAnswer.objects.get(message=message).answer)
        assert said == "accepted"
        assert desk.strange == []


def test_a_receipt_is_declined_in_place(cast: Cast, origin: str) -> None:
    message = asking(cast)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open(address_of(message))
        shoot(page, "receipt")
        page.get_by_role("button", name="Do not send").click()
        expect(page.locator(".receipt")).to_have_count(0)

        receipt = in_thread(lambda: Message.objects.get(pk=message.pk).receipt)
        assert receipt == Message.Receipt.DECLINED


def test_the_menu_of_a_letter_is_walked_by_keyboard(cast: Cast, origin: str) -> None:
    message = with_files(cast)
    with desk_of(cast.amina, origin) as desk:
        page = desk.open(address_of(message))
        summary = page.locator("details.more > summary")
        summary.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        expect(page.locator("details.more .popover__item").first).to_be_focused()
        shoot(page, "more")
        page.keyboard.press("ArrowUp")
        expect(page.locator("details.more .popover__item").last).to_be_focused()
        page.keyboard.press("Escape")
        expect(summary).to_be_focused()
        assert page.locator("details.more[open]").count() == 0


def test_a_long_letter_is_printed_to_its_last_line(cast: Cast, origin: str) -> None:
    paragraphs = [
        f"{number}. ด้วยสำนักงาน ก.พ.ร. ได้เสนอเรื่อง การพัฒนาระบบจดหมายอิเล็กทรอนิกส์กลาง "
        "เพื่อการสื่อสารในภาครัฐมาเพื่อดำเนินการ และขอให้หน่วยงานถือปฏิบัติต่อไป"
        for number in range(1, 121)
    ]
    made = letter("การพัฒนาระบบจดหมายอิเล็กทรอนิกส์กลาง", "\n\n".join(paragraphs))
    made["X-GovMail-Urgency"] = "3"
    made.add_attachment(
        b"%PDF-1.4", maintype="application", subtype="pdf", filename="สำเนาหนังสือ.pdf"
    )
    message = deliver(made, cast.amina)[0]
    with desk_of(cast.amina, origin) as desk:
        page = desk.open(f"/mail/message/{message.pk}/print/")
        shoot(page, "print")
        page.emulate_media(media="print", color_scheme="dark")
        pdf = page.pdf(prefer_css_page_size=True)
        if folder := os.environ.get("PAPERS_SHOTS"):
            Path(f"{folder}/print.pdf").write_bytes(pdf)
        paper = page.locator(".paper")

        expect(page.locator(".paper-bar")).to_be_hidden()
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 8
        assert paper.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
        assert (
            paper.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert paper.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
        assert b"/MediaBox [0 0 595" in pdf.replace(b"594.95", b"595")
        assert desk.strange == []
