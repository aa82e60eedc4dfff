"""Sessions that know whose they are, so that people and officers can list and end them.

Django's own table cannot say to whom a row belongs; this one adds the owner and
what a person needs to recognise the computer.
"""

from __future__ import annotations

import uuid
from typing import Self

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# The first mark that fits wins: most browsers claim to be several others, too.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class SessionQuerySet(models.QuerySet["Session"]):
    def open(self) -> Self:
        return self.filter(expire_date__gt=timezone.now())


class SessionManager(BaseSessionManager["Session"]):
    def get_queryset(self) -> SessionQuerySet:
        return SessionQuerySet(self.model, using=self._db)

    def open(self) -> SessionQuerySet:
        return self.get_queryset().open()


class Session(AbstractBaseSession):
    """A browser's session. `account` is set once somebody has signed in fully.

    public_id stands in URLs: the session's key never leaves the cookie.
    seen_at is the last click to the minute; signed_in_at the second factor's time.
    """

    # Not unique: for a moment the row before and after a change of key are both there.
    public_id = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    account = models.ForeignKey(
        "accounts.Account", models.CASCADE, null=True, related_name="sessions"
    )
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    network_address = models.GenericIPAddressField(null=True)

    objects = SessionManager()  # type: ignore[misc]  # Django declares it for the class

    class Meta(AbstractBaseSession.Meta):
        verbose_name = _("session")  # type: ignore[assignment]  # lazy text is meant
        verbose_name_plural = _("sessions")  # type: ignore[assignment]  # lazy text is meant

    @property
    def browser_name(self) -> str:
        """Browser and system as a person would name them, from what the browser says of itself."""
        browser = next((name for mark, name in _BROWSERS if mark in self.browser), "")
        system = next((name for mark, name in _SYSTEMS if mark in self.browser), "")
        return " · ".join(part for part in (browser, system) if part) or gettext("Unknown browser")

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return the store that writes these rows (asked for by Django's session API)."""
        from accounts.signing_in.session_store import SessionStore

        return SessionStore
