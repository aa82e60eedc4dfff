"""Arrivals: messages the LMTP door has answered 250 for, and that are not yet filed."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailbox.ids import new_id

_COLUMNS = (
    *("id", "mailbox_ids", "returned_to", "ingest_key_id", "sealed_key", "sealed_envelope"),
    *("size", "row", "file", "received_at", "due_at", "attempts", "held_at", "held_reason"),
    "test_letter",
)
# Written out, because it is done for every message, before its 250: `save` takes far longer.
_INSERT = """
INSERT INTO mailbox_arrival (
    id, mailbox_ids, returned_to, ingest_key_id, sealed_key, sealed_envelope,
    size, "row", file, received_at, due_at, attempts, held_at, held_reason, test_letter
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")

    def held(self) -> Self:
        return self.filter(held_at__isnull=False)


class Arrival(models.Model):
    """A message taken in and owed to its mailboxes.

    The row is the promise of the 250: it is deleted in the transaction that files
    the message. sealed_key: the content key sealed to the *ingest* key
    `ingest_key_id`; sealed_envelope: sender, recipients and options (JSON) under it.
    due_at is the whole truth of what happens next: past, a worker should take it;
    future, it is leased or waits; empty, it is held for an operator.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox_ids = ArrayField(models.UUIDField())
    # Came back to the return path of this submission: a report, filed for nobody.
    returned_to = models.UUIDField(null=True)
    # Came to the address of this `accounts.TestLetter`: facts are taken from it, and it goes.
    test_letter = models.BigIntegerField(null=True)
    ingest_key_id = models.CharField(max_length=32)
    sealed_key = models.BinaryField()
    sealed_envelope = models.BinaryField()
    size = models.BigIntegerField(_("size"))
    row = models.BinaryField(null=True)
    file = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(_("received"))
    due_at = models.DateTimeField(null=True, default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    # A class name or a limit's name; never text from the message.
    held_reason = models.CharField(_("reason"), max_length=100, blank=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="arrival_due"
            ),
            models.Index(fields=["file"], condition=models.Q(file__gt=""), name="arrival_file"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def insert(self) -> None:
        """Add the row, in one statement; committed when it returns, but in a transaction."""
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [getattr(self, name) for name in _COLUMNS])
        self._state.adding = False

    def claim(self, now: datetime, lease_until: datetime) -> bool:
        """Take this arrival, or return False because another worker has it."""
        taken = Arrival.objects.filter(pk=self.pk, due_at=self.due_at, due_at__lte=now).update(
            due_at=lease_until, attempts=models.F("attempts") + 1
        )
        if taken:
            self.due_at = lease_until
            self.attempts += 1
        return taken == 1
