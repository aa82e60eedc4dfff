"""Address cards: of today, of old phones, of somebody who means harm."""

from __future__ import annotations

import quopri

import pytest
import vobject

from mailbox.addressbook.card import Card
from mailbox.addressbook.cards import LARGEST_FILE, MOST_CARDS, read_cards, write_cards
from mailbox.errors import CardsUnreadable


def card(*lines: str | bytes, version: str = "3.0") -> bytes:
    octets = [line.encode() if isinstance(line, str) else line for line in lines]
    edges = (b"BEGIN:VCARD", f"VERSION:{version}".encode(), b"END:VCARD")
    return b"\r\n".join([*edges[:2], *octets, edges[2], b""])


def test_a_card_of_today_is_read_whole() -> None:
    data = card(
        "FN:ปิยะ วัฒนกุล",
        "N:วัฒนกุล;ปิยะ;;ดร.;",
        "item1.EMAIL;TYPE=INTERNET,PREF:piya@university.test",
        "EMAIL:piya@home.test",
        "TEL;TYPE=CELL:081 234 5678",
        "ORG:มหาวิทยาลัย;คณะวิศวกรรม",
        "TITLE:รองศาสตราจารย์",
        "NOTE:สองบรรทัด\\nบรรทัดที่สอง",
    )
    (found,) = read_cards(b"\xef\xbb\xbf" + data).cards
    assert found == Card(
        "ปิยะ วัฒนกุล",
        ("piya@university.test", "piya@home.test"),
        ("081 234 5678",),
        "มหาวิทยาลัย คณะวิศวกรรม",
        "รองศาสตราจารย์",
        "สองบรรทัด\nบรรทัดที่สอง",
    )


def test_version_four_with_its_links_is_read() -> None:
    data = card("FN:A", "EMAIL:mailto:a@b.test", "TEL;VALUE=uri:tel:+66-2", version="4.0")
    (found,) = read_cards(data).cards
    assert (found.address, found.phones) == ("a@b.test", ("+66-2",))


@pytest.mark.parametrize(
    ("charset", "label"),
    [
        *[("cp874", label) for label in ("TIS-620", "WINDOWS-874", "")],
        *[("utf-8", label) for label in ("TIS-620", "WINDOWS-874", "UTF-8", "")],
    ],
)
def test_an_old_phones_thai_is_read_whatever_its_label(charset: str, label: str) -> None:
    encoded = quopri.encodestring("สมชาย ใจดี".encode(charset)).replace(b"=\n", b"").strip()
    name = f";CHARSET={label}" if label else ""
    broken = encoded[:24] + b"=\r\n" + encoded[24:]
    data = card(
        f"N{name};ENCODING=QUOTED-PRINTABLE:;".encode() + broken + b";;;",
        "EMAIL;INTERNET:somchai@phone.test",
        "TEL;CELL:0812345678",
        version="2.1",
    )
    (found,) = read_cards(data).cards
    assert (found.name, found.address) == ("สมชาย ใจดี", "somchai@phone.test")


def test_thai_in_bare_bytes_is_read() -> None:
    (found,) = read_cards(card("FN:สมชาย".encode("cp874"), "EMAIL:s@phone.test")).cards
    assert found.name == "สมชาย"


def test_one_bad_card_never_holds_up_the_next() -> None:
    data = b"".join(
        [
            card("FN:First", "EMAIL:one@b.test"),
            b"BEGIN:VCARD\r\nthis is no line\x00\x01;;;===\r\n:::\r\nEND:VCARD\r\n",
            card("FN:No address", "TEL:1"),
            card("FN:Bad address", "EMAIL:not an address"),
            card("FN:Last", "EMAIL:two@b.test"),
        ]
    )
    found = read_cards(data)
    assert [one.name for one in found.cards] == ["First", "Last"]
    assert found.without_address + len(found.unreadable) == 3


def test_a_photograph_is_passed_over() -> None:
    data = card("FN:A", "EMAIL:a@b.test", "PHOTO;ENCODING=b:" + "QUJD" * 50_000)
    assert [one.name for one in read_cards(data).cards] == ["A"]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"BEGIN:VCARD\r\nFN:x\r\n", b"x" * (LARGEST_FILE + 1)]
)
def test_what_holds_no_cards_is_refused(data: bytes) -> None:
    with pytest.raises(CardsUnreadable):
        read_cards(data)


def test_a_file_that_only_begins_is_read_in_one_pass() -> None:
    # Looked through again from each of its beginnings, this would take hours.
    with pytest.raises(CardsUnreadable):
        read_cards(b"BEGIN:VCARD\r\n" * (LARGEST_FILE // 13))


def test_no_more_cards_than_a_book_holds_are_read() -> None:
    data = card("FN:A", "EMAIL:a@b.test") * (MOST_CARDS + 1)
    found = read_cards(data)
    assert len(found.cards) == MOST_CARDS and found.has_more


def test_a_line_end_or_a_turned_name_does_not_come_in() -> None:
    data = card("FN:A\\nBcc: x@y.test \u202eevil", "EMAIL:a@b.test")
    (found,) = read_cards(data).cards
    assert "\n" not in found.name and "\u202e" not in found.name


def test_what_is_given_out_is_read_again_by_us_and_by_the_library() -> None:
    cards = [
        Card("ปิยะ วัฒนกุล; ดร.", ("a@b.test", "c@d.test"), ("02 1",), "ก, ข", "อาจารย์", "x\ny\\z"),
        Card("", ("only@address.test",)),
        Card("ก" * 200, ("long@name.test",)),
    ]
    data = b"".join(write_cards(cards))
    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert [one.fn.value for one in vobject.readComponents(data.decode())][0] == cards[0].name
    again = read_cards(data).cards
    assert again[0] == cards[0] and again[2] == cards[2]
    assert again[1].addresses == ("only@address.test",)
