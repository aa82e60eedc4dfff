from __future__ import annotations

import io
from pathlib import Path

import pytest

from govmail_portal.running import output
from govmail_portal.running.output import Output


def test_lines_carry_the_name_on_the_terminal_and_not_in_the_file(tmp_path: Path) -> None:
    terminal = io.StringIO()
    out = Output(tmp_path, terminal)

    out.line("worker", "ready")
    out.say("The portal is up.")
    out.close()

    assert terminal.getvalue() == "worker   | ready\nThe portal is up.\n"
    assert (tmp_path / "worker.log").read_text() == "ready\n"
    assert (tmp_path / "portal.log").read_text() == "The portal is up.\n"


def test_files_are_rotated_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_FILE_BYTES", 1000)
    out = Output(tmp_path)
    for number in range(500):
        out.line("worker", f"line {number}")
    out.close()

    files = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert sorted(files) == ["worker.log", "worker.log.1", "worker.log.2", "worker.log.3"]
    assert max(files.values()) <= 1000


def test_a_closed_terminal_stops_nothing(tmp_path: Path) -> None:
    terminal = io.StringIO()
    out = Output(tmp_path, terminal)
    terminal.close()

    out.line("worker", "still here")
    out.close()

    assert (tmp_path / "worker.log").read_text() == "still here\n"


def test_only_the_owner_reads_the_logs(tmp_path: Path) -> None:
    out = Output(tmp_path / "log")
    out.line("worker", "ready")
    out.close()

    assert (tmp_path / "log" / "worker.log").stat().st_mode & 0o077 == 0
