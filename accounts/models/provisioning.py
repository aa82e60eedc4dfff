"""The provisioning queue: durable rows that say which account is owed what, and the first key.

Priority is lexicographic, never a mixed score: overdue before due; directors and position
mailboxes before the rest; due date; agencies that are open before those that are not; age.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency


class ProvisioningJobQuerySet(models.QuerySet["ProvisioningJob"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now)

    def open(self) -> Self:
        """Neither done nor cancelled: waiting, at the gate, or in need of help."""
        return self.filter(finished_at__isnull=True)

    def in_turn(self, today: date) -> Self:
        """In the order of the queue, the next one first; today: the day in Thailand."""
        overdue = Case(When(must_be_done_by__lt=today, then=Value(0)), default=Value(1))
        gate = Case(When(state=ProvisioningJob.State.WAITING_GATE, then=Value(1)), default=Value(0))
        return self.order_by(
            overdue,
            "queue_class",
            F("must_be_done_by").asc(nulls_last=True),
            gate,
            "requested_at",
            "pk",
        )


class ProvisioningJob(models.Model):
    """An account that is to be opened. due_at: claimed by moving it past the lease; empty: over.

    must_be_done_by: the obligation's due date, for the order of the queue.
    attempts: how often it was begun since somebody last looked at it; a killed worker counts.
    """

    class QueueClass(models.IntegerChoices):
        DIRECTOR = 0, _("Director or above")
        POSITION = 1, _("Position mailbox")
        REST = 2, _("Official")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WAITING_GATE = "waiting_gate", _("Waits until its agency is open")
        DONE = "done", _("Done")
        FAILED = "failed", _("Needs help")
        CANCELLED = "cancelled", _("Cancelled")

    account = models.ForeignKey(Account, models.CASCADE, related_name="provisioning_jobs")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    queue_class = models.PositiveSmallIntegerField(choices=QueueClass, default=QueueClass.REST)
    must_be_done_by = models.DateField(null=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.WAITING)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # Why it was cancelled, or is not going on, in the words of whoever stopped it.
    words = models.CharField(max_length=300, blank=True)

    objects = ProvisioningJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("provisioning job")
        verbose_name_plural = _("provisioning jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(finished_at__isnull=True),
                name="one_open_job_of_an_account",
            )
        ]
        indexes = [
            models.Index(
                fields=["queue_class", "must_be_done_by", "requested_at", "id"],
                name="provisioning_list",
            ),
            models.Index(
                fields=["queue_class", "must_be_done_by", "requested_at"],
                condition=Q(due_at__isnull=False),
                name="provisioning_queue",
            ),
            models.Index(
                fields=["agency", "state"],
                condition=Q(finished_at__isnull=True),
                name="provisioning_open",
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)

    def claim(self, now: datetime, lease_until: datetime) -> bool:
        """Take this job, or return False because another worker has it."""
        taken = ProvisioningJob.objects.filter(
            pk=self.pk, due_at=self.due_at, due_at__lte=now, state=self.State.WAITING
        ).update(due_at=lease_until, attempts=F("attempts") + 1)
        if taken:
            self.due_at = lease_until
            self.attempts += 1
        return taken == 1

    def is_overdue(self, today: date) -> bool:
        """Whether its account should have been open before today."""
        return self.must_be_done_by is not None and self.must_be_done_by < today


class ProvisioningStep(models.Model):
    """One step of a job: idempotent, visible, tried again. done_at empty: still owed."""

    job = models.ForeignKey(ProvisioningJob, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("job", "order")
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="one_step_of_a_name")]

    def __str__(self) -> str:
        return self.name


class ActivationQuerySet(models.QuerySet["Activation"]):
    def valid(self, now: datetime) -> Self:
        """Those that still open their account."""
        return self.filter(used_at__isnull=True, expires_at__gt=now)


class Activation(models.Model):
    """The first key to an account: a one-time link, or a printed letter with a code.

    digest: keyed hash of the token or code, never itself. sealed_code: the letter's code,
    sealed until it is printed, then wiped. expires_at: also moved to the present when a
    newer key takes its place.
    """

    class Kind(models.TextChoices):
        LINK = "link", _("Link")
        LETTER = "letter", _("Printed letter")

    account = models.ForeignKey(Account, models.CASCADE, related_name="activations")
    kind = models.CharField(max_length=8, choices=Kind)
    digest = models.BinaryField(unique=True)
    sealed_code = models.BinaryField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True)
    printed_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    used_at = models.DateTimeField(null=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    objects = ActivationQuerySet.as_manager()

    class Meta:
        verbose_name = _("activation")
        verbose_name_plural = _("activations")

    def __str__(self) -> str:
        return str(self.pk)
