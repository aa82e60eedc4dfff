"""What the gate sends, receives and publishes: test letters, notices, tokens, days for ever."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency
from accounts.models.readiness.domains import CheckedDomain, new_challenge


class TestLetter(models.Model):
    """A letter by which mail itself is tested.

    signed (TR-4): the agency writes from the domain to our address with this token; answered_at:
    it arrived, facts: what its DKIM signatures were worth. saraban (TR-6): we write to the
    domain's saraban mailbox, from the address with this token; sent_at: its server took it,
    answered_at: the answer came back. answer_by: the end of the next working day.
    """

    __test__ = False  # pytest takes the name for a class of tests

    class Kind(models.TextChoices):
        SIGNED = "signed", _("Signed test letter")
        SARABAN = "saraban", _("Round trip of the saraban mailbox")

    domain = models.ForeignKey(CheckedDomain, models.CASCADE, related_name="test_letters")
    kind = models.CharField(max_length=8, choices=Kind)
    token = models.CharField(max_length=64, unique=True, default=new_challenge)
    asked_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    # Over: answered, or its time is up.
    closed_at = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("test letter")
        verbose_name_plural = _("test letters")
        ordering = ("-made_at",)
        indexes = [
            models.Index(fields=["due_at"], name="test_letter_due"),
            models.Index(fields=["domain", "kind", "-made_at"], name="test_letters_of"),
        ]

    def __str__(self) -> str:
        return f"{self.domain} · {self.kind}"


class ReadinessNotice(models.Model):
    """That the officers of an agency were told of a change, once. key: what it was about."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="readiness_notices")
    key = models.CharField(max_length=120)
    sent_at = models.DateTimeField()
    readers = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("notice about readiness")
        verbose_name_plural = _("notices about readiness")
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.agency} · {self.key}"


class ReadinessToken(models.Model):
    """A key to an agency's results for its own monitoring; digest: SHA-256 of the key."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="readiness_tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))
    used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        verbose_name = _("readiness token")
        verbose_name_plural = _("readiness tokens")
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"{self.agency} · {self.name}"


class ReadinessDay(models.Model):
    """How an agency stood at the end of a day in Thailand; kept for ever.

    stable, secure, trustworthy: scores 0 to 100, for ordering and trend only; empty: not known.
    dmarc: the rung its mail domains have all reached (see `accounts.readiness.ladder`).
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="readiness_days")
    day = models.DateField()
    state = models.CharField(max_length=24, choices=Agency.State)
    stable = models.PositiveSmallIntegerField(null=True)
    secure = models.PositiveSmallIntegerField(null=True)
    trustworthy = models.PositiveSmallIntegerField(null=True)
    blocking = models.PositiveSmallIntegerField(default=0)
    dmarc = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name = _("day of readiness")
        verbose_name_plural = _("days of readiness")
        constraints = [
            models.UniqueConstraint(fields=["agency", "day"], name="one_readiness_a_day"),
            models.CheckConstraint(
                condition=Q(stable__lte=100, secure__lte=100, trustworthy__lte=100),
                name="scores_of_a_hundred",
            ),
        ]
        indexes = [models.Index(fields=["day"], name="readiness_of_a_day")]

    def __str__(self) -> str:
        return f"{self.agency} · {self.day}"
