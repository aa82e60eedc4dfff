"""The screens about people: what officers, heads and everybody see of the mandate's machinery."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.screens.camera import Scene
from tests.screens.scenes import HR, at

# A list as an office sends it: Thai headings, titles, Thai digits, both eras, one row in error.
_LIST = (
    "เลขประจำตัวข้าราชการ,คำนำหน้า,ชื่อ,นามสกุล,ตำแหน่ง,เลขที่ตำแหน่ง,วันที่มีผล\r\n"
    "๙๐๐๑,นางสาว,พรทิพย์,ใจบุญ,นักวิชาการขนส่งปฏิบัติการ,๕๐๑,๑ ต.ค. ๒๕๖๘\r\n"
    "๙๐๐๒,ว่าที่ร้อยตรี,สมชาติ,กล้าหาญ,ผู้อำนวยการกองแผนงาน,๕๐๒,01/10/2568\r\n"
    "๙๐๐๓,นาย,วิชัย,มีสุข,วิศวกรโยธาชำนาญการ,๕๐๓,วันพรุ่งนี้\r\n"
)


def upload(page: Page) -> None:
    """A list sent, and its plan open before anything has changed."""
    at("people/imports/")(page)
    file = {"name": "รายชื่อ.csv", "mimeType": "text/csv", "buffer": _LIST.encode("cp874")}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a dict
    page.locator("form:has(input[type=file]) button").last.click()
    page.wait_for_url("**/people/imports/*/")
    # A worker reads it; the page asks by itself until that is done.
    page.locator("#progress:not([hx-get])").wait_for(timeout=60_000)
    page.reload()
    page.locator(".kinds").wait_for()


def worst(page: Page) -> None:
    """The foot of the board, by everybody's rule: who has most still to do."""
    at("people/mandate/")(page)
    page.locator(".card__acts .segmented a").nth(1).click()
    page.wait_for_load_state("load")
    page.locator(".table--worst").scroll_into_view_if_needed()


def first_link(address: str, inside: str) -> Callable[[Page], None]:
    """A page of a list, by its first link."""

    def walk(page: Page) -> None:
        at(address)(page)
        page.locator(inside).first.click()
        page.wait_for_load_state("load")

    return walk


PEOPLE = (
    Scene("board", "Progress", at("people/mandate/"), who=HR, mock="hr-dashboard-light-1440"),
    Scene(
        "board-worst",
        "Who has most still to do",
        worst,
        who=HR,
        mock="hr-dashboard-worst-light-1440",
    ),
    Scene("board-letter", "Letter of progress", at("people/mandate/letter/"), who=HR),
    Scene("directory", "Government directory", at("people/directory/?q=ผู้อำนวยการ")),
    Scene("directory-empty", "Government directory, unasked", at("people/directory/")),
    Scene("requests", "Accounts being opened", at("people/requests/"), who=HR),
    Scene("first-keys", "Letters with first keys", at("people/letters/"), who=HR),
    Scene("activate", "First key", at("account/activate/"), who=""),
    Scene("imports", "Imports", at("people/imports/"), who=HR),
    Scene("import", "An import's plan", upload, who=HR),
    Scene("decisions", "Cases to decide", at("people/decisions/"), who=HR),
    Scene("exemptions", "Exemptions", at("people/exemptions/"), who=HR),
    Scene("attestations", "Attestations", at("people/attestations/"), who=HR),
    Scene("tokens", "Identity systems", at("people/tokens/"), who=HR),
    Scene("audit", "Record of acts", at("people/audit/"), who=HR),
    Scene("delegates", "Delegates", at("mail/delegates/")),
    Scene("admin-officials", "Officials", at("admin/accounts/official/"), who=HR),
    Scene(
        "admin-official",
        "An official",
        first_link("admin/accounts/official/", "#result_list tbody a"),
        who=HR,
    ),
    Scene("admin-order", "A personnel order", at("admin/accounts/personnelorder/add/"), who=HR),
)
