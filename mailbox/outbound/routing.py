"""Routing: through which servers an agency's mail leaves, in order.

Passwords are opened here with the relay key, in a worker, for one relaying.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import Agency
from mailbox.errors import KeyMissing, SealBroken
from mailbox.models import Gateway as GatewayRow
from mailbox.models import Submission
from mailbox.sealing import infos, keyring
from mailbox.smtp.gateway import AboutToSend, Gateway, OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason, Verdict, because

# What the relay asks: the gateways of an agency, the first to be tried first.
Routes = Callable[[Agency], Sequence[Gateway]]


@dataclass(frozen=True)
class _Locked:
    """A gateway whose password does not open: out of reach, and never in the way of the next."""

    gateway_id: int

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        raise OutOfReach(because(Reason.PASSWORD))


def gateways_for(agency: Agency) -> list[Gateway]:
    """The gateways in use of an agency, in order; its parent's where it has none."""
    return [_ready(row) for row in rows_for(agency)]


def routes_for(submission: Submission, sender: str, *, now: datetime) -> list[Gateway]:
    """The gateways for a letter of this sender (an address, "" for automatic mail), in order."""
    agency = submission.agency
    return [] if agency is None else gateways_for(agency)


def rows_for(agency: Agency) -> list[GatewayRow]:
    """The rows behind `gateways_for`, found by walking up the tree."""
    seen: set[int] = set()
    above: Agency | None = agency
    while above is not None and above.pk not in seen:
        rows = list(GatewayRow.objects.filter(agency=above, is_enabled=True))
        if rows:
            return rows
        seen.add(above.pk)
        above = above.parent
    return []


def seal_password(gateway: GatewayRow, password: str) -> None:
    """Seal a saved gateway's password to the relay key; an empty one takes it away."""
    gateway.relay_key_id, gateway.sealed_password = "", None
    if password:
        gateway.relay_key_id, gateway.sealed_password = keyring.current().seal_to(
            "relay", password.encode(), infos.for_gateway(gateway.pk)
        )
    gateway.save(update_fields=["relay_key_id", "sealed_password"])


def _ready(row: GatewayRow) -> Gateway:
    try:
        password = _password(row)
    except (KeyMissing, SealBroken, UnicodeError):
        return _Locked(row.pk)
    return SmtpGateway(
        host=row.host,
        port=row.port,
        security=row.security,
        tls_name=row.tls_name,
        ca_certificates=row.ca_certificates,
        username=row.username,
        password=password,
        timeout=settings.GATEWAY_TIMEOUT.total_seconds(),
        local_name=_local_name(),
        gateway_id=row.pk,
    )


def _password(row: GatewayRow) -> str:
    if row.sealed_password is None:
        return ""
    sealed, info = bytes(row.sealed_password), infos.for_gateway(row.pk)
    return keyring.current().unseal_from("relay", row.relay_key_id, sealed, info).decode()


def _local_name() -> str:
    """The name we say in EHLO: the portal's own, else an address literal (RFC 5321 §4.1.3)."""
    for host in settings.ALLOWED_HOSTS:
        name = host.strip("[].*")
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if "." in name:
                return name
    return "[127.0.0.1]"
