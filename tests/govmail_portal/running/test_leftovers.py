from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from govmail_portal import embedded
from govmail_portal.running import leftovers


def _sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )


def test_what_was_remembered_is_ended(tmp_path: Path) -> None:
    left = _sleeper()
    leftovers.remember(tmp_path / "list", [left.pid])

    assert leftovers.clear(tmp_path / "list") == 1
    left.poll()
    assert not embedded.is_running(left.pid)
    assert not (tmp_path / "list").exists()


def test_another_program_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    other = _sleeper()
    (tmp_path / "list").write_text(json.dumps([[other.pid, 1_000_000.0]]))

    assert leftovers.clear(tmp_path / "list") == 0
    assert other.poll() is None
    other.kill()
    other.wait()


def test_without_a_list_nothing_is_left(tmp_path: Path) -> None:
    assert leftovers.clear(tmp_path / "list") == 0
