"""Titles, glued on or not, come off; names that only begin like one stay whole."""

from __future__ import annotations

import pytest

from accounts.spreadsheets.names import split_name, split_title


@pytest.mark.parametrize(
    ("name", "title", "rest"),
    [
        ("นายสมชาย ใจดี", "นาย", "สมชาย ใจดี"),
        ("นาง สาว", "นาง", "สาว"),
        ("นางสาวสมหญิง ใจดี", "นางสาว", "สมหญิง ใจดี"),
        ("น. ส. สมหญิง ใจดี", "น.ส.", "สมหญิง ใจดี"),
        ("ว่าที่ร้อยตรีสมชาย ใจดี", "ว่าที่ร้อยตรี", "สมชาย ใจดี"),
        ("ว่าที่ ร.ต. สมชาย ใจดี", "ว่าที่ ร.ต.", "สมชาย ใจดี"),
        ("ร.ต.หญิง ดวงใจ งาม", "ร.ต.หญิง", "ดวงใจ งาม"),
        ("ม.ล.ปิ่น มาลากุล", "ม.ล.", "ปิ่น มาลากุล"),
        ("ผศ. ดร.สมศรี ดี", "ผศ.ดร.", "สมศรี ดี"),
        ("พันตำรวจเอกกล้า หาญ", "พันตำรวจเอก", "กล้า หาญ"),
        ("Mr. John Smith", "Mr.", "John Smith"),
        ("คุณธรรม ใจดี", "", "คุณธรรม ใจดี"),
        ("นายิกา ใจดี", "", "นายิกา ใจดี"),
        ("Drew Barry", "", "Drew Barry"),
        ("นาง", "", "นาง"),
    ],
)
def test_titles_come_off(name: str, title: str, rest: str) -> None:
    assert split_title(name) == (title, rest)


def test_a_family_name_may_have_several_words() -> None:
    assert split_name("สมชาย ณ อยุธยา") == ("สมชาย", "ณ อยุธยา")
