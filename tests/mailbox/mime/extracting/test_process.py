"""The killable child: what it may do, and what happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mailbox.mime.extracting import limits, process
from mailbox.mime.extracting.process import ExtractingProcess
from mailbox.searching.searchable import MOST_FILES
from tests.mailbox.mime.extracting.conftest import MEMORY
from tests.mailbox.mime.extracting.files import letter

ONE, TWO, THREE = (
    (name, "text/plain", name.encode()) for name in ("one.txt", "two.txt", "three.txt")
)
ALL = [("one.txt", True), ("two.txt", True), ("three.txt", True)]


@pytest.fixture
def own() -> Iterator[ExtractingProcess]:
    """A child that a test may harm. Starting one is not in the seconds."""
    extractor = ExtractingProcess(seconds=4, memory=MEMORY)
    yield extractor
    extractor.close()


def before_each_file(
    extractor: ExtractingProcess, monkeypatch: pytest.MonkeyPatch, fates: list[int]
) -> None:
    """Send the child a signal before each file, 0 being none, as the file would do to it."""
    read = extractor._read

    def struck(one: Any, characters: int, seconds: float) -> tuple[str, bool]:
        assert extractor._child.process is not None
        os.kill(extractor._child.process.pid, fates.pop(0) if fates else 0)
        return read(one, characters, seconds)

    monkeypatch.setattr(extractor, "_read", struck)


def test_a_file_that_takes_too_long_costs_the_child_and_not_the_next_file(
    own: ExtractingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_each_file(own, monkeypatch, [0, signal.SIGSTOP])
    assert own.texts(*letter(ONE, TWO, THREE)) == [ALL[0], ("", False), ALL[2]]


def test_a_child_that_crashes_costs_its_file(own: ExtractingProcess) -> None:
    assert own.texts(*letter(ONE)) == ALL[:1]
    assert own._child.process is not None
    os.kill(own._child.process.pid, signal.SIGSEGV)
    # Whether the death is seen before or while the file goes there: the next one is read.
    assert own.texts(*letter(ONE, TWO))[1] == ALL[1]


def test_a_letter_uses_up_so_many_children_and_no_more(
    own: ExtractingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    own._seconds = 60
    read = own._read

    def deadly(*_: Any) -> tuple[str, bool]:
        own._child.kill()
        return "", False

    monkeypatch.setattr(own, "_read", deadly)
    started: list[bool] = []
    start = own._is_started
    monkeypatch.setattr(own, "_is_started", lambda: started.append(start()) or True)
    assert own.texts(*letter(*[ONE] * 9)) == [("", False)] * 9
    assert len(started) == process._MOST_STARTS
    monkeypatch.setattr(own, "_read", read)
    assert own.texts(*letter(ONE)) == ALL[:1]


def test_the_child_of_another_process_is_not_used(
    own: ExtractingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.texts(*letter(ONE))
    theirs = own._child.process
    assert theirs is not None
    own._child._owner -= 1  # as it is after a fork
    assert own.texts(*letter(ONE)) == ALL[:1]
    assert own._child.process is not theirs
    theirs.kill()
    theirs.communicate()


def test_threads_share_a_child(own: ExtractingProcess) -> None:
    found: list[str] = []

    def read(number: int) -> None:
        data = f"{number} ".encode() + b"x" * 300_000
        found.append(own.texts(*letter(("a.txt", "text/plain", data)))[0][0].split()[0])

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list("012345")


def test_an_answer_that_no_file_has_is_not_believed(
    own: ExtractingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = letter(ONE)
    own.texts(*packed)
    for answer in (b"", b"\x07text", b"\x01" + b"\xff\xfe\x00"):
        monkeypatch.setattr(own._child, "ask", lambda *_, answer=answer, **__: answer)
        [(text, _)] = own.texts(*packed)
        assert text in ("", "\ufffd\ufffd")


def run_in_child(code: str, before: str = "") -> str:
    """What a line prints, or dies of, where the child is confined."""
    start = (
        "import os, resource, socket, sys\n"
        "from mailbox.mime.extracting import child\n"
        "from mailbox.mime.killable import keep_within\n"
        f"keep_within({MEMORY}); child._load()\n{before}\nis_filtered = child.confine()\n"
    )
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]


def test_the_kernel_filters_the_calls_of_the_child() -> None:
    assert run_in_child("print(is_filtered)") == "True"


@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/passwd')",
        "open('/tmp/x', 'w')",
        "socket.socket()",
        "os.pipe()",
        "os.fork()",
        "os.kill(os.getppid(), 0)",
        "os.execv('/bin/true', ['true'])",
        "resource.prlimit(1, resource.RLIMIT_CPU)",
        "os.unlink('/tmp/nothing')",
    ],
)
def test_the_child_can_touch_nothing(deed: str) -> None:
    assert "Operation not permitted" in run_in_child(deed)


def test_without_a_filter_the_limits_hold_files_and_sockets_back() -> None:
    unknown = "from mailbox.mime.extracting import confinement; confinement._CALLS.clear()"
    for deed in ("open('/etc/passwd')", "socket.socket()", "os.pipe()"):
        assert "Too many open files" in run_in_child(deed, unknown)


def test_the_child_knows_neither_django_nor_keys() -> None:
    names = "('django', 'cryptography', 'psycopg', 'redis')"
    code = f"print([name for name in sys.modules if name.split('.')[0] in {names}])"
    assert run_in_child(code) == "[]"


def test_what_is_read_of_files_is_what_the_index_keeps() -> None:
    assert limits.MOST_CHARACTERS == MOST_FILES
