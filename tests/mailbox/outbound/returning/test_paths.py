from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from mailbox.errors import KeyMissing
from mailbox.outbound.returning.paths import last_day, looks_like_one, path_for, submission_of
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using

DAY = date(2026, 12, 1)
LETTER = UUID("11111111-2222-4333-8444-555555555555")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@pytest.fixture
def local(worker_keyring: StoredKeyring) -> str:
    return path_for(LETTER, DAY, "transport.example").partition("@")[0]


def test_the_door_reads_whose_path_it_is(local: str, key_set: dict[Role, StoredKeyring]) -> None:
    with using(key_set["lmtp"]):
        assert submission_of(local, DAY) == LETTER
        assert submission_of(local.upper(), DAY) == LETTER


def test_a_path_fits_any_server_and_is_the_same_each_time(local: str) -> None:
    assert len(local) <= 64 and local.isascii() and local.islower()
    assert path_for(LETTER, DAY, "transport.example") == f"{local}@transport.example"
    assert looks_like_one(local) and not looks_like_one("r+short")


def test_its_last_day_is_good_and_the_next_is_not(local: str) -> None:
    assert submission_of(local, DAY) == LETTER
    assert submission_of(local, DAY + timedelta(days=1)) is None


def test_no_letter_of_a_path_can_be_changed(local: str) -> None:
    assert submission_of(local, DAY) == LETTER
    for position in range(len(local)):
        for letter in set(ALPHABET + "+@=1é") - {local[position]}:
            changed = local[:position] + letter + local[position + 1 :]
            assert submission_of(changed, DAY) is None, changed


@pytest.mark.parametrize("other", ["", "r+", "amina", "r+amina", "R+" + "a" * 45, "r+" + "é" * 45])
def test_what_is_no_path_is_nobodys(other: str, worker_keyring: StoredKeyring) -> None:
    assert submission_of(other, DAY) is None


def test_a_path_of_another_portal_is_nobodys(local: str) -> None:
    with using(key_files.new_set()["lmtp"]):
        assert submission_of(local, DAY) is None


def test_two_letters_have_two_paths(worker_keyring: StoredKeyring) -> None:
    assert path_for(uuid4(), DAY, "a.example") != path_for(uuid4(), DAY, "a.example")


def test_without_the_key_nobody_is_answered_for_good(
    local: str, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["web"]):
        with pytest.raises(KeyMissing):
            path_for(LETTER, DAY, "transport.example")
        with pytest.raises(KeyMissing):
            submission_of(local, DAY)


def test_a_path_outlives_the_letters_own_end() -> None:
    # 23:00 in Bangkok on the first, and ten days for the gateways that come after ours.
    assert last_day(datetime(2026, 12, 1, 16, 0, tzinfo=UTC)) == date(2026, 12, 11)
