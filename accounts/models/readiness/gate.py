"""The gate of an agency: its standing, plans, waivers, decisions, and the history of all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency
from accounts.models.officials import Official
from accounts.models.readiness.domains import CheckedDomain
from accounts.models.readiness.profiles import RuleProfile


class AgencyReadiness(models.Model):
    """What the gate knows of an agency besides `Agency.state`, which it alone changes.

    grace_until: a live agency that has failed is at risk until then, and is suspended after.
    grace_left: what was left of it when the agency came back; the next time is no longer, unless
    it has stayed live for as long as a whole grace.
    blocking: codes of rules that keep it closed, or put it at risk, as last reckoned.
    """

    agency = models.OneToOneField(
        Agency, models.CASCADE, primary_key=True, related_name="readiness"
    )
    since = models.DateTimeField()
    profile = models.ForeignKey(RuleProfile, models.PROTECT, null=True, related_name="+")
    blocking = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    unknown = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    grace_until = models.DateTimeField(null=True)
    grace_left = models.DurationField(null=True)
    reckoned_at = models.DateTimeField(null=True)
    # The public page of the agency, and what it says there itself; plain text.
    is_public = models.BooleanField(_("has a public statement"), default=False)
    statement_th = models.TextField(_("statement in Thai"), max_length=2_000, blank=True)
    statement_en = models.TextField(_("statement in English"), max_length=2_000, blank=True)

    class Meta:
        verbose_name = _("readiness of an agency")
        verbose_name_plural = _("readiness of agencies")
        permissions = [
            ("manage_readiness", _("Can bring an agency through the readiness gate")),
            ("decide_readiness", _("Can decide at the readiness gate")),
        ]

    def __str__(self) -> str:
        return str(self.agency)


class PlanOfAction(models.Model):
    """The day on which an agency promises to pass a rule, for one of its domains."""

    domain = models.ForeignKey(CheckedDomain, models.CASCADE, related_name="plans")
    code = models.CharField(_("rule"), max_length=8)
    promised_on = models.DateField(_("promised for"))
    owner = models.CharField(_("who sees to it"), max_length=120)
    note = models.CharField(_("note"), max_length=300, blank=True)
    set_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    # When the rule passed, or another plan took its place.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("plan of action")
        verbose_name_plural = _("plans of action")
        ordering = ("promised_on",)
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "code"], condition=Q(closed_at__isnull=True), name="one_open_plan"
            )
        ]
        indexes = [
            models.Index(
                fields=["promised_on"], condition=Q(closed_at__isnull=True), name="plan_overdue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.domain} · {self.code} · {self.promised_on}"


class WaiverQuerySet(models.QuerySet["Waiver"]):
    def in_force(self, day: date) -> Self:
        return self.filter(
            approved_at__isnull=False,
            seconded_at__isnull=False,
            ended_at__isnull=True,
            expires_on__gte=day,
        )

    def waiting(self) -> Self:
        return self.filter(seconded_at__isnull=True, ended_at__isnull=True)


class Waiver(models.Model):
    """Leave to fail one rule for a time, asked by letter, given by two evaluators.

    expires_on: the last day it holds. ended_at: refused, withdrawn or taken back.
    """

    domain = models.ForeignKey(CheckedDomain, models.CASCADE, related_name="waivers")
    code = models.CharField(_("rule"), max_length=8)
    reason = models.CharField(_("reason"), max_length=500)
    letter_no = models.CharField(_("letter number"), max_length=120)
    expires_on = models.DateField(_("expires"))
    asked_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    seconded_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    seconded_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        ordering = ("-asked_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "code"],
                condition=Q(ended_at__isnull=True),
                name="one_waiver_of_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=F("approved_by")),
                name="waiver_seconded_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} · {self.code} · {self.letter_no}"


class GateDecisionQuerySet(models.QuerySet["GateDecision"]):
    def waiting(self) -> Self:
        return self.filter(seconded_at__isnull=True, ended_at__isnull=True)


class GateDecision(models.Model):
    """What two evaluators decided about an agency, on cited evidence; the first proposes.

    evidence_hash: SHA-256 over the digests of the cited runs, in the order of their ids. A
    decision whose evidence is no longer the newest when the second person comes lapses.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("May open")
        OPEN_WITH_WAIVERS = "open_with_waivers", _("May open with waivers")
        SEND_BACK = "send_back", _("Sent back")
        REINSTATE = "reinstate", _("Reopened after suspension")
        SUSPEND = "suspend", _("Suspended")

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="gate_decisions")
    kind = models.CharField(_("decision"), max_length=20, choices=Kind)
    reason = models.CharField(_("reason"), max_length=1_000)
    profile = models.ForeignKey(RuleProfile, models.PROTECT, related_name="+")
    runs = models.JSONField(default=list)
    waivers = models.JSONField(default=list, blank=True)
    evidence_hash = models.CharField(max_length=64)
    decided_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    seconded_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    seconded_at = models.DateTimeField(null=True)
    # Refused by the second person, taken back by the first, or overtaken by new evidence.
    ended_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    objects = GateDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("gate decision")
        verbose_name_plural = _("gate decisions")
        ordering = ("-decided_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["agency"],
                condition=Q(seconded_at__isnull=True, ended_at__isnull=True),
                name="one_decision_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=F("decided_by")),
                name="decision_seconded_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} · {self.kind}"


class GateEvent(models.Model):
    """A change of an agency's state at the gate; never changed. The audit's chain covers it."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="gate_events")
    at = models.DateTimeField()
    before = models.CharField(max_length=24, choices=Agency.State)
    after = models.CharField(max_length=24, choices=Agency.State)
    # A word of `accounts.readiness.gate`, and what goes with it.
    cause = models.CharField(max_length=40)
    facts = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    decision = models.ForeignKey(GateDecision, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("event at the gate")
        verbose_name_plural = _("events at the gate")
        ordering = ("-at", "-id")
        indexes = [models.Index(fields=["agency", "-at"], name="gate_events_of")]

    def __str__(self) -> str:
        return f"{self.agency} · {self.before} → {self.after}"


class CentralGrantQuerySet(models.QuerySet["CentralGrant"]):
    def in_force(self, now: datetime) -> Self:
        return self.filter(seconded_at__isnull=False, ended_at__isnull=True, until__gt=now)

    def waiting(self) -> Self:
        return self.filter(seconded_at__isnull=True, ended_at__isnull=True)


class CentralGrant(models.Model):
    """Leave for one official of an agency that is not ready to be given a central account.

    The letter's clause 1.1: "their own or the state's system". until: aware; the account is
    looked at again then.
    """

    official = models.ForeignKey(Official, models.CASCADE, related_name="central_grants")
    letter_no = models.CharField(_("letter number"), max_length=120)
    reason = models.CharField(_("reason"), max_length=500)
    until = models.DateTimeField(_("until"))
    decided_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    seconded_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    seconded_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    objects = CentralGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("central account")
        verbose_name_plural = _("central accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["official"], condition=Q(ended_at__isnull=True), name="one_central_grant"
            ),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=F("decided_by")),
                name="central_grant_seconded_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.official} · {self.letter_no}"
