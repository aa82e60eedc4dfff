"""Sorting beyond folders: labels, snoozes, deeds over whole lists, reports of bad mail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailbox.ids import new_id
from mailbox.models.mailboxes import Folder, Mailbox, reached
from mailbox.models.messages import Message, Thread

if TYPE_CHECKING:
    from accounts.models import Account


class Label(models.Model):
    """A label of a mailbox. sealed_name: under the mailbox's own key; colour: 0 to 7."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="labels")
    sealed_name = models.BinaryField()
    colour = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class Labelling(models.Model):
    """A label on a conversation; latest_at is the conversation's, kept by `filing.place`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Of the conversation's mailbox, as in Placement.
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    label = models.ForeignKey(Label, models.CASCADE, related_name="labellings", db_index=False)
    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="labellings", db_index=False, db_constraint=False
    )
    latest_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "label", "mailbox"], name="a_label_sticks_once"
            )
        ]
        indexes = [models.Index(fields=["label", "-latest_at", "-id"], name="labelling_page")]

    def __str__(self) -> str:
        return str(self.pk)


class SnoozeQuerySet(models.QuerySet["Snooze"]):
    def due(self, now: datetime) -> Self:
        return self.filter(until__lte=now).order_by("until")


class Snooze(models.Model):
    """A conversation laid aside until a moment; its messages lie in the folder Snoozed.

    returns_to: the folder it came from; empty means the inbox.
    """

    # Of the conversation's mailbox, as in Placement.
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    thread = models.OneToOneField(
        Thread, models.CASCADE, primary_key=True, related_name="snooze", db_constraint=False
    )
    until = models.DateTimeField(db_index=True)
    returns_to = models.ForeignKey(Folder, models.SET_NULL, null=True, related_name="+")

    objects = SnoozeQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)


class SortingJobQuerySet(models.QuerySet["SortingJob"]):
    def readable_by(self, account: Account) -> Self:
        return self.filter(mailbox__in=reached(account))

    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")


class SortingJob(models.Model):
    """One verb for every conversation of a list, done by a worker in pieces.

    folder and show name the list as it was chosen (nothing newer than created_at is
    touched); label: the list of a label. target: the slug of the folder moved to, or
    the id of the label. expected, done: conversations. reached: the cursor of the last one
    done. due_at: as in Submission; empty when finished. undoes: the job this one takes back.
    failures: errors in a row without a step forward; the fifth ends it (has_failed).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="sorting_jobs")
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="+")
    label = models.ForeignKey(Label, models.CASCADE, null=True, related_name="+")
    show = models.CharField(max_length=12, blank=True)
    verb = models.CharField(max_length=12)
    target = models.CharField(max_length=40, blank=True)
    expected = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    reached = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", models.CASCADE, null=True, related_name="undone_by")
    failures = models.PositiveSmallIntegerField(default=0)
    has_failed = models.BooleanField(default=False)

    objects = SortingJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="sorting_job_due"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def claim(self, now: datetime, lease_until: datetime) -> bool:
        """Take this job, or return False because another worker has it."""
        taken = SortingJob.objects.filter(
            pk=self.pk, due_at=self.due_at, due_at__lte=now, cancelled_at__isnull=True
        ).update(due_at=lease_until)
        if taken:
            self.due_at = lease_until
        return taken == 1


class SortingJobPart(models.Model):
    """What one piece of a job changed: ids and flags, as `reading.sorting.Change` gives them."""

    job = models.ForeignKey(SortingJob, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    before = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="one_part_of_a_number")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MailReport(models.Model):
    """A reader's word that a message is spam, or suspicious (phishing).

    submission: the report with the message attached, on its way to the incident team.
    """

    class Kind(models.TextChoices):
        SPAM = "spam", _("spam")
        PHISHING = "phishing", _("suspicious")

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="reports", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    submission = models.ForeignKey(
        "mailbox.Submission", models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], name="one_report_of_a_kind")
        ]

    def __str__(self) -> str:
        return str(self.pk)
