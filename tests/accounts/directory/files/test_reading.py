"""Rows of a file become records; what is wrong with one spoils no other."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.directory.files.reading import records
from accounts.directory.records import PersonRecord, Unreadable
from accounts.spreadsheets.errors import UnreadableFile
from accounts.spreadsheets.headings import HEADINGS, folded

HEAD = "เลขประจำตัวข้าราชการ,ชื่อ-สกุล,ตำแหน่ง,สำนัก/กอง,กลุ่ม/ฝ่าย,วันเกิด,เลขประจำตัวประชาชน,ประเภท,ระดับ"
ROW = "๑๒๓,นายสมชาย ใจดี,นักวิชาการ,กองแผนงาน,กลุ่มนโยบาย,๑ ต.ค. ๒๕๑๐,1-1017-00230-70-8,วิชาการ,ชำนาญการ"


def read(*lines: str, encoding: str = "utf-8") -> list[PersonRecord | Unreadable]:
    return list(records("\n".join(lines).encode(encoding)))


def one(*lines: str) -> PersonRecord:
    [record] = read(*lines)
    assert isinstance(record, PersonRecord), record
    return record


def test_a_row_of_a_thai_list_becomes_a_record() -> None:
    record = one(HEAD, ROW)

    assert (record.key, record.title_th) == ("123", "นาย")
    assert (record.given_name_th, record.family_name_th) == ("สมชาย", "ใจดี")
    assert record.unit == ("กองแผนงาน", "กลุ่มนโยบาย")
    assert record.birth_date == date(1967, 10, 1)
    assert record.national_id == "1101700230708"
    assert record.grade == "วิชาการ ชำนาญการ"


def test_tis_620_says_the_same_as_utf_8() -> None:
    assert read(HEAD, ROW, encoding="tis-620") == read(HEAD, ROW, encoding="utf-8-sig")


def test_titles_of_the_list_may_stand_above_the_headings() -> None:
    assert one("บัญชีรายชื่อข้าราชการ", "กระทรวงคมนาคม", HEAD, ROW).number == 4


def test_the_national_number_is_kept_nowhere_in_clear() -> None:
    assert "230-70-8" not in str(one(HEAD, ROW).raw)


def test_a_unit_may_be_a_path_in_one_cell() -> None:
    record = one("รหัสบุคลากร,ชื่อ,สังกัด", "1,สมชาย,กองแผนงาน > กลุ่ม ก > งาน ข")
    assert record.unit == ("กองแผนงาน", "กลุ่ม ก", "งาน ข")


def test_the_family_name_heading_alone_is_the_whole_name() -> None:
    record = one("รหัสบุคลากร,ชื่อสกุล", "1,นางสมหญิง ใจดี")
    assert (record.given_name_th, record.family_name_th) == ("สมหญิง", "ใจดี")


def test_a_title_of_its_own_column_keeps_the_one_glued_on() -> None:
    assert one("รหัสบุคลากร,คำนำหน้า,ชื่อ,สกุล", "1,ดร.,ม.ล.ปิ่น,ดี").title_th == "ดร.ม.ล."


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("124,=HYPERLINK(1),,,,,,,", "is a formula"),
        ("124,ก ข,,,,31/12/9999,,,", "nobody is born"),
        ("124,ก ข,,,,,1234567890123,,", "last digit must fit"),
        (",ก ข,,,,,,,", "own number is missing"),
    ],
)
def test_a_broken_row_is_told_of_and_spoils_no_other(row: str, part: str) -> None:
    broken, whole = read(HEAD, row, ROW)

    assert isinstance(broken, Unreadable)
    assert part in broken.words
    assert isinstance(whole, PersonRecord)


def test_an_unreadable_row_still_says_whom_it_means() -> None:
    [broken] = read(HEAD, "124,ก ข,,,,31/12/9999,,,")
    assert broken.key == "124"


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["hello,world", "1,2"], "No row of headings"),
        (["ชื่อ,นามสกุล", "ก,ข"], "own number is missing"),
        (["รหัสบุคลากร,ชื่อ,รหัสพนักงาน", "1,ก,2"], "Two columns say the same"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_a_sentence(lines: list[str], part: str) -> None:
    with pytest.raises(UnreadableFile, match=part):
        read(*lines)


def test_no_heading_means_two_things() -> None:
    meanings: dict[str, set[str]] = {}
    for fact, names in HEADINGS.items():
        for name in names:
            meanings.setdefault(folded(name), set()).add(fact)
    assert {name: facts for name, facts in meanings.items() if len(facts) > 1} == {}
