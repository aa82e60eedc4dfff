from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.searching.query import Problem, parse, wanted

TODAY = date(2026, 11, 23)

READ = {
    "": "",
    "   ": "",
    "งบประมาณ": "งบประมาณ",
    "งบประมาณ 2569": "งบประมาณ 2569",
    "งบประมาณ ๒๕๖๙": "งบประมาณ 2569",
    "BUDGET": "budget",
    '"สำนักงาน ก.พ."': '"สำนักงาน ก.พ."',
    "“สำนักงาน ก.พ.”": '"สำนักงาน ก.พ."',
    "น้ํา": "น้ำ",
    "นํ้า": "น้ำ",
    "ความ\u200bประพฤติ": "ความประพฤติ",
    "ต่าง ๆ": "ต่างๆ",
    '"ต่าง ๆ"': "ต่างๆ",
    "เเผน": "แผน",
    "COVID-19": "covid-19",
    "-ยกเลิก": "-ยกเลิก",
    '-"ยกเลิก แล้ว"': '-"ยกเลิก แล้ว"',
    "a OR b": "a OR b",
    "a or b": "a or b",
    "a b OR c d": "a b OR c d",
    "(a OR b) (c OR d)": "a OR b c OR d",
    "-(a OR b)": "-(a OR b)",
    "-(a b)": "-(a b)",
    "(a (b OR c)) d": "a b OR c d",
    "OR a": "or a",
    "a OR": "a or",
    "กค (กวจ) ๐๔๐๕.๒/ว ๔๖๖": 'กค "(กวจ)" 0405.2/ว 466',
    "สาขาอาหาร) ภายใต้": '"สาขาอาหาร)" ภายใต้',
    "http://go.th 10:30": '"http://go.th" "10:30"',
    "ที่ นร:๕": 'ที่ "นร:5"',
    "from:somchai": "from:somchai",
    "FROM:Somchai": "from:somchai",
    "from: somchai x": "from:somchai x",
    "จาก:สมชาย": "from:สมชาย",
    "จาก: สมชาย": "from:สมชาย",
    "ถึง:กองแผนงาน": "to:กองแผนงาน",
    "สำเนา:a@b.go.th": "cc:a@b.go.th",
    "สําเนา:a@b.go.th": "cc:a@b.go.th",
    "เรื่อง:ขออนุมัติ": "subject:ขออนุมัติ",
    'subject:"ขอ อนุมัติ"': 'subject:"ขอ อนุมัติ"',
    "subject:(a OR b)": "subject:a OR subject:b",
    "from:(a b)": "from:a from:b",
    "-from:x": "-from:x",
    "has:attachment": "has:attachment",
    "มี:ไฟล์แนบ": "has:attachment",
    "มี:ภาพ": "has:image",
    "มี:PDF": "has:pdf",
    "is:unread": "is:unread",
    "เป็น:ยังไม่อ่าน": "is:unread",
    "เป็น:อ่านแล้ว": "is:read",
    "เป็น:ติดดาว": "is:starred",
    "เป็น:ด่วน": "is:urgent",
    "เป็น:เลื่อนเตือน": "is:snoozed",
    "is:muted": "is:muted",
    "ใน:ถังขยะ": "in:ถังขยะ",
    "in:anywhere": "in:anywhere",
    "label:งบ": "label:งบ",
    "ป้าย:มติคณะรัฐมนตรี": "label:มติคณะรัฐมนตรี",
    "filename:.pdf": "filename:.pdf",
    "ชื่อไฟล์:รายงาน": "filename:รายงาน",
    "larger:5MB": "larger:5242880",
    "ใหญ่กว่า:๕MB": "larger:5242880",
    "เล็กกว่า:500k": "smaller:512000",
    "before:2569-01-01": "before:2026-01-01",
    "before:2026-01-01": "before:2026-01-01",
    "ก่อน:1/1/2569": "before:2026-01-01",
    "ก่อน:๑/๑/๖๙": "before:2026-01-01",
    "หลัง:๑ ม.ค. ๒๕๖๙ รายงาน": "after:2026-01-01 รายงาน",
    'after:"1 มกราคม 2569"': "after:2026-01-01",
    "after:1 Jan 2026": "after:2026-01-01",
    "หลัง:1ม.ค.2569": "after:2026-01-01",
    "on:เมื่อวาน": "on:2026-11-22",
    "วันที่:วันนี้": "on:2026-11-23",
    "after:7วัน": "after:2026-11-16",
    "older_than:1y": "before:2025-11-23",
    "newer_than:2w": "after:2026-11-09",
    "on:2569": "on:2026-01-01..2026-12-31",
    "on:ก.พ. 2567": "on:2024-02-01..2024-02-29",
    "on:2026-01-05..2026-01-11": "on:2026-01-05..2026-01-11",
}
UNREAD = {
    "has:cat": ('"has:cat"', "has:cat"),
    "เป็น:สีแดง": ('"เป็น:สีแดง"', "เป็น:สีแดง"),
    "before:สักวัน": ('"before:สักวัน"', "before:สักวัน"),
    "ก่อน:31/2/2569": ('"ก่อน:31/2/2569"', "ก่อน:31/2/2569"),
    "larger:มาก x": ('"larger:มาก" x', "larger:มาก"),
    "from:": ('"from:"', "from:"),
    "from: to:x": ('"from:" to:x', "from:"),
    "is:(a OR starred)": ("a OR is:starred", "is:a"),
}


@pytest.mark.parametrize(("text", "meaning"), READ.items())
def test_a_query_is_read_as_its_writer_means_it(text: str, meaning: str) -> None:
    query = parse(text, today=TODAY)

    assert str(query) == meaning
    assert query.problems == ()


@pytest.mark.parametrize(("text", "expected"), UNREAD.items())
def test_what_cannot_be_read_is_named_and_searched_as_words(
    text: str, expected: tuple[str, str]
) -> None:
    query = parse(text, today=TODAY)

    assert (str(query), *(problem.text for problem in query.problems)) == expected


def test_a_quotation_mark_left_open_holds_what_follows_and_is_told() -> None:
    query = parse('งบ "กอง แผน', today=TODAY)

    assert str(query) == 'งบ "กอง แผน"'
    assert query.problems == (Problem("quote"),)


def test_what_is_too_long_too_much_or_too_deep_is_told() -> None:
    for text, kind in {
        "ก" * 600: "long",
        "a " * 60: "terms",
        "(" * 40 + "a OR b" + ")" * 40: "deep",
    }.items():
        assert kind in {problem.kind for problem in parse(text, today=TODAY).problems}


def test_only_words_that_must_be_there_are_marked() -> None:
    query = parse('งบ "กอง แผน" -ลับ from:สมชาย OR subject:"ขอ เชิญ" to:x', today=TODAY)

    assert list(wanted(query.root)) == ["งบ", "กอง แผน", "สมชาย", "ขอ เชิญ"]


PIECES = [
    "from:",
    "จาก: ",
    "has:pdf",
    "is:unread",
    "before:",
    "2569-01-01",
    "1 ม.ค. 69",
    "OR",
    " OR ",
    "(",
    ")",
]
PIECES += [
    "-",
    '"',
    "“",
    "”",
    " ",
    "งบ",
    "น้ํา",
    "ๆ",
    "a",
    "A-b",
    ":",
    "larger:5MB",
    "in:ถังขยะ",
    "เมื่อวาน",
    "..",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_what_was_read_reads_as_the_same_when_written_again(text: str) -> None:
    query = parse(text, today=TODAY)

    assert parse(str(query), today=TODAY) == query


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_no_letter_or_figure_of_a_query_is_dropped_in_silence(text: str) -> None:
    query = parse(text, today=TODAY)

    if any(char.isalnum() for char in text.replace("OR", "")):
        assert query.problems or not query.is_empty
