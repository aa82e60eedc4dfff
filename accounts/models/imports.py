"""What a directory or a file says about people: batches of rows, compared before any deed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency
from accounts.models.officials import Official


class Source(models.Model):
    """Where an agency's people are known from: an LDAP directory, files, or its SCIM client.

    settings: of LDAP, what its form asks (`directory.ldap_source`); its bind password is sealed.
    due_at: when the clock reads it next; empty: only by hand. reading_until: the lease of
    whoever reads it now.
    """

    class Kind(models.TextChoices):
        LDAP = "ldap", _("LDAP directory")
        FILE = "file", _("Files")
        SCIM = "scim", _("SCIM client")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="sources")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = models.CharField(_("name"), max_length=100)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    settings = models.JSONField(default=dict, blank=True)
    sealed_password = models.BinaryField(null=True)
    due_at = models.DateTimeField(null=True)
    reading_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    read_all_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("source of people")
        verbose_name_plural = _("sources of people")
        constraints = [
            models.UniqueConstraint(fields=["agency", "kind", "name"], name="one_source_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    def claim(self, now: datetime, lease: timedelta) -> bool:
        """Take the reading of this source, or return False because somebody else has it.

        A reader that dies leaves a lease that ends by itself.
        """
        free = models.Q(reading_until=None) | models.Q(reading_until__lte=now)
        taken = Source.objects.filter(free, pk=self.pk).update(reading_until=now + lease)
        return taken == 1


class SourceRecord(models.Model):
    """Which official a source means by its own lasting key (entryUUID, objectGUID, HR number).

    facts: what the source last said, normalised; absences: how often running it was missing.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="records")
    key = models.CharField(max_length=128)
    official = models.ForeignKey(Official, models.CASCADE, related_name="source_records")
    facts = models.JSONField(default=dict)
    absences = models.PositiveSmallIntegerField(default=0)
    has_left = models.BooleanField(default=False)
    seen_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="one_record_of_a_key")
        ]

    def __str__(self) -> str:
        return self.key


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def open(self) -> Self:
        return self.exclude(state__in=ImportBatch.OVER)

    def due(self, now: datetime) -> Self:
        """To be read or carried out, and no worker has it."""
        return self.filter(due_at__lte=now)


class ImportBatch(models.Model):
    """One reading of a source, its plan, and whether it was carried out.

    counts: joins, moves, leaves, changes, same, errors. why_second: the thresholds it is above
    (`accounts.directory.thresholds`), empty if one officer is enough. reads_all: whoever is missing
    was absent; an incremental reading says nothing of the missing. cursor: of LDAP, the stamp
    up to which the directory's changes are in it; what is carried out need not be read again.
    """

    class State(models.TextChoices):
        READING = "reading", _("Being read")
        PLANNED = "planned", _("To be looked at")
        AWAITING_SECOND = "awaiting_second", _("Waits for a second officer")
        APPROVED = "approved", _("Approved")
        APPLYING = "applying", _("Being carried out")
        APPLIED = "applied", _("Carried out")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        FAILED = "failed", _("Failed")

    OVER = (State.APPLIED, State.WITHDRAWN, State.FAILED)

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.READING)
    reads_all = models.BooleanField(default=True)
    file_name = models.CharField(max_length=200, blank=True)
    cursor = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    why_second = models.JSONField(default=list)
    failure = models.CharField(max_length=300, blank=True)
    asked_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    approved_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    second_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    applied_rows = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["-created_at", "-id"], name="batch_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(state__in=("approved", "applying")),
                name="one_import_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.created_at:%Y-%m-%d %H:%M}"

    def claim(self, now: datetime, lease: timedelta) -> bool:
        """Take a due batch for one worker, by moving it past the lease; False: another has it."""
        mine = ImportBatch.objects.filter(pk=self.pk, due_at__lte=now, due_at=self.due_at)
        if not mine.update(due_at=now + lease):
            return False
        self.due_at = now + lease
        return True


class ImportUpload(models.Model):
    """A file that waits to be read into its batch: sealed, and deleted once it was read."""

    batch = models.OneToOneField(
        ImportBatch, models.CASCADE, primary_key=True, related_name="upload"
    )
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class ImportRow(models.Model):
    """One row as it came, as it was read, whom it means, and what it would change."""

    class Verdict(models.TextChoices):
        JOIN = "join", _("Joins")
        MOVE = "move", _("Moves")
        LEAVE = "leave", _("Leaves")
        CHANGE = "change", _("Changes")
        SAME = "same", _("Unchanged")
        ABSENT = "absent", _("Missing for the first time")
        ERROR = "error", _("Cannot be read")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=128, blank=True)
    raw = models.JSONField(default=dict)
    parsed = models.JSONField(default=dict)
    official = models.ForeignKey(Official, models.CASCADE, null=True, related_name="+")
    diff = models.JSONField(default=dict)
    verdict = models.CharField(max_length=8, choices=Verdict)
    words = models.CharField(max_length=400, blank=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("batch", "number")
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_row_of_a_number")
        ]
        indexes = [models.Index(fields=["batch", "verdict", "number"], name="import_verdict")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"


class ScimToken(models.Model):
    """A bearer token of an agency's identity system. digest: keyed hash; shown once when made."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.BinaryField(unique=True)
    scopes = models.JSONField(default=list)
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("SCIM token")
        verbose_name_plural = _("SCIM tokens")

    def __str__(self) -> str:
        return self.name
