"""What a source's word for leaving means, as a kind of personnel order."""

from __future__ import annotations

import re

from accounts.models import PersonnelOrder

_Kind = PersonnelOrder.Kind

# The service is over by these.
ENDS = (_Kind.RESIGNED, _Kind.RETIRED, _Kind.DIED, _Kind.DISMISSED)
# Still in the service, and says so.
SERVES = "serves"

_WORDS = {
    SERVES: "ปฏิบัติราชการ|ปฏิบัติงาน|ปกติ|ยังปฏิบัติงาน|ดำรงตำแหน่ง|serves|active|true",
    _Kind.RESIGNED: "ลาออก|ลาออกจากราชการ|สิ้นสุดสัญญา|inactive|left",
    _Kind.RETIRED: "เกษียณ|เกษียณอายุ|เกษียณอายุราชการ|เกษียณก่อนกำหนด",
    _Kind.DIED: "ถึงแก่กรรม|เสียชีวิต|ตาย|deceased",
    _Kind.DISMISSED: "ปลดออก|ไล่ออก|ให้ออก|ปลดออกจากราชการ|ไล่ออกจากราชการ|ให้ออกจากราชการ",
    _Kind.SUSPENDED: "พักราชการ|ให้ออกจากราชการไว้ก่อน",
    _Kind.TRANSFERRED: "โอน|โอนไป|โอนออก|ย้ายออก|ให้โอน",
}
_MEANING: dict[str, str] = {
    word: str(kind) for kind, words in _WORDS.items() for word in (*words.split("|"), str(kind))
}


def meaning(word: str) -> str | None:
    """A kind of PersonnelOrder, SERVES, "" for nothing said; None for a word nobody knows."""
    folded = re.sub(r"\s+", "", word).casefold()
    return _MEANING.get(folded) if folded else ""
