"""Accounts: the right of a person or a position to sign in; the address is the login."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.agencies import Agency
from accounts.models.officials import Official, Position


def _composed(password: str | None) -> str | None:
    """The same letters may be typed composed or not; both must open the door."""
    return None if password is None else unicodedata.normalize("NFC", password)


class AccountQuerySet(models.QuerySet["Account"]):
    def active(self, now: datetime | None = None) -> Self:
        """Those whose door is open at a moment: the same question as `Account.is_active_at`."""
        moment = now or timezone.now()
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=moment),
            Q(valid_to__isnull=True) | Q(valid_to__gt=moment),
            state__in=Account.OPEN_STATES,
        )


class AccountManager(BaseUserManager["Account"]):
    def get_queryset(self) -> AccountQuerySet:
        return AccountQuerySet(self.model, using=self._db)

    def active(self, now: datetime | None = None) -> AccountQuerySet:
        return self.get_queryset().active(now)

    def create_user(self, address: str, password: str | None = None, **fields: Any) -> Account:
        """Create an account; the address is kept in lower case."""
        account = self.model(address=address.strip().lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, address: str, password: str | None = None, **fields: Any) -> Account:
        fields |= {"is_staff": True, "is_superuser": True, "state": Account.State.ACTIVE}
        return self.create_user(address, password, **fields)

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(address=(username or "").strip().lower())


class Account(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # django_otp has no types
    """A login. Addresses are never given to anybody else afterwards.

    `state` is what an officer decided; whether it opens the door now is `is_active`.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        RESERVED = "reserved", _("Reserved")
        PROVISIONING = "provisioning", _("Being provisioned")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        LEAVING = "leaving", _("Leaving")
        RETAINED = "retained", _("Retained")
        DELETED = "deleted", _("Deleted")
        FAILED = "failed", _("Failed")

    class Theme(models.TextChoices):
        SYSTEM = "", _("Follow the computer")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        DENSE = "dense", _("Dense")
        NORMAL = "normal", _("Normal")
        ROOMY = "roomy", _("Roomy")

    class Pane(models.TextChoices):
        RIGHT = "right", _("Beside the list")
        BOTTOM = "bottom", _("Below the list")
        NONE = "none", _("On a page of its own")

    # In these an officer lets the holder in; who is leaving stays in until the last day is over.
    OPEN_STATES = (State.ACTIVE, State.LEAVING)

    # Values of mark_read_after that are no number of seconds.
    NEVER_MARK_READ = -1

    address = models.EmailField(_("address"), max_length=254, unique=True)
    official = models.OneToOneField(
        Official,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="account",
        verbose_name=_("official"),
    )
    position = models.OneToOneField(
        Position,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="account",
        verbose_name=_("position"),
    )
    # Whose it was, when a transfer has given the official another address.
    former_official = models.ForeignKey(
        Official,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="former_accounts",
        verbose_name=_("former official"),
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="accounts", verbose_name=_("agency")
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.REQUESTED)
    # The window in which what the officer decided has effect; retirement ends it at midnight.
    valid_from = models.DateTimeField(_("opens"), null=True, blank=True)
    valid_to = models.DateTimeField(_("closes"), null=True, blank=True)
    first_signed_in_at = models.DateTimeField(_("first sign-in"), null=True, blank=True)
    is_staff = models.BooleanField(_("may enter the administration"), default=False)
    language = models.CharField(
        _("language"), max_length=5, choices=[("th", "ไทย"), ("en", "English")], default="th"
    )
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, blank=True, default="")
    thai_digits = models.BooleanField(_("Thai digits"), default=False)
    christian_era = models.BooleanField(_("Christian era in Thai"), default=False)
    density = models.CharField(_("density"), max_length=8, choices=Density, default=Density.NORMAL)
    reading_pane = models.CharField(
        _("reading pane"), max_length=8, choices=Pane, default=Pane.RIGHT
    )
    has_shortcuts = models.BooleanField(_("shortcuts of single keys"), default=True)
    writes_plain = models.BooleanField(_("writes plain text"), default=False)
    # Seconds a letter is open before it counts as read; NEVER_MARK_READ: only by hand.
    mark_read_after = models.SmallIntegerField(_("marked read after"), default=0)
    wants_notices = models.BooleanField(_("notices of the browser"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "address"
    EMAIL_FIELD = "address"
    REQUIRED_FIELDS = ["agency"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ("address",)
        permissions = [("reset_second_factor", _("Can reset the second factor"))]

    def __str__(self) -> str:
        return self.address

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django stores it; we compute it.
        return self.is_active_at(timezone.now())

    def is_active_at(self, now: datetime) -> bool:
        """Whether the door is open at a moment: what an officer decided, within its window.

        valid_from counts, valid_to does not: a window that closes at midnight ends the day before.
        """
        return (
            self.state in self.OPEN_STATES
            and (self.valid_from is None or self.valid_from <= now)
            and (self.valid_to is None or self.valid_to > now)
        )

    @property
    def name(self) -> str:
        """The person's name, else the position's title, else the address."""
        holder = self.official or self.position
        return str(holder) if holder else self.address

    @property
    def post(self) -> str:
        """The title of the post, in the reader's language; empty where none is known."""
        if self.position:
            return self.position.title
        if self.official is None:
            return ""
        held = self.official.held_position
        return held.title if held else ""

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(_composed(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(_composed(raw_password))

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name
