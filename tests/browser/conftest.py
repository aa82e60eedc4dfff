"""What tests in a browser share: the web process as it runs in production."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.browser.serving.portal import portal
from tests.cast import Cast


@pytest.fixture
def origin(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[str]:
    with portal(key_set["web"], tmp_path) as address:
        yield address
