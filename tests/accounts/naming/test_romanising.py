from __future__ import annotations

import pytest

from accounts.naming.romanising import romanise


@pytest.mark.parametrize(
    ("thai", "latin"),
    [
        ("สมชาย ใจดี", "somchai chaidi"),
        ("ณรงค์ วงศ์สกุล", "narong wongsakun"),
        ("สุดารัตน์", "sudarat"),
        ("ประยุทธ์", "prayut"),
        ("วรรณา ทองแสง", "wanna thongsaeng"),
        ("หทัย มั่นคง", "hathai mankhong"),
        ("กมล แก้ว", "kamon kaeo"),
        ("เจริญ เพชร", "charoen phet"),
        ("ศักดิ์สิทธิ์", "saksit"),
        ("อนุพร รุ่งเรือง", "anuphon rungrueang"),
        ("ขวัญ พลอย", "khwan phloi"),
        ("สมหญิง เดือน", "somying duean"),
    ],
)
def test_a_thai_name_is_spelt_by_its_sound(thai: str, latin: str) -> None:
    assert romanise(thai) == latin


@pytest.mark.parametrize("odd", ["", "ๆ", "เ", "์", "Anna", "เแโไใ", "ก" * 300, "\0", "ฯลฯ", "ฤๅ"])
def test_whatever_comes_in_something_latin_or_nothing_comes_out(odd: str) -> None:
    assert romanise(odd).isascii()
