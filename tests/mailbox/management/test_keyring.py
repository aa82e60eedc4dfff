"""`manage.py keyring`, where no row is concerned: rotation is tested beside what it re-wraps."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from mailbox.outbound.returning.paths import path_for, submission_of
from mailbox.sealing import key_files
from mailbox.sealing.keyring import using

LETTER, DAY = uuid4(), date(2026, 12, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key_files.write_new_set(tmp_path / "keys")
    return tmp_path / "keys"


def told(*arguments: str, **options: int) -> str:
    out = StringIO()
    call_command("keyring", *arguments, stdout=out, **options)
    return out.getvalue()


def path(folder: Path) -> str:
    with using(key_files.read(folder / "worker.json")):
        return path_for(LETTER, DAY, "transport.example").partition("@")[0]


def is_known(local: str, folder: Path) -> bool:
    with using(key_files.read(folder / "lmtp.json")):
        return submission_of(local, DAY) == LETTER


def test_an_older_set_is_completed_once_and_says_which_files_to_carry(folder: Path) -> None:
    for role in ("worker", "lmtp"):
        text = json.loads((folder / f"{role}.json").read_text())
        del text["returns"]
        (folder / f"{role}.json").write_text(json.dumps(text))
    first = told("complete", "--keys", str(folder))
    assert "worker.json" in first and "lmtp.json" in first and "web.json" not in first
    assert "lacks nothing" in told("complete", "--keys", str(folder))
    assert told("complete", "--keys", str(folder), verbosity=0) == ""
    assert is_known(path(folder), folder)


def test_half_a_set_is_not_completed(folder: Path) -> None:
    text = json.loads((folder / "lmtp.json").read_text())
    del text["returns"]
    (folder / "lmtp.json").write_text(json.dumps(text))
    (folder / "worker.json").unlink()
    with pytest.raises(CommandError, match="complete a set as a whole"):
        told("complete", "--keys", str(folder))


@pytest.mark.django_db
def test_after_a_rotation_paths_of_before_are_good_until_the_old_key_is_retired(
    folder: Path,
) -> None:
    before = path(folder)
    old = key_files.read(folder / "worker.json").active_id("returns")
    told("rotate", "returns", "--keys", str(folder))
    assert path(folder) != before
    assert is_known(before, folder) and is_known(path(folder), folder)
    assert old in told("status", "--keys", str(folder))

    with pytest.raises(CommandError, match="rotate first"):
        active = key_files.read(folder / "worker.json").active_id("returns")
        told("retire", "returns", active, "--keys", str(folder))
    assert "are refused" in told("retire", "returns", old, "--keys", str(folder))
    assert not is_known(before, folder) and is_known(path(folder), folder)
