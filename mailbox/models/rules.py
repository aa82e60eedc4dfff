"""What happens to arriving mail by itself: filter rules, and replies while somebody is away.

Texts are sealed twice: to the ingest key, with which workers carry them out, and to the
mailbox's own key, with which their owner reads them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models

from mailbox.ids import new_id
from mailbox.models.mailboxes import Mailbox


class FilterRule(models.Model):
    """A rule: conditions and deeds (`filing.rules.Rule`), carried out in order of position."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="filter_rules")
    position = models.PositiveIntegerField()
    is_enabled = models.BooleanField(default=True)
    sealed_for_owner = models.BinaryField()
    ingest_key_id = models.CharField(max_length=32)
    sealed_for_ingest = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position", "id")
        indexes = [models.Index(fields=["mailbox", "position"], name="filter_rule_order")]

    def __str__(self) -> str:
        return str(self.pk)


class VacationQuerySet(models.QuerySet["Vacation"]):
    def under_way(self, now: datetime) -> Self:
        open_end = models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=now)
        return self.filter(open_end, is_enabled=True, starts_at__lte=now)


class Vacation(models.Model):
    """A reply while its owner is away (RFC 3834). starts_at, ends_at: aware; no end: until off.

    period_at: when this absence was switched on; "once per sender" counts within it.
    is_official: the portal replies for somebody who has left; their account may be closed.
    """

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, related_name="vacation")
    is_enabled = models.BooleanField(default=False)
    is_official = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    period_at = models.DateTimeField()
    sealed_for_owner = models.BinaryField()
    ingest_key_id = models.CharField(max_length=32)
    sealed_for_ingest = models.BinaryField()

    objects = VacationQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    def is_under_way(self, now: datetime) -> bool:
        """What the query of the same name asks, of a row at hand."""
        is_over = self.ends_at is not None and self.ends_at <= now
        return self.is_enabled and self.starts_at <= now and not is_over


class AutoReplyQuerySet(models.QuerySet["AutoReply"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")


class AutoReply(models.Model):
    """A reply that is owed to one sender, once in one absence.

    digest: of the sender's address. sealed_request: whom to answer and what they wrote
    about (JSON), sealed to the ingest key; wiped when answered (due_at empty).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="auto_replies")
    digest = models.BinaryField()
    period_at = models.DateTimeField()
    ingest_key_id = models.CharField(max_length=32)
    sealed_request = models.BinaryField(null=True)
    due_at = models.DateTimeField(null=True)

    objects = AutoReplyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "digest", "period_at"], name="one_reply_for_a_sender"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="auto_reply_due"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def claim(self, now: datetime, lease_until: datetime) -> bool:
        """Take this reply, or return False because another worker has it."""
        taken = AutoReply.objects.filter(pk=self.pk, due_at=self.due_at, due_at__lte=now).update(
            due_at=lease_until
        )
        if taken:
            self.due_at = lease_until
        return taken == 1
