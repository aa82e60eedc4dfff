"""The killable child: what it reads, and what happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from mailbox.mime.parse import parse
from mailbox.mime.reading_process import ReadingFailed, ReadingProcess
from mailbox.mime.rendition import pack, read_raw

LETTER = "Subject: =?utf-8?b?4LiB?=\r\nFrom: a@b.example\r\n\r\nสวัสดี".encode()


@pytest.fixture
def reader() -> Iterator[ReadingProcess]:
    process = ReadingProcess(seconds=10)
    yield process
    process.close()


def child_of(reader: ReadingProcess) -> subprocess.Popen[bytes]:
    assert reader._child.process is not None
    return reader._child.process


def test_the_child_packs_what_the_parser_reads(reader: ReadingProcess) -> None:
    packed, rendition = reader.read(LETTER)
    own, sections = parse(LETTER)
    assert packed == pack(own, LETTER, sections)
    assert rendition.subject == "ก" and rendition.text == "สวัสดี"
    assert read_raw(lambda start, stop: packed[start:stop], rendition) == LETTER


def test_one_child_reads_many_messages(reader: ReadingProcess) -> None:
    reader.read(LETTER)
    first = child_of(reader).pid
    for _ in range(20):
        reader.read(LETTER)
    assert child_of(reader).pid == first


def test_a_message_that_takes_too_long_costs_the_child_and_not_the_next_message() -> None:
    reader = ReadingProcess(seconds=10)
    reader.read(LETTER)
    stalled = child_of(reader)
    os.kill(stalled.pid, signal.SIGSTOP)  # as a message without end would have it
    reader._seconds = 0.2
    with pytest.raises(ReadingFailed, match="timeout"):
        reader.read(LETTER)
    assert stalled.poll() is not None
    reader._seconds = 10
    assert reader.read(LETTER)[1].subject == "ก"
    reader.close()


def test_a_child_that_died_is_replaced(reader: ReadingProcess) -> None:
    reader.read(LETTER)
    child_of(reader).kill()
    child_of(reader).wait()
    assert reader.read(LETTER)[1].subject == "ก"


def test_a_message_beyond_the_memory_is_refused_and_the_next_is_read() -> None:
    reader = ReadingProcess(seconds=20, memory=160 * 1024 * 1024)
    with pytest.raises(ReadingFailed):
        reader.read(b"Subject: x\r\n\r\n" + b"x" * (100 * 1024 * 1024))
    assert reader.read(LETTER)[1].subject == "ก"
    reader.close()


def test_threads_share_a_child(reader: ReadingProcess) -> None:
    subjects: list[str] = []

    def read(number: int) -> None:
        raw = f"Subject: {number}\r\n\r\n".encode() + b"x" * 300_000
        subjects.append(reader.read(raw)[1].subject)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(subjects) == list("012345")


def test_the_child_knows_neither_django_nor_keys() -> None:
    code = (
        "import sys, mailbox.mime.reading_process, mailbox.mime.parse;"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'cryptography')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=os.getcwd(), text=True
    )
    assert done.stdout.strip() == "[]"
