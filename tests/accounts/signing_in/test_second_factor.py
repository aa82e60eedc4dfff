from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from accounts.models import Account, BackupCode, TotpDevice
from accounts.signing_in import sealing, second_factor, totp
from mailbox.errors import SealBroken
from tests.cast import SECRET, Cast

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def code_at(moment: datetime) -> str:
    return totp.code_at(SECRET, totp.step_at(moment))


def wrong_at(moment: datetime) -> str:
    return f"{(int(code_at(moment)) + 1) % 1_000_000:06d}"


@pytest.fixture
def amina(cast: Cast) -> Account:
    return cast.amina


def test_the_right_code_opens_once(amina: Account) -> None:
    assert second_factor.try_code(amina, code_at(NOW), now=NOW).accepted
    assert not second_factor.try_code(amina, code_at(NOW), now=NOW).accepted


def test_an_older_code_than_the_last_used_one_does_not_open(amina: Account) -> None:
    assert second_factor.try_code(amina, code_at(NOW), now=NOW).accepted
    before = code_at(NOW - timedelta(seconds=30))
    assert not second_factor.try_code(amina, before, now=NOW).accepted


def test_each_wrong_code_doubles_the_wait(amina: Account) -> None:
    now = NOW
    for expected in (1, 2, 4, 8):
        assert not second_factor.try_code(amina, wrong_at(now), now=now).accepted
        held = second_factor.try_code(amina, code_at(now), now=now)
        assert (held.accepted, held.wait) == (False, timedelta(seconds=expected))
        now += timedelta(seconds=expected)
    assert second_factor.try_code(amina, code_at(now), now=now).accepted
    assert TotpDevice.objects.get(user=amina).throttling_failure_count == 0


def test_the_wait_never_exceeds_an_hour_and_the_hundredth_wrong_code_shuts_the_door(
    amina: Account,
) -> None:
    device = TotpDevice.objects.filter(user=amina)
    device.update(throttling_failure_count=99, throttling_failure_timestamp=NOW)
    assert second_factor.try_code(amina, code_at(NOW), now=NOW).wait == timedelta(hours=1)

    later = NOW + timedelta(hours=1)
    assert not second_factor.try_code(amina, wrong_at(later), now=later).accepted
    much_later = NOW + timedelta(days=30)
    assert second_factor.try_code(amina, code_at(much_later), now=much_later).shut


def test_backup_codes_open_once_each_however_they_are_typed(amina: Account) -> None:
    codes = second_factor.issue_backup_codes(amina)
    assert len(set(codes)) == 10
    typed = codes[3].lower().replace("-", " ")
    assert second_factor.try_backup_code(amina, typed, now=NOW).accepted
    assert not second_factor.try_backup_code(amina, codes[3], now=NOW).accepted
    later = NOW + timedelta(seconds=1)
    assert second_factor.try_backup_code(amina, codes[4], now=later).accepted


def test_backup_codes_share_the_wait_of_the_app(amina: Account) -> None:
    codes = second_factor.issue_backup_codes(amina)
    second_factor.try_code(amina, wrong_at(NOW), now=NOW)
    assert second_factor.try_backup_code(amina, codes[0], now=NOW).wait == timedelta(seconds=1)


def test_backup_codes_are_not_readable_in_the_database(amina: Account) -> None:
    codes = second_factor.issue_backup_codes(amina)
    rows = BackupCode.objects.filter(account=amina).values_list("hash", flat=True)
    assert all("argon2" in row for row in rows)
    for code in codes:
        assert not any(code.replace("-", "")[2:] in row for row in rows)


def test_new_backup_codes_make_the_old_ones_void(amina: Account) -> None:
    old = second_factor.issue_backup_codes(amina)
    second_factor.issue_backup_codes(amina)
    assert not second_factor.try_backup_code(amina, old[0], now=NOW).accepted


def test_somebody_elses_backup_code_opens_nothing(cast: Cast) -> None:
    codes = second_factor.issue_backup_codes(cast.bruno)
    assert not second_factor.try_backup_code(cast.amina, codes[0], now=NOW).accepted
    assert second_factor.try_backup_code(cast.bruno, codes[0], now=NOW).accepted


def test_the_secret_lies_sealed_and_opens_for_its_own_account_only(cast: Cast) -> None:
    sealed = bytes(TotpDevice.objects.get(user=cast.amina).sealed_secret)
    assert SECRET not in sealed
    assert sealing.open_secret(sealed, cast.amina) == SECRET
    with pytest.raises(SealBroken):
        sealing.open_secret(sealed, cast.bruno)


def test_a_new_app_replaces_the_old_one_only_with_its_first_right_code(amina: Account) -> None:
    fresh = second_factor.prepare_app(amina)
    assert second_factor.prepare_app(amina) == fresh
    secret = sealing.open_secret(fresh.sealed_secret, amina)
    assert not second_factor.confirm_app(amina, "000000", now=NOW).accepted
    assert second_factor.app_of(amina) != fresh

    later = NOW + timedelta(seconds=60)
    right = totp.code_at(secret, totp.step_at(later))
    assert second_factor.confirm_app(amina, right, now=later).accepted
    assert second_factor.app_of(amina) == fresh
    assert TotpDevice.objects.filter(user=amina).count() == 1


def test_an_account_has_one_app_in_use(amina: Account) -> None:
    with pytest.raises(IntegrityError):
        TotpDevice.objects.create(user=amina, name="another", sealed_secret=b"x")
