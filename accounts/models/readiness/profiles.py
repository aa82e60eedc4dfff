"""The rules of the gate as versioned data: a decision cites the version it was taken under."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleProfile(models.Model):
    """A version of the rules. The one in force is the newest whose day has come."""

    version = models.PositiveIntegerField(primary_key=True)
    valid_from = models.DateField(_("valid from"))
    title = models.CharField(_("title"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("rule profile")
        verbose_name_plural = _("rule profiles")
        ordering = ("-version",)

    def __str__(self) -> str:
        return str(self.version)


class Rule(models.Model):
    """One rule of a profile: "TR-2v1" is code TR-2 of revision 1.

    params: the numbers of its pass line, by the names its check reads. source: the text it
    follows (RFC, regulation, standard).
    """

    class Pillar(models.TextChoices):
        """The three words of the cabinet letter's clause 2.2."""

        STABLE = "stable", _("Stable")
        SECURE = "secure", _("Secure")
        TRUSTWORTHY = "trustworthy", _("Trustworthy")

    class Level(models.TextChoices):
        MUST = "B", _("Must pass")
        PLAN = "S", _("Needs a plan")
        SHOWN = "A", _("Shown only")

    profile = models.ForeignKey(RuleProfile, models.CASCADE, related_name="rules")
    code = models.CharField(_("code"), max_length=8)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    order = models.PositiveSmallIntegerField()
    pillar = models.CharField(_("pillar"), max_length=12, choices=Pillar)
    level = models.CharField(_("level"), max_length=1, choices=Level)
    params = models.JSONField(default=dict, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ("profile", "order")
        constraints = [
            models.UniqueConstraint(fields=["profile", "code"], name="one_rule_of_a_code")
        ]

    def __str__(self) -> str:
        return f"{self.code}v{self.revision}"
