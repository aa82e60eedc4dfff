"""winmail.dat: what comes out of an honest one, and that no other one hurts."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime.parts.tnef import MAX_FILES, MAX_PROPERTIES, unpack
from tests.mailbox.mime.parts.winmail import (
    SIGNATURE,
    attribute,
    file,
    prop,
    properties,
    unicode,
    winmail,
)

HONEST = winmail(
    attribute(
        1, 0x00069003, properties(unicode(0x1000, "เรียน ท่าน\r\n"), prop(0x17, 3, b"\1\0\0\0"))
    ),
    file("สำเนาหนังสือ ที่ นร ๐๕๐๖.pdf", b"%PDF-1.4", prop(0x370E, 0x1E, b"application/pdf\x00")),
    file("second.txt", b"two"),
)


def test_files_come_out_under_their_long_thai_names() -> None:
    found = unpack(HONEST)

    assert found.is_whole
    assert [one.name for one in found.files] == ["สำเนาหนังสือ ที่ นร ๐๕๐๖.pdf", "second.txt"]
    assert [one.data for one in found.files] == [b"%PDF-1.4", b"two"]
    assert found.files[0].type == "application/pdf"
    assert found.text == "เรียน ท่าน\r\n"


def test_old_names_are_read_in_the_code_page_of_the_message() -> None:
    title = "แนบ.doc".encode("cp874") + b"\x00"
    made = winmail(attribute(2, 0x00069002, b"\x01\x00"), attribute(2, 0x00018010, title))

    assert unpack(made).files[0].name == "แนบ.doc"


def test_html_is_read_in_its_own_code_page() -> None:
    page = prop(0x3FDE, 3, struct.pack("<I", 874))
    html = prop(0x1013, 0x102, "<p>ก</p>".encode("cp874"))
    made = winmail(attribute(1, 0x00069003, properties(page, html)), code_page=1252)

    assert unpack(made).html == "<p>ก</p>"


def test_a_message_in_the_message_gives_its_text_and_its_files() -> None:
    inner = winmail(
        attribute(1, 0x00069003, properties(unicode(0x1000, "inside"))), file("deep.pdf", b"%PDF")
    )
    outer = winmail(
        attribute(2, 0x00069002, b"\x01\x00"),
        attribute(
            2,
            0x00069005,
            properties(unicode(0x3001, "Forwarded"), prop(0x3701, 0x0D, b"\x00" * 16 + inner)),
        ),
    )
    found = unpack(outer)

    assert [(one.name, one.data) for one in found.files] == [
        ("deep.pdf", b"%PDF"),
        ("Forwarded.txt", b"inside"),
    ]


def test_messages_in_messages_end_somewhere() -> None:
    made = winmail(file("bottom", b"x"))
    for _ in range(50):
        made = winmail(
            attribute(2, 0x00069002, b"\x01\x00"),
            attribute(2, 0x00069005, properties(prop(0x3701, 0x0D, b"\x00" * 16 + made))),
        )

    assert len(unpack(made).files) <= 4


@pytest.mark.parametrize("cut", range(0, len(HONEST), 7))
def test_a_truncated_one_gives_what_was_whole(cut: int) -> None:
    found = unpack(HONEST[:cut])

    assert [one.data for one in found.files if one.data] in (
        [],
        [b"%PDF-1.4"],
        [b"%PDF-1.4", b"two"],
    )


HOSTILE = {
    "a length beyond the end": winmail(struct.pack("<BII", 2, 0x0006800F, 0xFFFFFFFF)),
    "a length of nothing, for ever": winmail(struct.pack("<BIIH", 1, 0x0002800C, 0, 0) * 5_000),
    "more properties than octets": winmail(attribute(1, 0x00069003, b"\xff\xff\xff\xff")),
    "more values than octets": winmail(
        attribute(1, 0x00069003, properties(struct.pack("<HHI", 0x101F, 0x1000, 0xFFFFFFFF)))
    ),
    "a name longer than the rest": winmail(
        attribute(1, 0x00069003, struct.pack("<IHH16sII", 1, 3, 0x8001, b"", 1, 0x7FFFFFFF))
    ),
    "a type that is none": winmail(attribute(1, 0x00069003, properties(prop(1, 0x99, b"")))),
    "a level that is none": winmail(attribute(9, 0x00069003, b"")),
    "files without end": winmail(attribute(2, 0x00069002, b"") * (MAX_FILES + 50)),
    "properties without end": winmail(
        attribute(1, 0x00069003, properties(*[prop(1, 3, b"\0" * 4)] * (MAX_PROPERTIES + 1)))
    ),
    "only a signature": SIGNATURE,
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_one_ends_soon_and_quietly(name: str) -> None:
    begun = time.process_time()
    found = unpack(HOSTILE[name])

    assert len(found.files) <= MAX_FILES
    assert time.process_time() - begun < 1


def test_file_names_with_paths_are_left_to_the_table_and_never_followed() -> None:
    assert unpack(winmail(file("..\\..\\evil.exe", b"x"))).files[0].name == "..\\..\\evil.exe"


@given(st.binary(max_size=300), st.integers(0, len(HONEST)))
def test_no_octets_break_the_reader(data: bytes, place: int) -> None:
    unpack(HONEST[:place] + data + HONEST[place:])
    unpack(SIGNATURE + data)


@given(st.integers(0, len(HONEST) - 1), st.integers(0, 255))
def test_no_single_octet_breaks_the_reader(place: int, octet: int) -> None:
    spoilt = bytearray(HONEST)
    spoilt[place] = octet
    assert len(unpack(bytes(spoilt)).files) <= 2
