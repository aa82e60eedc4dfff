"""Mailboxes, the addresses that lead to them, and the folders inside.

A mailbox has a key pair. Whoever holds the public half can put mail in; only
the web tier, with the storage key, can open the private half and read.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Assignment
from mailbox.ids import new_id
from mailbox.models.delegations import Delegation
from mailbox.models.statements import ANY_DAY, ANY_ID, ANY_OTHER_UUID, Gathered

if TYPE_CHECKING:
    from accounts.models import Account


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def readable_by(self, account: Account) -> Self:
        """Mailboxes whose mail this account may read."""
        return self.filter(pk__in=reached(account))

    def writable_by(self, account: Account) -> Self:
        """Mailboxes this account may change things in, and write from."""
        return self.filter(pk__in=reached(account, writes=True))

    def own_first(self, account: Account) -> Self:
        """The account's own before those of positions and of others, by address."""
        is_own = models.Case(models.When(account=account, then=0), default=1)
        return self.order_by(is_own, "account__address", "pk")

    def spare(self) -> Self:
        """Those a keyholder has made ahead, for workers to give out (ADR 0012)."""
        return self.filter(is_spare=True)

    def of_address(self, address: str) -> Mailbox | None:
        """The open mailbox that an envelope address leads to, if there is one."""
        return self.filter(addresses__address=address.lower(), is_open=True).first()


class Mailbox(models.Model):
    """A place where mail is kept, sealed.

    public_key: the raw HPKE public key (ML-KEM-768 + X25519), in clear.
    sealed_private_key: the private half, wrapped under storage key `storage_key_id`.
    sealed_previous_key: while its pair is being changed, the private half before, likewise.
    used_bytes counts each message's size once per mailbox, whatever is shared.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.OneToOneField(
        "accounts.Account", models.PROTECT, null=True, blank=True, related_name="mailbox"
    )
    public_key = models.BinaryField()
    sealed_private_key = models.BinaryField()
    storage_key_id = models.CharField(max_length=32, db_index=True)
    sealed_previous_key = models.BinaryField(null=True, editable=False)
    quota_bytes = models.BigIntegerField(_("quota"), default=10 * 1024**3)
    used_bytes = models.BigIntegerField(_("used"), default=0)
    is_open = models.BooleanField(_("open"), default=True)
    # Made ahead, key pair, folders and all; closed and nobody's until a worker gives it out.
    is_spare = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        indexes = [
            models.Index(fields=["id"], condition=models.Q(is_spare=True), name="mailbox_spare")
        ]

    def __str__(self) -> str:
        return str(self.account or self.pk)

    @property
    def is_of_office(self) -> bool:
        """Whether it belongs to a position and outlives whoever holds that."""
        return self.account is not None and self.account.position_id is not None

    @property
    def is_full(self) -> bool:
        return self.used_bytes >= self.quota_bytes


def reached(account: Account, *, writes: bool = False, on: date | None = None) -> RawSQL:
    """The open mailboxes within an account's reach on a day (today); for `column__in`.

    Its own, those of positions it holds, those it is a delegate of; writes: to change things
    too. A union, so that each part is found by its own index, whoever asks.
    """
    statement = within_reach(writes=writes, has_official=account.official_id is not None)
    return statement.having(whoever_is(account, on=on))


def whoever_is(account: Account, *, on: date | None = None) -> dict[Any, Any]:
    """What to put into `within_reach` for an account on a day (today)."""
    day = on or timezone.localdate()
    return {ANY_ID: account.pk, ANY_OTHER_UUID: account.official_id, ANY_DAY: day}


@cache
def within_reach(*, writes: bool, has_official: bool) -> Gathered:
    """The statement of `reached`, for anybody."""
    granted = Delegation.objects.in_force(ANY_DAY).filter(account=ANY_ID, mailbox__is_open=True)
    if writes:
        granted = granted.filter(may_write=True)
    parts: list[models.QuerySet[Any, Any]] = [granted.order_by().values_list("mailbox")]
    if has_official:
        held = Assignment.objects.on(ANY_DAY).filter(
            official=ANY_OTHER_UUID, position__account__mailbox__is_open=True
        )
        parts.append(held.values_list("position__account__mailbox"))
    own = Mailbox.objects.filter(account=ANY_ID, is_open=True)
    return Gathered.of(own.values_list("pk").union(*parts))


class MailboxAddress(models.Model):
    """An address that leads to a mailbox: its own, or an alias. In lower case, never reused."""

    address = models.EmailField(_("address"), max_length=254, unique=True)
    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="addresses")

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")

    def __str__(self) -> str:
        return self.address


class Folder(models.Model):
    """A folder of a mailbox. Its name is in clear, and SECURITY.md says so.

    conversation_count and unread_count count conversations, kept by
    `mailbox.filing` so that no page ever counts rows.
    """

    class Kind(models.TextChoices):
        INBOX = "inbox", _("Inbox")
        SNOOZED = "snoozed", _("Snoozed")
        SENT = "sent", _("Sent")
        ARCHIVE = "archive", _("Archive")
        SPAM = "spam", _("Spam")
        TRASH = "trash", _("Bin")
        OWN = "own", _("Own folder")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="folders")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OWN)
    name = models.CharField(_("name"), max_length=100, blank=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True)
    conversation_count = models.IntegerField(default=0)
    unread_count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "kind"],
                condition=~models.Q(kind="own"),
                name="one_system_folder_of_each_kind",
            ),
            models.UniqueConstraint(
                fields=["mailbox", "parent", "name"],
                condition=models.Q(kind="own"),
                nulls_distinct=False,
                name="one_own_folder_of_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.name if self.kind == self.Kind.OWN else str(self.Kind(self.kind).label)

    @property
    def slug(self) -> str:
        """What stands in the URL: the kind, or the id of an own folder."""
        return str(self.id) if self.kind == self.Kind.OWN else self.kind
