from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from govmail_portal import env


def test_a_variable_without_default_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLACE", raising=False)
    with pytest.raises(ImproperlyConfigured, match="PLACE is not set"):
        env.text("PLACE")


@pytest.mark.parametrize(("word", "meaning"), [("yes", True), ("0", False), ("ON", True)])
def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch, word: str, meaning: bool) -> None:
    monkeypatch.setenv("PLACE", word)
    assert env.flag("PLACE", default=not meaning) is meaning


@pytest.mark.parametrize("word", ["maybe", "2"])
def test_nonsense_for_a_flag_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("PLACE", word)
    with pytest.raises(ImproperlyConfigured, match="PLACE must be yes or no"):
        env.flag("PLACE", default=True)


@pytest.mark.parametrize("word", ["ten", "0", "-3"])
def test_nonsense_for_a_number_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("PLACE", word)
    with pytest.raises(ImproperlyConfigured, match="PLACE must be"):
        env.number("PLACE", default=5, least=1)


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("PLACE_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("PLACE", "from the environment")
    assert env.secret("PLACE") == "from the file"


def test_a_secret_file_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLACE_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="PLACE_FILE points to .*nothing"):
        env.secret("PLACE")


def _look_up(var: Path, program: str) -> str:
    """Ask a process that is not a test what PLACE is."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"VAR_DIR": str(var), "PATH": os.environ["PATH"]},
        cwd=Path(env.__file__).parent.parent,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


def test_a_command_finds_the_running_portal(tmp_path: Path) -> None:
    (tmp_path / "portal.env").write_text("OTHER=x\nPLACE=a=b\n")
    program = "from govmail_portal import env; print(env.text('PLACE'))"
    assert _look_up(tmp_path, program) == "a=b"


def test_the_environment_wins_over_the_running_portal(tmp_path: Path) -> None:
    (tmp_path / "portal.env").write_text("PLACE=of the portal\n")
    program = (
        "import os; os.environ['PLACE'] = 'mine'\n"
        "from govmail_portal import env; print(env.text('PLACE'))"
    )
    assert _look_up(tmp_path, program) == "mine"


def test_tests_never_find_the_running_portal(tmp_path: Path) -> None:
    (tmp_path / "portal.env").write_text("PLACE=of the portal\n")
    program = "import pytest; from govmail_portal import env; print(env.text('PLACE', 'nowhere'))"
    assert _look_up(tmp_path, program) == "nowhere"
