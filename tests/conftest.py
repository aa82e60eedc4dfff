"""What every test may ask for.

Keys: `keyring` installs all roles in one, as a demo's single process has them.
`web_keyring`, `worker_keyring` and `lmtp_keyring` install one role of the same
set. For one part of a test: `with using(key_set["worker"]):`.

What takes longest is run first, so that processes side by side end together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast, gather

if TYPE_CHECKING:
    from tests.bed.standing import Bed

# Files that take minutes each: begun last, one process would still be at them long after
# the others have nothing left to do.
LONG_ONES = (
    "tests/promises/test_p7_hostile_mail_is_inert.py",
    "tests/promises/",
    "tests/faults/",
    "tests/browser/",
    "tests/govmail_portal/running/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    starts = [place for place, path in enumerate(LONG_ONES) if item.nodeid.startswith(path)]
    return starts[0] if starts else len(LONG_ONES)


@pytest.fixture(scope="session")
def key_set() -> dict[Role, StoredKeyring]:
    """One set of keyrings for the whole run; nothing is installed."""
    return key_files.new_set()


@pytest.fixture
def keyring(key_set: dict[Role, StoredKeyring]) -> Iterator[StoredKeyring]:
    full = key_files.joined(*key_set.values())
    with using(full):
        yield full


@pytest.fixture
def web_keyring(key_set: dict[Role, StoredKeyring]) -> Iterator[StoredKeyring]:
    with using(key_set["web"]):
        yield key_set["web"]


@pytest.fixture
def worker_keyring(key_set: dict[Role, StoredKeyring]) -> Iterator[StoredKeyring]:
    with using(key_set["worker"]):
        yield key_set["worker"]


@pytest.fixture
def lmtp_keyring(key_set: dict[Role, StoredKeyring]) -> Iterator[StoredKeyring]:
    with using(key_set["lmtp"]):
        yield key_set["lmtp"]


@pytest.fixture
def cast(db: None, keyring: StoredKeyring) -> Cast:
    """Amina, Bruno, Chiara and Hana (see tests/cast.py), with a quiet cache."""
    cache.clear()
    return gather()


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A small Internet of agencies, ready and not (tests/bed); one for all tests of a process."""
    from tests.bed.standing import standing

    with standing(tmp_path_factory.mktemp("bed")) as found:
        yield found
