"""The cabinet's mandate as rows: who must have an account by when, and what became of it.

A mandate has a base day and rules; a rule makes an obligation for each official it covers.
Nothing here is ever deleted: what no longer applies is void, with an event that says why.
"""

from __future__ import annotations

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency, OrgUnit, in_reader_language
from accounts.models.officials import Assignment, Official


class Mandate(models.Model):
    """A resolution or circular that obliges. base_date: the day that periods count from."""

    class BaseKind(models.TextChoices):
        RESOLUTION = "resolution", _("Day of the cabinet's resolution")
        CIRCULAR = "circular", _("Date of the circular")
        CUSTOM = "custom", _("A day an officer chose")

    title_th = models.CharField(_("Thai title"), max_length=300)
    title_en = models.CharField(_("English title"), max_length=300, blank=True)
    source_letter = models.CharField(_("letter"), max_length=120)
    base_kind = models.CharField(_("counted from"), max_length=12, choices=BaseKind)
    base_date = models.DateField(_("base date"))
    is_in_force = models.BooleanField(_("in force"), default=True)

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")

    def __str__(self) -> str:
        return in_reader_language(self.title_th, self.title_en)


class MandateRule(models.Model):
    """Whom a mandate covers, and how long they have (Civil Code 193/5: calendar months).

    agency_kinds: empty means all. moves_over_holidays: 193/8 applies, a last day that is an
    official holiday moves to the next working day.
    """

    class Covers(models.TextChoices):
        DIRECTORS = "directors", _("Division directors and above")
        EVERYONE = "everyone", _("Every official")

    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="rules")
    name_th = models.CharField(_("Thai name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    covers = models.CharField(_("covers"), max_length=12, choices=Covers)
    agency_kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    months = models.PositiveSmallIntegerField(_("months"))
    moves_over_holidays = models.BooleanField(_("a holiday moves the last day"), default=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("rule of the mandate")
        verbose_name_plural = _("rules of the mandate")
        ordering = ("mandate", "order", "pk")

    def __str__(self) -> str:
        return in_reader_language(self.name_th, self.name_en)


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def open(self) -> Self:
        return self.filter(state__in=(Obligation.State.PENDING, Obligation.State.OVERDUE))

    def counted(self) -> Self:
        """All that a board counts: void ones are history."""
        return self.exclude(state=Obligation.State.VOID)


class Obligation(models.Model):
    """One official's duty under one rule. agency: the official's at present, for the board.

    serves_from: the first day the rule covered the official, as first told; empty: longer than
    anybody knows. began_on: the day the period runs from, never before the mandate's base day.
    evidence: what of `mandate.evidence` is shown and since when, by name, ISO dates.
    is_waiting_gate: the agency is not open yet, so a delay is the agency's, not the person's.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        MET = "met", _("Met in time")
        LATE_MET = "late_met", _("Met late")
        OVERDUE = "overdue", _("Overdue")
        EXEMPT = "exempt", _("Exempt")
        SUSPENDED = "suspended", _("Suspended")
        VOID = "void", _("No longer applies")

    official = models.ForeignKey(Official, models.CASCADE, related_name="obligations")
    rule = models.ForeignKey(MandateRule, models.PROTECT, related_name="obligations")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="obligations")
    unit = models.ForeignKey(OrgUnit, models.SET_NULL, null=True, blank=True, related_name="+")
    assignment = models.ForeignKey(
        Assignment, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    serves_from = models.DateField(null=True, blank=True)
    began_on = models.DateField()
    due_on = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    evidence = models.JSONField(default=dict, blank=True)
    met_on = models.DateField(_("met on"), null=True, blank=True)
    is_waiting_gate = models.BooleanField(_("waits for its agency"), default=False)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        constraints = [
            models.UniqueConstraint(
                fields=["official", "rule"],
                condition=~Q(state="void"),
                name="one_obligation_in_force_of_a_rule",
            ),
        ]
        indexes = [
            models.Index(fields=["rule", "agency", "state"], name="obligation_board"),
            models.Index(fields=["due_on", "id"], name="obligation_due"),
        ]

    def __str__(self) -> str:
        return f"{self.official} · {self.rule}"


class ObligationEvent(models.Model):
    """A change of a due date or a state, with its cause; append-only."""

    obligation = models.ForeignKey(Obligation, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    cause = models.CharField(max_length=40)
    words = models.CharField(max_length=300, blank=True)
    due_before = models.DateField(null=True)
    due_after = models.DateField(null=True)
    state_before = models.CharField(max_length=12, blank=True)
    state_after = models.CharField(max_length=12)
    by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("obligation", "at", "pk")

    def __str__(self) -> str:
        return str(self.pk)


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    def in_force(self, day: date) -> Self:
        """Those that release on a day; the same question as `Exemption.is_in_force`."""
        agreed = self.filter(approved_at__isnull=False, withdrawn_at__isnull=True)
        return agreed.filter(starts_on__lte=day, expires_on__gte=day)


class Exemption(models.Model):
    """A dated release from a rule, for one official or one unit, by letter and two officers."""

    class Reason(models.TextChoices):
        LEAVE = "leave", _("On long leave")
        POSTED_ABROAD = "abroad", _("Posted without a network")
        OWN_SYSTEM = "own_system", _("Uses another system of the state")
        SECURITY = "security", _("Reasons of security")
        OTHER = "other", _("Other, as the letter says")

    rule = models.ForeignKey(MandateRule, models.PROTECT, related_name="exemptions")
    official = models.ForeignKey(
        Official, models.CASCADE, null=True, blank=True, related_name="exemptions"
    )
    unit = models.ForeignKey(
        OrgUnit, models.CASCADE, null=True, blank=True, related_name="exemptions"
    )
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    letter_no = models.CharField(_("letter number"), max_length=120)
    starts_on = models.DateField(_("from"))
    expires_on = models.DateField(_("until"), help_text=_("At most 180 days."))
    asked_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        indexes = [models.Index(fields=["-expires_on", "-id"], name="exemption_list")]
        constraints = [
            models.CheckConstraint(
                condition=Q(official__isnull=False) ^ Q(unit__isnull=False),
                name="exemption_of_a_person_or_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="exemption_by_two_officers",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("starts_on")), name="exemption_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.letter_no

    def is_in_force(self, day: date) -> bool:
        """Tell whether it releases on a day; both ends count."""
        is_approved = self.approved_at is not None and self.withdrawn_at is None
        return is_approved and self.starts_on <= day <= self.expires_on


class Attestation(models.Model):
    """A unit head's word that no free-mail address is used for official data (clause 1.1).

    unit empty: for the whole agency. It says nothing about private mail, and nothing scans that.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="attestations")
    unit = models.ForeignKey(
        OrgUnit, models.CASCADE, null=True, blank=True, related_name="attestations"
    )
    by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    letter_no = models.CharField(_("letter number"), max_length=120, blank=True)
    attested_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("attestation")
        verbose_name_plural = _("attestations")

    def __str__(self) -> str:
        return str(self.unit or self.agency)


class Snapshot(models.Model):
    """How a rule stood in one agency at the end of one day; kept for ever.

    eligible is the sum of all the others: every official the rule covers is in exactly one.
    Who is suspended from service owes nothing for now and is among the exempt.
    """

    day = models.DateField()
    rule = models.ForeignKey(MandateRule, models.PROTECT, related_name="snapshots")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="snapshots")
    eligible = models.PositiveIntegerField()
    met = models.PositiveIntegerField()
    late_met = models.PositiveIntegerField()
    late_person = models.PositiveIntegerField()
    late_agency = models.PositiveIntegerField()
    waiting_gate = models.PositiveIntegerField()
    exempt = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("count of a day")
        verbose_name_plural = _("counts of the days")
        constraints = [
            models.UniqueConstraint(fields=["day", "rule", "agency"], name="one_snapshot_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} · {self.agency_id}"


class OfficialHoliday(models.Model):
    """An officer's word on one day, above what the holidays package says.

    The cabinet adds days late, and moves some; is_holiday False takes a day out.
    """

    day = models.DateField(_("day"), unique=True)
    name_th = models.CharField(_("Thai name"), max_length=200)
    is_holiday = models.BooleanField(_("is a holiday"), default=True)

    class Meta:
        verbose_name = _("official holiday")
        verbose_name_plural = _("official holidays")
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name_th}"


class Reminder(models.Model):
    """A reminder that was given: once for each obligation, step and reader."""

    obligation = models.ForeignKey(Obligation, models.CASCADE, related_name="reminders")
    step = models.CharField(max_length=8)  # "60", "30", "14", "3" days before, or "overdue"
    to = models.ForeignKey(Account, models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["obligation", "step", "to"], name="reminded_once")
        ]

    def __str__(self) -> str:
        return f"{self.step} · {self.to_id}"
