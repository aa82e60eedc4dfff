"""The chain of administrative acts: each event's hash covers the one before (promise P11)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency


class AuditEvent(models.Model):
    """One act of an officer or of the portal itself; append-only.

    number: 1, 2, 3 … without a gap. digest: HMAC-SHA-256 over the previous digest and this
    event's facts (`accounts.audit.chain`). actor_name: the address; empty, the portal itself.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    # Without a constraint: an event is never changed, not even when an account or agency goes.
    actor = models.ForeignKey(
        Account, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    actor_name = models.CharField(max_length=254, blank=True)
    act = models.CharField(max_length=60)
    kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=300, blank=True)
    agency = models.ForeignKey(
        Agency, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    details = models.JSONField(default=dict, blank=True)
    digest = models.BinaryField()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("-number",)
        indexes = [
            models.Index(fields=["agency", "-number"], name="audit_of_an_agency"),
            models.Index(fields=["kind", "object_id"], name="audit_of_an_object"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.act}"


class SecondOpinion(models.Model):
    """A deed that takes two officers: asked by one, agreed to or refused by another.

    deed: a name of `accounts.people.two_officers`, such as "reset_second_factor".
    """

    deed = models.CharField(_("deed"), max_length=40)
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="second_opinions", verbose_name=_("account")
    )
    reason = models.CharField(_("reason"), max_length=300)
    details = models.JSONField(default=dict, blank=True)
    asked_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    is_agreed = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("deed for two officers")
        verbose_name_plural = _("deeds for two officers")
        ordering = ("-asked_at",)
        indexes = [models.Index(fields=["-asked_at", "-id"], name="opinion_list")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_by__isnull=True)
                | models.Q(is_agreed=False)
                | ~models.Q(answered_by=models.F("asked_by")),
                name="agreed_by_another_officer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.deed} · {self.account}"
