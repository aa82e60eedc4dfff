"""Whose mailbox others may use, in which manner and until when; and where mail goes on to.

A mailbox is within reach of its own account, of whoever holds the position it belongs to,
and of delegates, each for as long as their dates say. What is over does not exist (P6):
every question of the tables below is asked of today in Thailand, both ends counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Assignment
from mailbox.ids import new_id

if TYPE_CHECKING:
    from accounts.models import Account
    from mailbox.models.mailboxes import Mailbox

Kind = Assignment.Kind
# Holders who speak for the position; whoever is seconded to it helps and signs beside it.
SPEAKING = (Kind.SUBSTANTIVE, Kind.ACTING, Kind.ADDITIONAL)


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def in_force(self, day: date) -> Self:
        """Those that give access on a day; both ends count."""
        open_end = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
        return self.filter(open_end, ended_at__isnull=True, valid_from__lte=day)

    def standing(self, day: date) -> Self:
        """Those in force or still to begin."""
        open_end = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
        return self.filter(open_end, ended_at__isnull=True)


class Delegation(models.Model):
    """An account may use another's mailbox: read always, the rest as said.

    may_send_as: letters say they are from the mailbox, and nothing else; on behalf: they
    name the delegate too (Sender, RFC 5322 3.6.2). A delegation is ended, never deleted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(
        "mailbox.Mailbox",
        models.CASCADE,
        related_name="delegations",
        verbose_name=_("mailbox"),
    )
    account = models.ForeignKey(
        "accounts.Account",
        models.CASCADE,
        related_name="delegations",
        verbose_name=_("delegate"),
    )
    may_write = models.BooleanField(_("may sort and write drafts"), default=False)
    may_send_as = models.BooleanField(_("may send as the mailbox"), default=False)
    may_send_on_behalf = models.BooleanField(_("may send on its behalf"), default=False)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    reason = models.CharField(_("reason or order number"), max_length=300, blank=True)
    granted_by = models.ForeignKey(
        "accounts.Account",
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("granted by"),
    )
    granted_at = models.DateTimeField(_("granted"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        "accounts.Account", models.SET_NULL, null=True, related_name="+", verbose_name=_("ended by")
    )

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ("mailbox", "valid_from", "id")
        indexes = [
            models.Index(
                fields=["account", "mailbox"],
                condition=Q(ended_at__isnull=True),
                name="delegation_in_force",
            )
        ]
        constraints = [
            # Sending means writing first.
            models.CheckConstraint(
                condition=Q(may_write=True) | Q(may_send_as=False, may_send_on_behalf=False),
                name="who_sends_may_write",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.mailbox}"


class OfficeReader(models.Model):
    """Somebody who is known to use an office's mailbox: whoever used it before was told of them.

    It gives no access; it says of whom nobody need be told again (`people.newcomers`).
    """

    mailbox = models.ForeignKey(
        "mailbox.Mailbox", models.CASCADE, related_name="+", verbose_name=_("mailbox")
    )
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+")
    known_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "account"], name="known_once_at_an_office")
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.mailbox}"


class ForwardingQuerySet(models.QuerySet["Forwarding"]):
    def under_way(self, now: datetime) -> Self:
        return self.filter(until__gt=now)


class Forwarding(models.Model):
    """Mail to the address somebody had goes to their new mailbox too, until an aware moment.

    Only ever inside government: the target is an account of the portal. The letter stays in
    the old mailbox, which is the old agency's.
    """

    mailbox = models.OneToOneField(
        "mailbox.Mailbox", models.CASCADE, related_name="forwarding", verbose_name=_("mailbox")
    )
    target = models.ForeignKey(
        "accounts.Account", models.CASCADE, related_name="+", verbose_name=_("new account")
    )
    starts_at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))

    objects = ForwardingQuerySet.as_manager()

    class Meta:
        verbose_name = _("forwarding")
        verbose_name_plural = _("forwardings")

    def __str__(self) -> str:
        return f"{self.mailbox} → {self.target}"


@dataclass(frozen=True)
class Rights:
    """What somebody may do in a mailbox today. is_own: it is their own."""

    may_read: bool = False
    may_write: bool = False
    may_send_as: bool = False
    may_send_on_behalf: bool = False
    is_own: bool = False

    @property
    def may_send(self) -> bool:
        return self.may_send_as or self.may_send_on_behalf


OWN = Rights(True, True, True, False, is_own=True)


def rights_in(mailbox: Mailbox, account: Account, *, on: date | None = None) -> Rights:
    """What an account may do in a mailbox on a day (today); the most of all it was given.

    No query for its own; one or two for any other.
    """
    if not mailbox.is_open:
        return Rights()
    if mailbox.account_id == account.pk:
        return OWN
    day = on or timezone.localdate()
    kinds = set()
    if mailbox.account_id is not None and account.official_id is not None:
        held = Assignment.objects.on(day).filter(
            official=account.official_id, position__account=mailbox.account_id
        )
        kinds = set(held.values_list("kind", flat=True))
    if kinds.intersection(SPEAKING):
        return Rights(True, True, True, True)
    granted = list(Delegation.objects.in_force(day).filter(mailbox=mailbox, account=account))
    return Rights(
        may_read=bool(kinds or granted),
        may_write=bool(kinds) or any(one.may_write for one in granted),
        may_send_as=any(one.may_send_as for one in granted),
        may_send_on_behalf=bool(kinds) or any(one.may_send_on_behalf for one in granted),
    )


def may_write(mailbox: Mailbox, account: Account) -> bool:
    """Whether an account may change what lies in a mailbox, today."""
    return rights_in(mailbox, account).may_write
