"""The domains that an agency answers for at the readiness gate, and the proof that it does."""

from __future__ import annotations

import secrets
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency
from accounts.naming import zone_file


def new_challenge() -> str:
    """A token nobody can guess: 160 bits, in letters a DNS page takes."""
    return secrets.token_hex(20)


class CheckedDomainQuerySet(models.QuerySet["CheckedDomain"]):
    def kept(self) -> Self:
        """Those that still count; what was taken off the list stays for the record."""
        return self.filter(removed_at__isnull=True)


class CheckedDomain(models.Model):
    """A domain under test (cabinet letter, clause 2.2).

    name: A-labels (RFC 5890), lower case, no dot at its end. role: what it is for; a parked one
    has neither mail nor web and must say so (TR-9). challenge: stands in a TXT record at
    `_govmail-challenge.<name>` and shows that the agency controls its DNS (TR-5); verified_at:
    when it was last seen there. hosts: the web servers besides the domain itself, such as "www".
    logins: where its officials sign in to mail today, as "imap.agency.go.th:143" or
    "https://webmail.agency.go.th/" (SE-10). selectors: of DKIM (TR-4).
    """

    class Role(models.TextChoices):
        MAIL = "mail", _("Mail and web")
        WEB = "web", _("Web site only")
        PARKED = "parked", _("Not in use")

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="checked_domains")
    name = models.CharField(_("domain"), max_length=253)
    role = models.CharField(_("used for"), max_length=8, choices=Role, default=Role.MAIL)
    challenge = models.CharField(max_length=64, default=new_challenge, editable=False)
    verified_at = models.DateTimeField(_("control shown"), null=True)
    hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    logins = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    selectors = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    # A domain outside go.th and mi.th needs a letter that allows it (TR-5).
    exception_letter = models.CharField(_("letter of the exception"), max_length=120, blank=True)
    # What stands in place of a security.txt: where incidents are reported, published (TR-7).
    incident_contact = models.CharField(_("published contact"), max_length=300, blank=True)
    # An officer's word that no mailbox forwards outside by itself (TR-8).
    no_forwarding_at = models.DateTimeField(null=True)
    no_forwarding_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    added_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    # When its next run of the day is due; empty: none is planned.
    next_run_at = models.DateTimeField(null=True)
    # When it is asked next whether its servers answer at all (ST-3).
    next_probe_at = models.DateTimeField(null=True)

    objects = CheckedDomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain under test")
        verbose_name_plural = _("domains under test")
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "name"],
                condition=Q(removed_at__isnull=True),
                name="one_checked_domain_of_a_name",
            )
        ]
        indexes = [
            models.Index(fields=["next_run_at"], name="checked_domain_due"),
            models.Index(fields=["next_probe_at"], name="checked_domain_probe"),
            models.Index(fields=["name", "id"], name="checked_domain_list"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_mail(self) -> bool:
        return self.role == self.Role.MAIL

    @property
    def has_web(self) -> bool:
        return self.role != self.Role.PARKED

    @property
    def challenge_name(self) -> str:
        """Where the challenge stands in DNS."""
        return f"_govmail-challenge.{self.name}"

    @property
    def challenge_record(self) -> str:
        """What its TXT record says."""
        return f"govmail-challenge={self.challenge}"

    @property
    def challenge_line(self) -> str:
        """Both as a line of a zone file."""
        return zone_file.line_of("TXT", self.challenge_name, self.challenge_record)
