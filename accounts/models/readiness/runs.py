"""Runs over a domain: what was asked and answered, raw, and what each rule made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.readiness.domains import CheckedDomain
from accounts.models.readiness.profiles import Rule, RuleProfile


class Outcome(models.TextChoices):
    """What a rule made of the evidence. Unknown is our own fault: it opens and closes nothing."""

    PASS = "pass", _("Pass")
    PARTIAL = "partial", _("Partial")
    FAIL = "fail", _("Fail")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    NOT_TESTED = "not_tested", _("Not tested")
    UNKNOWN = "unknown", _("Unknown")


class ScanRunQuerySet(models.QuerySet["ScanRun"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")

    def open(self) -> Self:
        return self.filter(finished_at__isnull=True)

    def done(self) -> Self:
        return self.filter(stage=ScanRun.Stage.DONE)


class ScanRun(models.Model):
    """One run over one domain, from DNS through the servers to the verdicts.

    due_at: when some worker should take the next stage (claimed by moving it past the lease);
    empty: over. subject: what was known of the domain when the run began, for the replay
    (`accounts.readiness.subject`). evidence: every observation, JSON under zstd
    (`accounts.readiness.evidence`); digest: SHA-256 of that JSON. Both are empty once the evidence
    is past its time (`accounts.readiness.scanning.forgetting`); the digest stays.
    """

    class Stage(models.TextChoices):
        DNS = "dns", _("Asking DNS")
        NET = "net", _("Asking the servers")
        JUDGE = "judge", _("Judging")
        DONE = "done", _("Done")
        FAILED = "failed", _("Could not be done")

    class Trigger(models.TextChoices):
        OFFICER = "officer", _("An officer's button")
        DAILY = "daily", _("The daily run")
        COMMAND = "command", _("A command")

    domain = models.ForeignKey(CheckedDomain, models.CASCADE, related_name="runs")
    profile = models.ForeignKey(RuleProfile, models.PROTECT, related_name="+")
    trigger = models.CharField(max_length=8, choices=Trigger)
    asked_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    scanner_version = models.CharField(max_length=40)
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.DNS)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    subject = models.JSONField(default=dict)
    evidence = models.BinaryField(default=bytes)
    digest = models.CharField(max_length=64, blank=True)
    # How far it has come, for whoever watches: questions asked, of how many.
    asked = models.PositiveSmallIntegerField(default=0)
    to_ask = models.PositiveSmallIntegerField(default=0)

    objects = ScanRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("readiness run")
        verbose_name_plural = _("readiness runs")
        ordering = ("-requested_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["domain"], condition=Q(finished_at__isnull=True), name="one_open_run"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="readiness_run_due"),
            models.Index(fields=["domain", "-finished_at"], name="readiness_runs_of"),
            # What is past its time is found by its age, and its evidence only while it has some.
            models.Index(fields=["finished_at", "id"], name="readiness_run_over"),
            models.Index(
                fields=["finished_at", "id"],
                condition=~Q(evidence=b""),
                name="readiness_run_evidence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} · {self.requested_at:%Y-%m-%d %H:%M}"

    def claim(self, now: datetime, until: datetime) -> bool:
        """Take the next stage, or False because another worker has it or none is due."""
        if self.due_at is None or self.due_at > now:
            return False
        mine = ScanRun.objects.filter(pk=self.pk, due_at=self.due_at, stage=self.stage)
        taken = mine.update(due_at=until, attempts=self.attempts + 1)
        self.due_at, self.attempts = until, self.attempts + 1
        return taken == 1


class RuleResult(models.Model):
    """What one rule made of one run. reason, facts: see `accounts.readiness.checks`."""

    run = models.ForeignKey(ScanRun, models.CASCADE, related_name="results")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome)
    reason = models.CharField(max_length=60)
    facts = models.JSONField(default=dict, blank=True)
    # Names of the observations it rests on, for the page and the dispute.
    rests_on = models.JSONField(default=list, blank=True)
    # Puts a live agency at risk at once: an expired certificate, bogus DNSSEC, +all.
    is_grave = models.BooleanField(default=False)
    # Whether it counts as of a rule that must pass; empty: the rule's level says so.
    blocks = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("result of a rule")
        verbose_name_plural = _("results of rules")
        ordering = ("run", "rule__order")
        constraints = [models.UniqueConstraint(fields=["run", "rule"], name="one_result_a_rule")]

    def __str__(self) -> str:
        return f"{self.rule} · {self.outcome}"


class RuleStanding(models.Model):
    """Where a domain stands under one rule now, over all runs.

    last: the newest outcome, unknown too. known, known_at: the newest that tells something, that
    is neither unknown nor not tested, and stands in for these for 7 days. failed_runs: how many
    runs in a row, those that tell nothing not counted, ended in fail; first_failed_at,
    last_failed_at: the first and the newest of these.
    """

    domain = models.ForeignKey(CheckedDomain, models.CASCADE, related_name="standings")
    code = models.CharField(max_length=8)
    run = models.ForeignKey(ScanRun, models.CASCADE, related_name="+")
    last = models.CharField(max_length=16, choices=Outcome)
    last_at = models.DateTimeField()
    known = models.CharField(max_length=16, choices=Outcome, blank=True)
    known_at = models.DateTimeField(null=True)
    # The result that `known` comes from.
    result = models.ForeignKey(RuleResult, models.SET_NULL, null=True, related_name="+")
    failed_runs = models.PositiveIntegerField(default=0)
    first_failed_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("standing under a rule")
        verbose_name_plural = _("standings under rules")
        constraints = [
            models.UniqueConstraint(fields=["domain", "code"], name="one_standing_a_rule")
        ]

    def __str__(self) -> str:
        return f"{self.domain} · {self.code} · {self.last}"


class AvailabilityDay(models.Model):
    """How often a domain's service answered on one day in Thailand (ST-3)."""

    class Service(models.TextChoices):
        SMTP = "smtp", _("Mail")
        HTTPS = "https", _("Web")

    domain = models.ForeignKey(CheckedDomain, models.CASCADE, related_name="availability")
    day = models.DateField()
    service = models.CharField(max_length=8, choices=Service)
    up = models.PositiveIntegerField(default=0)
    down = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("availability of a day")
        verbose_name_plural = _("availability by day")
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "day", "service"], name="one_availability_a_day"
            )
        ]
        indexes = [models.Index(fields=["day", "id"], name="availability_by_day")]

    def __str__(self) -> str:
        return f"{self.domain} · {self.day} · {self.service}"
