"""Archives written as they are sent: what is in them, under which names, in which pieces."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime.parts.attachments import MAX_NAME_BYTES
from mailbox.web.answers.streaming import PIECE
from mailbox.web.answers.zipped import Entry, flat_names, zipped

AT = datetime(2008, 1, 7, 18, 30, tzinfo=UTC)


def archive_of(*entries: Entry) -> zipfile.ZipFile:
    answer = zipped(RequestFactory().get("/"), entries, at=AT)
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), lambda start, stop: data[start:stop])


def test_every_file_is_whole_under_its_thai_name() -> None:
    data = bytes(range(256)) * 5_000
    archive = archive_of(entry("สำเนาหนังสือ ที่ นร ๐๕๐๖.pdf", data), entry("empty.txt", b""))

    assert archive.testzip() is None
    assert archive.namelist() == ["สำเนาหนังสือ ที่ นร ๐๕๐๖.pdf", "empty.txt"]
    assert archive.read(archive.namelist()[0]) == data
    assert archive.getinfo("empty.txt").date_time == (2008, 1, 8, 1, 30, 0)


def test_a_file_is_opened_in_pieces_only() -> None:
    asked: list[int] = []

    def read(start: int, stop: int) -> bytes:
        asked.append(stop - start)
        return bytes(stop - start)

    answer = zipped(RequestFactory().get("/"), [Entry("a", 5 * PIECE + 1, read)], at=AT)
    pieces = list(answer.streaming_content)

    assert asked == [PIECE] * 5 + [1]
    assert max(map(len, pieces)) < PIECE + 1_000


def test_no_name_leads_out_of_the_folder_or_over_another() -> None:
    hostile = [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\Windows\\a.dll",
        "..",
        "a\x00b",
        "",
        "CON.txt",
    ]
    names = flat_names([*hostile, "A.pdf", "a.pdf", "a.PDF", "a (2).pdf", ".bashrc", ".bashrc"])

    assert names[:2] == ["passwd", "passwd (2)"]
    assert names[2] == "a.dll"
    assert "_CON.txt" in names
    assert len({name.casefold() for name in names}) == len(names)
    assert not any("/" in name or "\\" in name or name.strip(".") == "" for name in names)


@given(st.lists(st.text(max_size=300), max_size=12))
def test_any_names_become_names_of_files(given_names: list[str]) -> None:
    names = flat_names(given_names)

    assert len({name.casefold() for name in names}) == len(names) == len(given_names)
    for name in names:
        assert not set(name) & set("/\\:\0\r\n\u202e\u2066")
        assert name.strip(". ")
        assert len(name.encode()) <= MAX_NAME_BYTES + 8
