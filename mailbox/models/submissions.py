"""Submissions: what has been sent, and what became of it for every recipient."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailbox.ids import new_id
from mailbox.models.gateways import Gateway
from mailbox.models.mailboxes import Mailbox, reached
from mailbox.models.messages import Content, Message

if TYPE_CHECKING:
    from accounts.models import Account


_COUNT_AGAIN = """
UPDATE mailbox_submission SET (tally, has_failed) = (
  SELECT coalesce(jsonb_object_agg(state, n), '{}'), coalesce(bool_or(state = ANY(%s)), false)
  FROM (SELECT state, count(*) AS n FROM mailbox_delivery WHERE submission_id = %s GROUP BY state) s
) WHERE id = %s RETURNING tally, has_failed
"""


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def readable_by(self, account: Account) -> Self:
        return self.filter(mailbox__in=reached(account))

    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now, held_at__isnull=True).order_by("lane", "due_at")


class Lane(models.IntegerChoices):
    """Which queue a submission waits in; the lower goes first."""

    URGENT = 0, _("Urgent")
    ORDINARY = 1, _("Ordinary")
    BULK = 2, _("Circulars to many")


class Submission(models.Model):
    """A message its author has sent.

    due_at: past, a worker should take it; future, it waits (undo window, schedule,
    retry, lease); empty, nothing is owed any more. A *submission key* seals the
    envelope and every recipient's address and reply; it is sealed twice, to the
    relay key (erased when nothing is owed) and to the author's mailbox.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by `submission_page`: each index more is written twice for every letter.
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="submissions", db_index=False)
    content = models.ForeignKey(Content, models.PROTECT, related_name="submissions")
    sent_copy = models.ForeignKey(
        Message, models.SET_NULL, null=True, related_name="submissions", db_constraint=False
    )
    relay_key_id = models.CharField(max_length=32, blank=True)
    sealed_key_for_relay = models.BinaryField(null=True)
    sealed_key_for_owner = models.BinaryField()
    # JSON under the submission key: content key, return path, summary, digests' inputs.
    sealed_envelope = models.BinaryField()
    size = models.BigIntegerField()
    urgency = models.PositiveSmallIntegerField(default=0)
    # Of its author, when it was sent: whose gateways take it, and whose turn it is.
    agency = models.ForeignKey(
        "accounts.Agency",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("agency"),
        db_index=False,
    )
    lane = models.PositiveSmallIntegerField(_("lane"), choices=Lane, default=Lane.ORDINARY)
    # When its author was told that it is late (RFC 3464, action "delayed").
    delay_told_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    undo_until = models.DateTimeField()
    due_at = models.DateTimeField(null=True, default=timezone.now)
    expires_at = models.DateTimeField()
    # How often it was claimed, of which a gateway that asks to wait makes many: the lease's token.
    attempts = models.PositiveIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True)
    # When its author wants it to leave; until then it can be called back.
    scheduled_for = models.DateTimeField(null=True)
    # A read receipt was asked for (RFC 8098).
    asks_receipt = models.BooleanField(default=False)
    # Written by the portal on the author's behalf (RFC 3834); not in their outbox.
    is_automatic = models.BooleanField(default=False)
    # Who sent it, where that was not the mailbox's own account.
    written_by = models.ForeignKey(
        "accounts.Account", models.SET_NULL, null=True, related_name="+", verbose_name=_("sent by")
    )
    # Set while its author is suspended: no worker takes it until that is over.
    held_at = models.DateTimeField(_("held since"), null=True)
    # How many recipients are in each state, and whether one was not reached; derived from
    # the deliveries by `Submission.count_again`, so that no page counts rows.
    tally = models.JSONField(default=dict)
    has_failed = models.BooleanField(default=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="submission_due"
            ),
            # Whose turn it is in a lane, and what of theirs is oldest.
            models.Index(
                fields=["lane", "agency", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="submission_turn",
            ),
            # The queue as mail officers see it, the oldest first.
            models.Index(
                fields=["created_at", "id"],
                condition=models.Q(due_at__isnull=False, cancelled_at__isnull=True),
                name="submission_queue",
            ),
            models.Index(fields=["mailbox", "-created_at", "-id"], name="submission_page"),
            models.Index(
                fields=["mailbox", "due_at", "id"],
                condition=models.Q(due_at__isnull=False),
                name="submission_under_way",
            ),
            models.Index(
                fields=["mailbox", "-created_at", "-id"],
                condition=models.Q(has_failed=True),
                name="submission_failed_page",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def claim(self, now: datetime, lease_until: datetime) -> bool:
        """Take this submission, or return False because another worker has it."""
        taken = Submission.objects.filter(
            pk=self.pk,
            due_at=self.due_at,
            due_at__lte=now,
            cancelled_at__isnull=True,
            held_at__isnull=True,
        ).update(due_at=lease_until, attempts=models.F("attempts") + 1)
        if taken:
            self.due_at = lease_until
            self.attempts += 1
        return taken == 1

    def count_again(self) -> None:
        """Write `tally` and `has_failed` anew, in the transaction that changed deliveries."""
        with connection.cursor() as cursor:
            failed = [each.value for each in Delivery.NOT_REACHED]
            cursor.execute(_COUNT_AGAIN, [failed, self.pk, self.pk])
            for tally, self.has_failed in cursor.fetchall():
                self.tally = json.loads(tally) if isinstance(tally, str) else tally


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def owed(self) -> Self:
        """Recipients for whom something is still to be done."""
        return self.filter(state__in=Delivery.OWED)

    def filed(self, at: datetime) -> int:
        """Say of these that they lie in the recipient's mailbox; how many there were."""
        return self.update(
            state=Delivery.State.FILED,
            reply_code=None,
            sealed_reply=None,
            reason="",
            enhanced="",
            due_at=None,
            tries=models.F("tries") + 1,
            changed_at=at,
        )


class Delivery(models.Model):
    """What became of one message for one recipient.

    due_at: past, its next try is owed; future, it waits, on a ladder of its own; empty,
    nothing is owed. tries: how often it was offered. reason: of its last answer, from the
    closed list of `smtp.verdicts.Reason`; enhanced: the status code of RFC 3463.

    sealed_address and sealed_reply (the gateway's last words, as it said them) are
    under the submission key, bound to this id; a reply that came back later, when no worker
    has that key any more, is sealed to the author's mailbox. address_digest: of those outside,
    under the lookup key and for this submission alone, so that a worker can tell whom a
    report is about without opening anything. mailbox is set for recipients inside
    the portal; gateway is the one last tried for those outside.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to be sent")
        SCHEDULED = "scheduled", _("Will be sent at the chosen time")
        SENDING = "sending", _("Being sent")
        RELAYED = "relayed", _("The gateway has taken it")
        FILED = "filed", _("In the recipient's mailbox")
        DEFERRED = "deferred", _("The gateway asked to try later")
        UNKNOWN = "unknown", _("It may have been sent; it will be tried again")
        BOUNCED = "bounced", _("Came back undelivered")
        FAILED = "failed", _("Refused")
        CANCELLED = "cancelled", _("Cancelled before it left")
        EXPIRED = "expired", _("Given up after trying for days")

    NOT_REACHED = (State.FAILED, State.BOUNCED, State.EXPIRED)
    OWED = (State.QUEUED, State.SCHEDULED, State.SENDING, State.DEFERRED, State.UNKNOWN)

    class Field(models.TextChoices):
        TO = "to", _("To")
        CC = "cc", _("Cc")
        BCC = "bcc", _("Bcc")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by `one_delivery_a_position`.
    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="deliveries", db_index=False
    )
    position = models.PositiveIntegerField()
    field = models.CharField(max_length=3, choices=Field, default=Field.TO)
    sealed_address = models.BinaryField()
    address_digest = models.BinaryField(null=True)
    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, related_name="+")
    # Looked for by nobody but who deletes a gateway.
    gateway = models.ForeignKey(
        Gateway, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    sealed_reply = models.BinaryField(null=True)
    reply_code = models.PositiveSmallIntegerField(null=True)
    enhanced = models.CharField(max_length=11, blank=True)
    reason = models.CharField(max_length=24, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    # Opened by the recipient, where their agency's policy or a receipt tells.
    opened_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "position"], name="one_delivery_a_position"
            )
        ]
        indexes = [models.Index(fields=["submission", "state", "position"], name="delivery_owed")]

    def __str__(self) -> str:
        return str(self.pk)


class Attempt(models.Model):
    """One try for one recipient, written down before DATA.

    What a crash leaves at `unknown` may have been accepted; the next try uses the
    same Message-ID, so that the far side can tell a repetition.
    """

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", _("Not known")
        ACCEPTED = "accepted", _("Accepted")
        DEFERRED = "deferred", _("Deferred")
        REFUSED = "refused", _("Refused")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    gateway = models.ForeignKey(
        Gateway, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.UNKNOWN)
    reply_code = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=24, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("started_at", "id")

    def __str__(self) -> str:
        return str(self.pk)
