"""Evidence that a duty of the mandate is met: an official letter has been sent. Nothing is read."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Min, QuerySet
from django.utils import timezone

from accounts.mandate.evidence import evidence
from accounts.models import Official
from mailbox.models import Submission


@evidence("sent")
def first_letter_sent(officials: QuerySet[Official]) -> dict[UUID, date]:
    """Since the first letter left that they wrote in their own mailbox or in an office's.

    Letters of the portal's own do not count, nor ones called back or held. Two statements.
    """
    left = Submission.objects.filter(
        attempts__gt=0, is_automatic=False, cancelled_at__isnull=True
    ).order_by()
    own = left.filter(mailbox__account__official__in=officials, written_by__isnull=True)
    others = left.filter(written_by__official__in=officials)
    found: dict[UUID, date] = {}
    for rows in (
        own.values_list("mailbox__account__official").annotate(first=Min("created_at")),
        others.values_list("written_by__official").annotate(first=Min("created_at")),
    ):
        for official, first in rows:
            day = timezone.localdate(first)
            found[official] = min(day, found.get(official, day))
    return found
