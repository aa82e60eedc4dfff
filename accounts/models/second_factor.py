"""The second factor: an authenticator app's secret, sealed, and backup codes, hashed.

django-otp's own tables keep both in clear; these hold the same things behind
its device interface.
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin


class TotpDevice(ThrottlingMixin, Device):  # type: ignore[misc]  # django_otp has no types
    """An authenticator app (RFC 6238: SHA-1, six digits, steps of 30 seconds).

    sealed_secret: 20 random bytes sealed to this account; opened in the web tier only.
    last_step: the newest step whose code was used; nothing at or before it counts again.
    """

    sealed_secret = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(confirmed=True),
                name="one_authenticator_app_in_use",
            )
        ]

    def get_throttle_factor(self) -> int:
        """Seconds to wait after the first wrong code; it doubles with each further one."""
        return 1


class BackupCodeQuerySet(models.QuerySet["BackupCode"]):
    def unused(self) -> Self:
        return self.filter(used_at__isnull=True)


class BackupCode(models.Model):
    """A code that opens the door once, when the app is lost.

    hash: its first two characters, a colon, and the Argon2 hash of all of it; the
    two find the row, so that one hash is computed and not ten.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="backup_codes")
    hash = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = BackupCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("backup code")
        verbose_name_plural = _("backup codes")

    def __str__(self) -> str:
        return str(self.pk)
