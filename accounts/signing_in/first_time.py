"""The first time both factors were passed: a proof that the cabinet's duty is met."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.mandate import obligations
from accounts.models import Account


@transaction.atomic
def remember_first_sign_in(account: Account, *, now: datetime) -> None:
    """Write the moment down, once, and bring the holder's duties up to date."""
    never = Account.objects.filter(pk=account.pk, first_signed_in_at__isnull=True)
    if never.update(first_signed_in_at=now) and account.official:
        obligations.recompute([account.official], now=now, cause="first_sign_in", by=account)
