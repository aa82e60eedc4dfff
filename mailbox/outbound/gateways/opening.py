"""From a gateway's row to one that can be spoken to: its password is opened with the relay key."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from mailbox.errors import KeyMissing, SealBroken
from mailbox.models import Gateway as GatewayRow
from mailbox.sealing import infos, keyring
from mailbox.smtp.gateway import AboutToSend, OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason, Verdict, because


@dataclass(frozen=True)
class Locked:
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


def ready(row: GatewayRow) -> SmtpGateway | Locked:
    """The gateway of a row. Only a worker can open its password."""
    try:
        password = _password(row)
    except (KeyMissing, SealBroken, UnicodeError):
        return Locked(row.pk)
    return SmtpGateway(
        host=row.host,
        port=row.port,
        security=row.security,
        tls_name=row.tls_name,
        ca_certificates=row.ca_certificates,
        username=row.username,
        password=password,
        mechanism=row.mechanism,
        timeout=settings.GATEWAY_TIMEOUT.total_seconds(),
        local_name=_local_name(),
        gateway_id=row.pk,
        size_limit=row.size_limit,
    )


def seal_password(gateway: GatewayRow, password: str) -> None:
    """Seal a saved gateway's password to the relay key; an empty one takes it away."""
    gateway.relay_key_id, gateway.sealed_password = "", None
    if password:
        gateway.relay_key_id, gateway.sealed_password = keyring.current().seal_to(
            "relay", password.encode(), infos.for_gateway(gateway.pk)
        )
    gateway.save(update_fields=["relay_key_id", "sealed_password"])


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
