"""Following a rule backwards: doing to letters that are here what it will do to those to come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from mailbox.filing.courses import places
from mailbox.filing.messages import lock
from mailbox.filing.rules import Deeds
from mailbox.models import Folder, Label, Labelling, Mailbox, Message, Thread
from mailbox.reading.deeds.changes import FIELDS, Change, settle


def follow(mailbox: Mailbox, deeds: Deeds, messages: Collection[UUID], *, now: datetime) -> Change:
    """Move, label, star and mark these messages; nothing is forwarded, which has no way back."""
    with transaction.atomic():
        lock([mailbox.pk])
        chosen = Message.objects.filter(mailbox=mailbox, pk__in=list(messages), is_own=False)
        before = {row[0]: tuple(row[1:]) for row in chosen.values_list("pk", *FIELDS)}
        threads = set(chosen.values_list("thread_id", flat=True))
        values = _values(mailbox, deeds, now)
        if values:
            Message.objects.filter(mailbox=mailbox, pk__in=before).update(**values)
        labels = _labelled(mailbox, deeds, threads)
        settle(mailbox.pk, before)
    return Change(mailbox.pk, before if values else {}, labels=labels)


def _values(mailbox: Mailbox, deeds: Deeds, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if deeds.star:
        values["is_starred"] = True
    if deeds.read:
        values["is_read"] = True
    to = places({mailbox.pk: deeds}).get(mailbox.pk)
    if to is not None:
        in_bin = to.kind == Folder.Kind.TRASH
        values |= {"folder_id": to.pk, "trashed_at": now if in_bin else None}
        values["trashed_from_id"] = F("folder_id") if in_bin else None
    return values


def _labelled(
    mailbox: Mailbox, deeds: Deeds, threads: Collection[UUID]
) -> dict[tuple[UUID, UUID], bool]:
    """Stick the labels on, and say on what there was none before."""
    labels = [
        one.pk for one in Label.objects.filter(mailbox=mailbox) if str(one.pk) in deeds.labels
    ]
    stuck = Labelling.objects.filter(mailbox=mailbox, thread__in=threads, label__in=labels)
    had = set(stuck.values_list("label_id", "thread_id"))
    found = Thread.objects.filter(mailbox=mailbox, pk__in=threads)
    latest = dict(found.values_list("pk", "latest_at"))
    new = [(label, one) for label in labels for one in latest if (label, one) not in had]
    Labelling.objects.bulk_create(
        Labelling(mailbox=mailbox, label_id=label, thread_id=one, latest_at=latest[one])
        for label, one in new
    )
    return dict.fromkeys(new, False)
