"""Reports of bad mail: the reader's word beside what was moved to spam.

Two verbs: spam only leaves; what is suspicious also goes to the incident team, which is
`mailbox.reporting`'s part. Reported is the newest letter of a conversation that is not one's own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from mailbox.models import MailReport, Message
from mailbox.reading import sorting
from mailbox.reading.deeds.changes import Change
from mailbox.reading.sorting import Here


def report(here: Here, threads: Collection[UUID], *, kind: str, now: datetime) -> Change:
    """Move these conversations to spam, and keep the reader's word. kind: of MailReport."""
    with transaction.atomic():
        change = sorting.spam(here, threads, now=now)
        moved = Message.objects.filter(mailbox=change.mailbox, pk__in=change.before, is_own=False)
        newest = moved.order_by("thread", "-received_at", "-id").distinct("thread")
        reported = list(newest.exclude(reports__kind=kind).values_list("pk", flat=True))
        MailReport.objects.bulk_create(
            MailReport(message_id=pk, kind=kind, created_at=now) for pk in reported
        )
        return change.and_then(
            Change(change.mailbox, reports=dict.fromkeys(((pk, kind) for pk in reported), False))
        )


def reported(change: Change) -> list[MailReport]:
    """The reports a change made, as far as they are there, with their messages."""
    made = [pk for (pk, _kind), had in change.reports.items() if not had]
    found = MailReport.objects.filter(message__in=made, message__mailbox=change.mailbox)
    return list(found.select_related("message__mailbox", "message__content", "submission"))
