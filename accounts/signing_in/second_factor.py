"""The second factor, from the first scan to the last backup code.

Every try is counted on the authenticator's row, whichever kind of code it was;
each wrong one doubles the wait, up to an hour, and after a hundred in a row
only an administrator can open the door again (NIST SP 800-63B-4, 3.2.2).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from accounts.models import Account, BackupCode, TotpDevice
from accounts.signing_in import sealing, sessions, totp

BACKUP_CODES = 10
# Ten of 31 letters that nobody mistakes for another: 49 bits, of which two letters lie open.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
LONGEST_WAIT = timedelta(hours=1)
TRIES_IN_A_ROW = 100


@dataclass(frozen=True)
class Answer:
    """What became of a try: accepted, wrong (wait zero), too early (wait), or shut for good."""

    accepted: bool = False
    wait: timedelta = timedelta()
    shut: bool = False


@dataclass(frozen=True)
class Setup:
    """What the enrolment page shows: a picture to scan and the same as letters to type."""

    picture: str
    letters: str


def app_of(account: Account) -> TotpDevice | None:
    """Return the account's authenticator app in use, if it has one."""
    device: TotpDevice | None = TotpDevice.objects.filter(user=account, confirmed=True).first()
    return device


@transaction.atomic
def prepare_app(account: Account) -> TotpDevice:
    """Return the app that waits for its first code, with a fresh secret where there is none."""
    device: TotpDevice | None = TotpDevice.objects.filter(user=account, confirmed=False).first()
    if device is None:
        sealed = sealing.seal_secret(totp.new_secret(), account)
        device = TotpDevice(user=account, name="app", confirmed=False, sealed_secret=sealed)
        device.save()
    return device


def setup_of(device: TotpDevice) -> Setup:
    """Return what an authenticator app needs to know of a device that is not confirmed yet."""
    secret = sealing.open_secret(device.sealed_secret, device.user)
    uri = totp.setup_uri(secret, address=device.user.address, issuer=settings.OTP_TOTP_ISSUER)
    return Setup(totp.picture_of(uri), totp.secret_text(secret))


@transaction.atomic
def confirm_app(account: Account, code: str, *, now: datetime) -> Answer:
    """Take the new app into use if its first code is right; the old one is then forgotten."""
    device = TotpDevice.objects.select_for_update().filter(user=account, confirmed=False).first()
    if device is None:
        return Answer()
    answer = _try(device, code, now=now)
    if answer.accepted:
        TotpDevice.objects.filter(user=account, confirmed=True).delete()
        device.confirmed = True
        device.save(update_fields=["confirmed"])
    return answer


@transaction.atomic
def try_code(account: Account, code: str, *, now: datetime) -> Answer:
    """Try a code of the authenticator app; each code opens once."""
    device = _locked(account)
    return Answer() if device is None else _try(device, code, now=now)


@transaction.atomic
def try_backup_code(account: Account, code: str, *, now: datetime) -> Answer:
    """Try a backup code; upper or lower case, with or without the dash. It opens once."""
    device = _locked(account)
    if device is None:
        return Answer()
    held = _held_back(device, now)
    if held is not None:
        return held
    found = _backup_code(account, code)
    if found is None:
        return _wrong(device, now)
    found.used_at = now
    found.save(update_fields=["used_at"])
    return _right(device)


@transaction.atomic
def issue_backup_codes(account: Account) -> list[str]:
    """Return ten new codes, readable this once, and forget all earlier ones."""
    BackupCode.objects.filter(account=account).delete()
    codes = [_new_code() for _ in range(BACKUP_CODES)]
    BackupCode.objects.bulk_create(BackupCode(account=account, hash=_hash(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def forget(account: Account) -> None:
    """Remove app and codes and end every session: the next sign-in enrols anew."""
    TotpDevice.objects.filter(user=account).delete()
    BackupCode.objects.filter(account=account).delete()
    sessions.end_all(account)


def _locked(account: Account) -> TotpDevice | None:
    rows = TotpDevice.objects.select_for_update().filter(user=account, confirmed=True)
    device: TotpDevice | None = rows.first()
    return device


def _try(device: TotpDevice, code: str, *, now: datetime) -> Answer:
    held = _held_back(device, now)
    if held is not None:
        return held
    secret = sealing.open_secret(device.sealed_secret, device.user)
    step = totp.step_of(code, secret, now=now, after=device.last_step)
    if step is None:
        return _wrong(device, now)
    device.last_step = step
    return _right(device)


def _held_back(device: TotpDevice, now: datetime) -> Answer | None:
    failures, last = device.throttling_failure_count, device.throttling_failure_timestamp
    if failures >= TRIES_IN_A_ROW:
        return Answer(shut=True)
    if not failures or last is None:
        return None
    seconds = device.get_throttle_factor() * 2 ** min(failures - 1, 16)
    wait = min(timedelta(seconds=seconds), LONGEST_WAIT) - (now - last)
    return Answer(wait=wait) if wait > timedelta() else None


def _wrong(device: TotpDevice, now: datetime) -> Answer:
    device.throttling_failure_count += 1
    device.throttling_failure_timestamp = now
    device.save(update_fields=["throttling_failure_count", "throttling_failure_timestamp"])
    return Answer()


def _right(device: TotpDevice) -> Answer:
    device.throttle_reset(commit=False)
    device.save(
        update_fields=["last_step", "throttling_failure_count", "throttling_failure_timestamp"]
    )
    return Answer(accepted=True)


def _backup_code(account: Account, typed: str) -> BackupCode | None:
    code = "".join(letter for letter in typed.upper() if letter in CODE_LETTERS)
    rows = BackupCode.objects.unused().filter(account=account, hash__startswith=f"{code[:2]}:")
    for row in rows:
        if check_password(code, row.hash.partition(":")[2]):
            return row
    return None


def _new_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def _hash(code: str) -> str:
    return f"{code[:2]}:{make_password(code)}"
