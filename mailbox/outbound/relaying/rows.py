"""Rows of the relay's own statements, as models: the ORM would cost more than the letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState

from mailbox.models import Delivery, Mailbox
from mailbox.outbound.work import Work

AnyModel = TypeVar("AnyModel", bound=Model)

_OWED = [state.value for state in Delivery.OWED]
# Nobody has been offered it yet: its letter's own moment says when.
_FIRST = [Delivery.State.QUEUED.value, Delivery.State.SCHEDULED.value]


def made_of(model: type[AnyModel], names: Sequence[str], values: Sequence[Any]) -> AnyModel:
    """A row as a model; what was not read is loaded by whoever asks for it.

    As `Model.from_db` does it, without asking every field: that took as long as the sending.
    """
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, "default"
    made.__dict__.update(zip(names, values, strict=True))
    return made


_OF_DELIVERY = ("id", "submission_id", "position", "sealed_address", "mailbox_id", "tries")
_OF_MAILBOX = ("id", "is_open", "used_bytes", "quota_bytes")
_READ = f"""
SELECT {", ".join(f"d.{name}" for name in _OF_DELIVERY)},
       {", ".join(f"m.{name}" for name in _OF_MAILBOX)}
FROM mailbox_delivery d LEFT JOIN mailbox_mailbox m ON m.id = d.mailbox_id
WHERE d.submission_id = ANY(%s::uuid[]) AND d.state = ANY(%s)
  AND (d.tries = 0 AND d.state = ANY(%s) OR d.due_at IS NULL OR d.due_at <= %s)
ORDER BY d.submission_id, d.mailbox_id, d.position LIMIT %s
"""  # noqa: S608  # names of our own columns


class Owed:
    """Who is owed each of these letters now. most: recipients altogether; None: all."""

    def __init__(self, works: Sequence[Work], now: datetime, *, most: int | None = None) -> None:
        self._of: dict[UUID, list[Delivery]] = {}
        if not works:
            return
        with connection.cursor() as cursor:
            ids = [work.submission.pk for work in works]
            cursor.execute(_READ, [ids, _OWED, _FIRST, now, most])
            found = [_delivery(row) for row in cursor.fetchall()]
        for pk, those in groupby(found, lambda one: one.submission_id):
            self._of[pk] = list(those)

    def inside(self, work: Work) -> list[Delivery]:
        """Colleagues, sorted by their mailboxes."""
        return [one for one in self._of.get(work.submission.pk, ()) if one.mailbox_id is not None]

    def outside(self, work: Work) -> list[Delivery]:
        """All others, as they were written."""
        return [one for one in self._of.get(work.submission.pk, ()) if one.mailbox_id is None]


def _delivery(row: Sequence[Any]) -> Delivery:
    own, of_mailbox = row[: len(_OF_DELIVERY)], row[len(_OF_DELIVERY) :]
    delivery = made_of(Delivery, _OF_DELIVERY, own)
    if delivery.mailbox_id is not None:
        delivery.mailbox = made_of(Mailbox, _OF_MAILBOX, of_mailbox)
    return delivery
