"""Addresses of groups, leave to forward outside, and how much may be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.agencies import in_reader_language
from mailbox.models.mailboxes import Mailbox


class DistributionList(models.Model):
    """An agency's list: mail to its address is filed for every member (`members`, `whole_agency`).

    The address is no mailbox and is never reused; it leads nowhere once it is closed.
    """

    class Senders(models.TextChoices):
        MEMBERS = "members", _("Its members")
        AGENCY = "agency", _("Officials of the agency and of those below")
        INSIDE = "inside", _("Everybody inside government")
        ANYBODY = "anybody", _("Anybody, outside too")

    agency = models.ForeignKey(
        "accounts.Agency", models.PROTECT, related_name="lists", verbose_name=_("agency")
    )
    address = models.EmailField(_("address"), max_length=254, unique=True)
    name_th = models.CharField(_("Thai name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    members = models.ManyToManyField(
        Mailbox, blank=True, related_name="lists", verbose_name=_("members")
    )
    whole_agency = models.BooleanField(
        _("all officials of the agency"),
        default=False,
        help_text=_("Whoever holds a post there on the day, besides the members named."),
    )
    senders = models.CharField(
        _("who may write to it"), max_length=8, choices=Senders, default=Senders.INSIDE
    )
    is_open = models.BooleanField(_("open"), default=True)

    class Meta:
        verbose_name = _("list of recipients")
        verbose_name_plural = _("lists of recipients")
        ordering = ("address",)

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        return in_reader_language(self.name_th, self.name_en)


class ForwardPermissionQuerySet(models.QuerySet["ForwardPermission"]):
    def in_force(self, now: datetime) -> Self:
        return self.filter(starts_at__lte=now, until__gt=now, ended_at__isnull=True)


class ForwardPermission(models.Model):
    """An officer's leave to pass a mailbox's mail on to an address outside, until a moment.

    Without one nothing is ever forwarded outside by itself. sealed_address: JSON under the
    ingest key, so that a worker that files can read it; sealed_for_owner: the same for the
    mailbox's own key.
    """

    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="forward_permissions", verbose_name=_("mailbox")
    )
    ingest_key_id = models.CharField(max_length=32, editable=False)
    sealed_address = models.BinaryField(editable=False)
    sealed_for_owner = models.BinaryField(editable=False)
    reason = models.CharField(_("reason"), max_length=300)
    granted_by = models.ForeignKey(
        "accounts.Account", models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    starts_at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ForwardPermissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave to forward outside")
        verbose_name_plural = _("leaves to forward outside")

    def __str__(self) -> str:
        return f"{self.mailbox} – {self.until:%Y-%m-%d}"


class SendingAllowanceQuerySet(models.QuerySet["SendingAllowance"]):
    def in_force(self, now: datetime) -> Self:
        return self.filter(until__gt=now, ended_at__isnull=True)


class SendingAllowance(models.Model):
    """More recipients than a role may have, for one account, until a moment."""

    account = models.ForeignKey(
        "accounts.Account",
        models.CASCADE,
        related_name="sending_allowances",
        verbose_name=_("account"),
    )
    recipients_a_message = models.PositiveIntegerField(_("recipients a message"))
    recipients_a_day = models.PositiveIntegerField(_("recipients a day"))
    reason = models.CharField(_("reason"), max_length=300)
    granted_by = models.ForeignKey(
        "accounts.Account", models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = SendingAllowanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("sending allowance")
        verbose_name_plural = _("sending allowances")

    def __str__(self) -> str:
        return f"{self.account} – {self.until:%Y-%m-%d}"


class SentOnDay(models.Model):
    """How many recipients somebody has written to on one day in Thailand."""

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+")
    day = models.DateField()
    recipients = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}: {self.recipients}"
