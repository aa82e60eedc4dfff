from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from govmail_portal import embedded
from govmail_portal.running.output import Output
from govmail_portal.running.process import Process, Role

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Output]:
    out = Output(tmp_path / "log")
    yield out
    out.close()


def _start(program: str, output: Output) -> Process:
    role = Role("room", (sys.executable, "-c", program), ENVIRONMENT, ready_line="^open$")
    return Process(role, Path(sys.prefix), output)


def _wait(process: Process) -> None:
    deadline = time.monotonic() + 20
    while not process.is_ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_that_has_ended_is_not_ready(output: Output, tmp_path: Path) -> None:
    process = _start("print('opening'); print('open'); input() or 0", output)
    process.end(time.monotonic() + 20)

    assert not process.is_ready()
    assert process.how_it_ended() == "status 1"
    assert (tmp_path / "log" / "room.log").read_text().startswith("opening\nopen\n")


def test_it_is_asked_to_end_before_it_is_killed(output: Output, tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit(0)))\n"
        "print('open'); time.sleep(60)"
    )
    process = _start(program, output)
    _wait(process)

    process.ask_to_end()
    process.end(time.monotonic() + 20)

    assert process.how_it_ended() == "status 0"
    assert (tmp_path / "log" / "room.log").read_text() == "open\nbye\n"


def test_one_that_does_not_listen_is_killed(output: Output, tmp_path: Path) -> None:
    program = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('open'); time.sleep(60)"
    )
    process = _start(program, output)
    _wait(process)

    process.ask_to_end()
    process.end(time.monotonic())

    assert process.how_it_ended() == "killed by SIGKILL"


def test_its_children_end_with_it(output: Output, tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid); print('open'); time.sleep(60)"
    )
    process = _start(program, output)
    _wait(process)
    child = int((tmp_path / "log" / "room.log").read_text().split()[0])
    assert embedded.is_running(child)

    process.end(time.monotonic())

    assert _is_gone(child)


def _is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while embedded.is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not embedded.is_running(pid)


@pytest.mark.parametrize("words", ["ประกาศ", "\udcff"])
def test_whatever_it_says_is_written_down(output: Output, tmp_path: Path, words: str) -> None:
    said = words.encode("utf-8", "surrogateescape")
    process = _start(f"import os; os.write(1, {said!r} + b'\\n')", output)
    process.end(time.monotonic() + 20)

    written = (tmp_path / "log" / "room.log").read_text()
    assert written.rstrip("\n") == said.decode("utf-8", "replace")
