from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbox.sealing import key_files, keyring


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A set of key files; this process reads them as the portal does, role by role joined."""
    key_files.write_new_set(tmp_path / "keys")
    with keyring.using(keyring.StoredKeyring(active={})):
        keyring.use_source(
            lambda: key_files.joined(*key_files.read_set(tmp_path / "keys").values())
        )
        yield tmp_path / "keys"
