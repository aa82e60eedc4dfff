"""The words of the search language, in Thai and English, and what each stands for."""

from __future__ import annotations

from mailbox.searching.words import normalise

_NAMES = {
    "from": "จาก ผู้ส่ง",
    "to": "ถึง ผู้รับ",
    "cc": "สำเนา สำเนาถึง",
    "subject": "เรื่อง หัวเรื่อง",
    "has": "มี",
    "is": "เป็น คือ",
    "before": "ก่อน older_than เก่ากว่า",
    "after": "หลัง ตั้งแต่ newer_than ใหม่กว่า",
    "on": "เมื่อ วันที่",
    "in": "ใน กล่อง โฟลเดอร์ folder",
    "larger": "ใหญ่กว่า",
    "smaller": "เล็กกว่า",
    "filename": "ชื่อไฟล์ ไฟล์",
    "label": "ป้าย ป้ายกำกับ",
}
_HAS = {
    "attachment": "attachments ไฟล์แนบ ไฟล์ เอกสารแนบ สิ่งที่ส่งมาด้วย",
    "image": "images picture ภาพ รูป รูปภาพ",
    "pdf": "พีดีเอฟ",
}
_IS = {
    "unread": "ยังไม่อ่าน ยังไม่ได้อ่าน",
    "read": "อ่านแล้ว",
    "starred": "star ติดดาว มีดาว",
    "urgent": "ด่วน",
    "snoozed": "เลื่อนเตือน",
    "muted": "ปิดเสียง ไม่เตือน ปิดการเตือน",
}
_PLACES = {
    "inbox": "กล่องเข้า",
    "sent": "ส่งแล้ว",
    "archive": "archived เก็บ เก็บแล้ว",
    "spam": "จดหมายขยะ",
    "trash": "bin ถังขยะ",
    "snoozed": "เลื่อนเตือน",
    "anywhere": "all ทุกที่ ทั้งหมด ทุกกล่อง",
}


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {
        normalise(word): name for name, words in table.items() for word in (name, *words.split())
    }


# From what people write (normalised) to the one name of it.
NAMES = _by_word(_NAMES)
HAS = _by_word(_HAS)
IS = _by_word(_IS)
PLACES = _by_word(_PLACES)

DATES = frozenset(("before", "after", "on"))
SIZES = frozenset(("larger", "smaller"))
# Of these the value is a word that is looked for.
WORDS = frozenset(("from", "to", "cc", "subject", "filename", "label", "in"))
EVERYWHERE = "anywhere"
