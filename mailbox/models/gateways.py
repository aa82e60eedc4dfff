"""Gateways: the SMTP servers of agencies through which mail leaves the portal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Gateway(models.Model):
    """One SMTP server of an agency. The lowest `order` is tried first; within an order,
    `weight` is its share of the traffic.

    sealed_password: sealed by HPKE to the relay key `relay_key_id`, bound to this id;
    only a worker opens it (for XOAUTH2 it is the access token). ca_certificates: PEM text
    that replaces the system's authorities for this gateway. domains: the sender's domains
    it serves, in lower case; empty: all of the agency's. active_from, active_to: hours of
    the day in Thailand; empty: always.
    """

    class Security(models.TextChoices):
        STARTTLS = "starttls", _("STARTTLS, verified")
        TLS = "tls", _("TLS from the start, verified")
        LOOPBACK = "loopback", _("Clear text, loopback only")

    class Mechanism(models.TextChoices):
        """How to sign in (RFC 4954); `any` takes the best that the gateway offers."""

        ANY = "any", _("The best it offers")
        PLAIN = "plain", _("PLAIN")
        LOGIN = "login", _("LOGIN")
        XOAUTH2 = "xoauth2", _("XOAUTH2 (access token)")

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
    mechanism = models.CharField(
        _("way to sign in"), max_length=8, choices=Mechanism, default=Mechanism.ANY
    )
    username = models.CharField(_("user name"), max_length=200, blank=True)
    sealed_password = models.BinaryField(null=True, editable=False)
    relay_key_id = models.CharField(max_length=32, blank=True, editable=False)
    ca_certificates = models.TextField(_("pinned authorities (PEM)"), blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("Its share among the gateways of the same order."),
    )
    domains = ArrayField(
        models.CharField(max_length=253),
        verbose_name=_("domains it serves"),
        default=list,
        blank=True,
        help_text=_("Of the senders' addresses; empty: all domains of the agency."),
    )
    serves_below = models.BooleanField(
        _("agencies below may use it"),
        default=False,
        help_text=_("For those that have no gateway of their own."),
    )
    size_limit = models.PositiveBigIntegerField(
        _("largest message (bytes)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    messages_a_minute = models.PositiveIntegerField(
        _("messages a minute"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    most_connections = models.PositiveSmallIntegerField(
        _("connections at a time"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    active_from = models.TimeField(_("in use from"), null=True, blank=True)
    active_to = models.TimeField(_("in use until"), null=True, blank=True)
    is_enabled = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        ordering = ("agency", "order", "id")

    def __str__(self) -> str:
        return self.name


class GatewayHealthQuerySet(models.QuerySet["GatewayHealth"]):
    def open_now(self, now: datetime) -> Self:
        """Breakers that let nothing through at this moment."""
        return self.filter(state__in=GatewayHealth.SHUT, probe_at__gt=now)


class GatewayHealth(models.Model):
    """How a gateway has answered of late: a circuit breaker, and a bucket of tokens.

    Closed: mail goes through. Open: nothing does until `probe_at`; then whoever moves
    `probe_at` on with a guarded UPDATE may try once (half open). last_reason: a
    `smtp.verdicts.Reason`. tokens: messages that may leave at once, as of tokens_at.
    """

    class State(models.TextChoices):
        CLOSED = "closed", _("Working")
        OPEN = "open", _("Not working; given a rest")
        HALF_OPEN = "half_open", _("Being tried with one message")

    SHUT = (State.OPEN, State.HALF_OPEN)

    gateway = models.OneToOneField(Gateway, models.CASCADE, primary_key=True, related_name="health")
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED)
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    last_bad_at = models.DateTimeField(null=True)
    last_reason = models.CharField(max_length=24, blank=True)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True)

    objects = GatewayHealthQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a gateway")
        verbose_name_plural = _("states of gateways")

    def __str__(self) -> str:
        return f"{self.gateway_id}: {self.state}"

    def try_again_in(self, now: datetime) -> timedelta:
        """How long an open breaker still rests; none where it lets mail through."""
        if self.state == self.State.CLOSED or self.probe_at is None:
            return timedelta()
        return max(self.probe_at - now, timedelta())
