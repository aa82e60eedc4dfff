"""The demo's mandate: counted from a day some months ago, with proofs spread over the weeks since.

So a board that is tried has a course: directors overdue by some weeks, everybody on the way.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from django.db import transaction
from django.utils import timezone

from accounts.mandate import board, letter, obligations, snapshots
from accounts.models import (
    Account,
    Agency,
    Attestation,
    Mandate,
    Official,
    Snapshot,
    TotpDevice,
)

# Three months and some days ago: the directors' day has passed, everybody's has not.
_BEGUN = timedelta(days=100)
# One in so many has not signed in yet.
_NOT_YET = 5
_LETTER = "ที่ นร ๐๕๐๖/๑๒๓"


@transaction.atomic
def load_mandate(now: datetime) -> bool:
    """Begin the demo's mandate and count the weeks since; False where it has begun before."""
    mandate = Mandate.objects.filter(source_letter=letter.LETTER).first()
    if mandate is None or Snapshot.objects.exists():
        return False
    base = timezone.localdate(now - _BEGUN)
    letter.move_base(mandate, base, Mandate.BaseKind.CUSTOM, by=None, now=now)
    for account in Account.objects.active().filter(official__isnull=False):
        _use_since(account, now)
    _attest(now - _BEGUN + timedelta(days=10))
    obligations.recompute(Official.objects.all(), now=now, cause="demo")
    for day in reversed(board.weeks_back(base, timezone.localdate(now))):
        snapshots.take(day)
    return True


def _use_since(account: Account, now: datetime) -> None:
    """An app and a first sign-in on some day since, always the same for one address."""
    number = crc32(account.address.encode())
    since = now - timedelta(days=number % (_BEGUN.days - 5))
    Account.objects.filter(pk=account.pk).update(valid_from=now - _BEGUN)
    TotpDevice.objects.filter(user=account).update(created_at=since)
    if number % _NOT_YET:
        Account.objects.filter(pk=account.pk).update(first_signed_in_at=since)


def _attest(at: datetime) -> None:
    """The heads' word for each agency but every fifth: by whoever is first on its list."""
    for agency in Agency.objects.filter(accounts__official__isnull=False).distinct():
        head = agency.accounts.filter(official__isnull=False).order_by("pk").first()
        if head is not None and crc32(agency.name_th.encode()) % _NOT_YET:
            Attestation.objects.create(agency=agency, by=head, letter_no=_LETTER, attested_at=at)
