"""Names as lists write them: the title, often glued on, split off; given and family name."""

from __future__ import annotations

import re

# Words that may be glued to the name: นายสมชาย.
_WORDS = """
นางสาว นาง นาย เด็กชาย เด็กหญิง หม่อมราชวงศ์ หม่อมหลวง หม่อมเจ้า ท่านผู้หญิง คุณหญิง ดอกเตอร์
ผู้ช่วยศาสตราจารย์พิเศษ ผู้ช่วยศาสตราจารย์ รองศาสตราจารย์พิเศษ รองศาสตราจารย์ ศาสตราจารย์พิเศษ
ศาสตราจารย์เกียรติคุณ ศาสตราจารย์ นายแพทย์ แพทย์หญิง ทันตแพทย์หญิง ทันตแพทย์ นายสัตวแพทย์
สัตวแพทย์หญิง เภสัชกรหญิง เภสัชกร
พลตำรวจเอก พลตำรวจโท พลตำรวจตรี พลตำรวจ พันตำรวจเอก พันตำรวจโท พันตำรวจตรี ร้อยตำรวจเอก
ร้อยตำรวจโท ร้อยตำรวจตรี สิบตำรวจเอก สิบตำรวจโท สิบตำรวจตรี นายดาบตำรวจ ดาบตำรวจ จ่าสิบตำรวจ
พลอากาศเอก พลอากาศโท พลอากาศตรี นาวาอากาศเอก นาวาอากาศโท นาวาอากาศตรี เรืออากาศเอก เรืออากาศโท
เรืออากาศตรี พันจ่าอากาศเอก พันจ่าอากาศโท พันจ่าอากาศตรี จ่าอากาศเอก จ่าอากาศโท จ่าอากาศตรี
พลเรือเอก พลเรือโท พลเรือตรี นาวาเอก นาวาโท นาวาตรี เรือเอก เรือโท เรือตรี พันจ่าเอก พันจ่าโท
พันจ่าตรี จ่าเอก จ่าโท จ่าตรี พลเอก พลโท พลตรี พันเอก พันโท พันตรี ร้อยเอก ร้อยโท ร้อยตรี
จ่าสิบเอก จ่าสิบโท จ่าสิบตรี สิบเอก สิบโท สิบตรี
"""
# With their dots: ร.ต., ม.ล.; spaces within are allowed.
_SHORT = """
น.ส. ด.ช. ด.ญ. ม.ร.ว. ม.ล. ม.จ. ดร. ผศ. รศ. ศ. อ. นพ. พญ. ทพ. ทพญ. น.สพ. สพ.ญ. ภก. ภญ.
พล.ต.อ. พล.ต.ท. พล.ต.ต. พ.ต.อ. พ.ต.ท. พ.ต.ต. ร.ต.อ. ร.ต.ท. ร.ต.ต. ด.ต. จ.ส.ต. ส.ต.อ. ส.ต.ท. ส.ต.ต.
พล.อ.อ. พล.อ.ท. พล.อ.ต. น.อ. น.ท. น.ต. ร.อ. ร.ท. ร.ต. พล.ร.อ. พล.ร.ท. พล.ร.ต. พล.อ. พล.ท. พล.ต.
พ.อ. พ.ท. พ.ต. จ.ส.อ. จ.ส.ท. ส.อ. ส.ท. ส.ต. พ.อ.อ. จ.อ.
"""
# Only with a space behind: names begin with these, too (คุณธรรม).
_APART = ("คุณ", "ว่าที่", "Mr.", "Mrs.", "Miss", "Ms.", "Dr.", "Mr", "Mrs", "Ms", "Dr", "Prof.")


def _pattern() -> re.Pattern[str]:
    short = (r"\s?".join(map(re.escape, re.findall(r"[^.]+\.", each))) for each in _longest(_SHORT))
    glued = "|".join([*short, *map(re.escape, _longest(_WORDS))])
    apart = "|".join(map(re.escape, _APART))
    # A vowel or tone that belongs to the letter before: then it was no title (นายิกา).
    no_mark = "(?![\u0e30-\u0e3a\u0e45-\u0e4e])"
    one = rf"(?:ว่าที่\s?)?(?:{glued})(?:\s?\(?หญิง\)?(?=\s|$))?{no_mark}|(?:{apart})(?=\s)"
    return re.compile(rf"(?:(?:{one})\s*)+")


def _longest(words: str) -> list[str]:
    return sorted(words.split(), key=len, reverse=True)


_TITLES = _pattern()


def split_title(name: str) -> tuple[str, str]:
    """Split "ว่าที่ร้อยตรีสมชาย ใจดี" into title and the rest; a title alone stays a name."""
    found = _TITLES.match(name)
    if found is None or found.end() == len(name):
        return "", name
    title = re.sub(r"\.\s+", ".", found[0].strip())
    return title, name[found.end() :].strip()


def split_name(name: str) -> tuple[str, str]:
    """Split a name without title into given and family name, at the first space.

    "สมชาย ณ อยุธยา": all behind the given name is the family's.
    """
    given, _space, family = name.partition(" ")
    return given, family.strip()
