"""Gateways: the SMTP servers of agencies through which mail leaves the portal."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Gateway(models.Model):
    """One SMTP server of an agency; several are tried in `order`.

    sealed_password: sealed by HPKE to the relay key `relay_key_id`, bound to this id;
    only a worker opens it. ca_certificates: PEM text that replaces the system's
    authorities for this gateway.
    """

    class Security(models.TextChoices):
        STARTTLS = "starttls", _("STARTTLS, verified")
        TLS = "tls", _("TLS from the start, verified")
        LOOPBACK = "loopback", _("Clear text, loopback only")

    agency = models.ForeignKey(
        "accounts.Agency", models.PROTECT, related_name="gateways", verbose_name=_("agency")
    )
    name = models.CharField(_("name"), max_length=100)
    host = models.CharField(_("host"), max_length=253)
    port = models.PositiveIntegerField(
        _("port"), default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(
        _("security"), max_length=12, choices=Security, default=Security.STARTTLS
    )
    # The name in the certificate, where it is not the host (a gateway behind an address).
    tls_name = models.CharField(_("certificate name"), max_length=253, blank=True)
    username = models.CharField(_("user name"), max_length=200, blank=True)
    sealed_password = models.BinaryField(null=True, editable=False)
    relay_key_id = models.CharField(max_length=32, blank=True, editable=False)
    ca_certificates = models.TextField(_("pinned authorities (PEM)"), blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    is_enabled = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        ordering = ("agency", "order", "id")

    def __str__(self) -> str:
        return self.name
