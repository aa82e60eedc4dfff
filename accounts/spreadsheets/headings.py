"""Which column says what: headings in Thai and English, as HR systems and offices write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.spreadsheets.errors import UnreadableFile, shortened
from accounts.spreadsheets.values import cleaned

# The heading stands within these rows; titles of the list may be above it.
WITHIN_ROWS = 15

# Facts of a person, each with the headings it goes by; the first is the template's.
HEADINGS: dict[str, tuple[str, ...]] = {
    fact: tuple(names.split("|"))
    for fact, names in {
        "key": (
            "เลขประจำตัวข้าราชการ|รหัสบุคลากร|รหัสพนักงาน|รหัสเจ้าหน้าที่|"
            "รหัสประจำตัว|เลขประจำตัวบุคลากร|เลขประจำตัวพนักงาน|"
            "เลขประจำตัวเจ้าหน้าที่|employee id|employee number|employeenumber|"
            "staff id|hr number|key|id"
        ),
        "title_th": "คำนำหน้า|คำนำหน้าชื่อ|คำนำหน้านาม|ยศ|ยศ/คำนำหน้า|title|prefix",
        "name_th": ("ชื่อ-สกุล|ชื่อ-นามสกุล|ชื่อและนามสกุล|ชื่อนามสกุล|ชื่อ-ชื่อสกุล|full name|name"),
        "given_name_th": "ชื่อ|ชื่อตัว|ชื่อ (ไทย)|ชื่อภาษาไทย|first name|given name",
        "family_name_th": (
            "นามสกุล|ชื่อสกุล|สกุล|นามสกุล (ไทย)|นามสกุลภาษาไทย|last name|surname|family name"
        ),
        "name_en": ("ชื่อ-สกุล (อังกฤษ)|ชื่อ-สกุลภาษาอังกฤษ|ชื่อ-นามสกุล (อังกฤษ)|name (english)|english name"),
        "given_name_en": (
            "ชื่อ (อังกฤษ)|ชื่ออังกฤษ|ชื่อภาษาอังกฤษ|first name (english)|given name (english)"
        ),
        "family_name_en": (
            "นามสกุล (อังกฤษ)|นามสกุลอังกฤษ|นามสกุลภาษาอังกฤษ|ชื่อสกุล (อังกฤษ)|"
            "last name (english)|family name (english)"
        ),
        "birth_date": (
            "วันเกิด|วันเดือนปีเกิด|วัน/เดือน/ปีเกิด|วัน เดือน ปี เกิด|ว/ด/ป เกิด|"
            "วดป.เกิด|birth date|date of birth|dob"
        ),
        "national_id": (
            "เลขประจำตัวประชาชน|เลขบัตรประชาชน|เลขบัตรประจำตัวประชาชน|"
            "เลขที่บัตรประชาชน|หมายเลขบัตรประชาชน|national id|citizen id|pid"
        ),
        "phone": "โทรศัพท์|เบอร์โทรศัพท์|เบอร์โทร|หมายเลขโทรศัพท์|โทร|phone|telephone",
        "position_number": "เลขที่ตำแหน่ง|ตำแหน่งเลขที่|เลขตำแหน่ง|position number|post number",
        "position_th": ("ตำแหน่ง|ชื่อตำแหน่ง|ตำแหน่งในสายงาน|ตำแหน่งทางการบริหาร|position|job title|post"),
        "position_en": ("ตำแหน่ง (อังกฤษ)|ตำแหน่งภาษาอังกฤษ|position (english)|job title (english)"),
        "grade_type": "ประเภทตำแหน่ง|ประเภท|position type",
        "grade": "ระดับ|ระดับตำแหน่ง|ประเภท/ระดับ|grade|level",
        "unit_above": (
            "สำนัก/กอง|กอง|สำนัก|กอง/สำนัก|กอง/ศูนย์|หน่วยงานต้นสังกัด|หน่วยงานแม่|division|bureau|parent unit"
        ),
        "unit": "หน่วยงาน|สังกัด|ส่วนราชการ|unit|department|office",
        "unit_below": "กลุ่ม/ฝ่าย|กลุ่มงาน|กลุ่ม|ฝ่าย|ฝ่าย/กลุ่ม|งาน|section|group",
        "kind": "ลักษณะการดำรงตำแหน่ง|ประเภทการดำรงตำแหน่ง|การดำรงตำแหน่ง|kind",
        "order_no": "คำสั่งที่|เลขที่คำสั่ง|คำสั่ง|คำสั่งเลขที่|order|order number",
        "valid_from": ("วันที่มีผล|มีผลตั้งแต่|ตั้งแต่วันที่|วันที่ดำรงตำแหน่ง|วันที่บรรจุ|วันบรรจุ|valid from|start date"),
        "valid_to": "ถึงวันที่|มีผลถึง|สิ้นสุดวันที่|วันสิ้นสุด|valid to|until",
        "leaves": "เหตุที่ออก|สาเหตุที่ออก|การพ้นจากราชการ|สถานะ|สถานภาพ|leaves|status",
        "leaves_on": ("วันที่ออก|วันที่พ้น|วันพ้นจากราชการ|วันที่พ้นจากราชการ|leaves on|end date"),
        "proposed_address": "อีเมลที่เสนอ|อีเมล|อีเมล์|ที่อยู่อีเมล|e-mail|email|address",
    }.items()
}


def folded(heading: object) -> str:
    """A heading without what differs between offices: spaces, dots, brackets, kinds of dashes."""
    line = cleaned(str(heading or "")).casefold()
    return re.sub(r"[\s.()*:_]+", "", re.sub(r"[‐‑‒–—−]", "-", line))


_FACT_OF = {folded(each): fact for fact, names in HEADINGS.items() for each in names}


def columns(heading: Sequence[Any]) -> dict[str, int]:
    """Which column, from 0, says which fact; empty if this row is no heading.

    Raises UnreadableFile if two columns say the same.
    """
    found: dict[str, int] = {}
    for index, cell in enumerate(heading):
        fact = _FACT_OF.get(folded(cell))
        if fact is None:
            continue
        if fact in found:
            raise UnreadableFile(
                _("Two columns say the same: “%(one)s” and “%(other)s”.")
                % {"one": shortened(str(heading[found[fact]])), "other": shortened(str(cell))}
            )
        found[fact] = index
    if "family_name_th" in found and not found.keys() & {"given_name_th", "name_th"}:
        # "ชื่อสกุล" beside no given name is the whole name.
        found["name_th"] = found.pop("family_name_th")
    return found if len(found) > 1 else {}


def unknown(heading: Sequence[Any]) -> list[str]:
    """The headings that say nothing to us, to show beside the plan."""
    return [
        shortened(cleaned(str(cell))) for cell in heading if cell and not _FACT_OF.get(folded(cell))
    ]
