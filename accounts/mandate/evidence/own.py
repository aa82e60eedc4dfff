"""The proofs that accounts themselves give: active, second factor enrolled, first sign-in.

An official's account is the one of today: after a transfer the new one. What an earlier one
showed is kept in the duty's own evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Min, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.mandate.evidence import evidence
from accounts.models import Account, Official, TotpDevice


@evidence("account_active")
def account_active(officials: QuerySet[Official]) -> dict[UUID, date]:
    """Since the account was provisioned; where no job tells, since it opens or was made."""
    accounts = Account.objects.filter(official__in=officials, state__in=Account.OPEN_STATES)
    finished = Min("provisioning_jobs__finished_at")
    since = accounts.order_by().annotate(since=Coalesce(finished, "valid_from", "created_at"))
    return _days(since.values_list("official_id", "since"))


@evidence("second_factor")
def second_factor(officials: QuerySet[Official]) -> dict[UUID, date]:
    """Since an authenticator app was confirmed; a day it is reset on changes nothing."""
    apps = TotpDevice.objects.filter(user__official__in=officials, confirmed=True)
    return _days(apps.values_list("user__official_id", "created_at"))


@evidence("first_sign_in")
def first_sign_in(officials: QuerySet[Official]) -> dict[UUID, date]:
    """Since both factors were passed for the first time."""
    accounts = Account.objects.filter(
        official__in=officials, first_signed_in_at__isnull=False
    ).order_by()
    return _days(accounts.values_list("official_id", "first_signed_in_at"))


def _days(rows: Iterable[tuple[UUID | None, datetime | None]]) -> dict[UUID, date]:
    return {official: timezone.localdate(at) for official, at in rows if official and at}
