"""What the mail of a domain needs: its DKIM keys, and where mail for nobody goes."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailbox.models.mailboxes import Mailbox


class MailDomain(models.Model):
    """The mail side of an agency's domain (`accounts.AgencyDomain`).

    catch_all: takes what comes for addresses nobody has; without it they are refused.
    """

    domain = models.OneToOneField(
        "accounts.AgencyDomain",
        models.CASCADE,
        primary_key=True,
        related_name="mail",
        verbose_name=_("domain"),
    )
    catch_all = models.ForeignKey(
        Mailbox,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mailbox for unknown addresses"),
    )

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")

    def __str__(self) -> str:
        return str(self.domain)


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    def signing(self, domain: str) -> Self:
        """The keys that sign what leaves from a domain: at most one of each algorithm."""
        return self.filter(domain__domain=domain.lower(), state=SigningKey.State.ACTIVE)


class SigningKey(models.Model):
    """A DKIM key of a domain (RFC 6376; Ed25519: RFC 8463).

    sealed_key: the private half (PKCS 8, DER), sealed to the relay key, bound to this id.
    public_key: base64 as it stands behind p= in DNS. A new key signs nothing until its
    record was seen in DNS; a retiring one signs nothing more, but its record must stay
    until `retires_at`, so that letters under way can still be verified.
    """

    class Algorithm(models.TextChoices):
        RSA = "rsa-sha256", _("RSA, 2048 bits")
        ED25519 = "ed25519-sha256", _("Ed25519")

    class State(models.TextChoices):
        NEW = "new", _("Waits for its record in DNS")
        ACTIVE = "active", _("Signs")
        RETIRING = "retiring", _("Signs no more; its record must stay")
        RETIRED = "retired", _("Over; its record may go")

    class Seen(models.TextChoices):
        """What the last look into DNS found."""

        NOT_YET = "", _("Not looked for yet")
        GOOD = "good", _("The record is there and right")
        MISSING = "missing", _("There is no record")
        DIFFERENT = "different", _("The record holds another key")
        AWAY = "away", _("DNS did not answer")

    domain = models.ForeignKey(
        "accounts.AgencyDomain",
        models.CASCADE,
        related_name="signing_keys",
        verbose_name=_("domain"),
    )
    selector = models.CharField(_("selector"), max_length=63)
    algorithm = models.CharField(_("algorithm"), max_length=16, choices=Algorithm)
    public_key = models.TextField(_("public key"))
    sealed_key = models.BinaryField(editable=False)
    relay_key_id = models.CharField(max_length=32, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    created_at = models.DateTimeField(_("created"))
    active_from = models.DateTimeField(_("signs since"), null=True)
    retires_at = models.DateTimeField(_("its record may go"), null=True)
    seen = models.CharField(_("in DNS"), max_length=10, choices=Seen, blank=True, default="")
    seen_at = models.DateTimeField(_("looked up"), null=True)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("DKIM key")
        verbose_name_plural = _("DKIM keys")
        ordering = ("domain", "-created_at")
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="one_key_a_selector"),
            models.UniqueConstraint(
                fields=["domain", "algorithm"],
                condition=models.Q(state="active"),
                name="one_active_key_an_algorithm",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record_name(self) -> str:
        return str(self)

    def may_go(self, now: datetime) -> bool:
        return self.state == self.State.RETIRING and (
            self.retires_at is None or self.retires_at <= now
        )
