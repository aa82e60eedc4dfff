"""What is sealed under which key of the keyring, and how one row of each kind is re-wrapped.

A mailbox's private key, an account's secret, the code of a letter that is not printed yet and a
directory's password lie under the storage key; what workers follow, what has arrived and what
is owed by itself under ingest; what is to be sent, passwords of gateways and DKIM keys under relay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.directory import ldap_source
from accounts.models import TotpDevice
from accounts.provisioning import activation
from accounts.signing_in.sealing import open_secret, seal_secret
from mailbox.filing.rotation import users
from mailbox.models import (
    Arrival,
    AutoReply,
    FilterRule,
    ForwardPermission,
    Gateway,
    LetterTemplate,
    Mailbox,
    SigningKey,
    Submission,
    Vacation,
)
from mailbox.sealing import infos, keyring
from mailbox.sealing.key_files import Rotated
from mailbox.sealing.keyring import SealTo
from mailbox.sealing.secrets import AccountSecrets

# --- One kind after the other ---------------------------------------------


@dataclass(frozen=True)
class Kind:
    """What can be re-wrapped: its rows, and what to do with one.

    name: of the key; column: where the row says under which, empty where the sealed value does.
    is_in_hand: workers have its rows in hand; one that is locked is left for the next time.
    """

    name: Rotated
    label: str
    active: str
    count: Callable[[], Counter[str]]
    rows: QuerySet[Any]
    column: str
    key_of: Callable[[Any], str]
    rewrap: Callable[[Any], None]
    fields: tuple[str, ...]
    is_in_hand: bool = False

    @property
    def behind(self) -> QuerySet[Any]:
        """Rows that may be under another key than the active one."""
        column = f"{self.column}__in"
        return self.rows.exclude(**{column: ["", self.active]}) if self.column else self.rows


def kinds() -> Iterator[Kind]:
    """Every kind that this process's keyring opens."""
    held = keyring.current()
    if held.opens("storage"):
        yield from _kinds_for_storage(held.active_id("storage"))
    if held.opens("relay"):
        yield from _kinds_for_relay(held.active_id("relay"))
    if held.opens("ingest"):
        yield from _kinds_for_ingest(held.active_id("ingest"))


def _kinds_for_storage(active: str) -> Iterator[Kind]:
    yield Kind(
        "storage",
        "mailboxes",
        active,
        users.of_mailboxes,
        Mailbox.objects.exclude(storage_key_id=""),
        "storage_key_id",
        lambda mailbox: mailbox.storage_key_id,
        _rewrap_mailbox,
        ("sealed_private_key", "storage_key_id", "sealed_previous_key"),
    )
    yield from _kinds_of_secrets(active)


def _kinds_of_secrets(active: str) -> Iterator[Kind]:
    """What says itself under which key it is."""
    yield Kind(
        "storage",
        "secrets",
        active,
        users.of_secrets,
        TotpDevice.objects.select_related("user"),
        "",
        lambda device: users.key_of_secret(device.sealed_secret),
        _rewrap_secret,
        ("sealed_secret",),
    )
    yield Kind(
        "storage",
        "templates",
        active,
        users.of_templates,
        users.shared_templates(),
        "",
        lambda template: users.key_of_secret(template.sealed_body),
        _rewrap_template,
        ("sealed_body",),
    )
    yield Kind(
        "storage",
        "directories",
        active,
        users.of_directories,
        users.directories(),
        "",
        lambda source: users.key_of_secret(source.sealed_password),
        ldap_source.reseal,
        ("sealed_password",),
    )
    yield Kind(
        "storage",
        "letters",
        active,
        users.of_letters,
        users.unprinted_letters().select_related("account"),
        "",
        lambda letter: users.key_of_secret(letter.sealed_code),
        activation.reseal,
        ("sealed_code",),
    )


def _kinds_for_relay(active: str) -> Iterator[Kind]:
    yield Kind(
        "relay",
        "gateways",
        active,
        users.of_gateways,
        Gateway.objects.exclude(sealed_password=None),
        "relay_key_id",
        lambda gateway: gateway.relay_key_id,
        _rewrap_gateway,
        ("sealed_password", "relay_key_id"),
    )
    yield Kind(
        "relay",
        "signing keys",
        active,
        users.of_signing_keys,
        SigningKey.objects.exclude(relay_key_id=""),
        "relay_key_id",
        lambda key: key.relay_key_id,
        _rewrap_signing_key,
        ("sealed_key", "relay_key_id"),
    )
    yield Kind(
        "relay",
        "submissions",
        active,
        users.of_submissions,
        Submission.objects.exclude(sealed_key_for_relay=None).only(
            "id", "relay_key_id", "sealed_key_for_relay"
        ),
        "relay_key_id",
        lambda submission: submission.relay_key_id,
        _rewrap_submission,
        ("sealed_key_for_relay", "relay_key_id"),
        is_in_hand=True,
    )


def _kinds_for_ingest(active: str) -> Iterator[Kind]:
    """What workers follow, and what they have in hand: the ingest key opens and seals it."""
    for label, model, count, rewrap, sealed in (
        ("rules", FilterRule, users.of_rules, _rewrap_for_ingest, "sealed_for_ingest"),
        ("vacations", Vacation, users.of_vacations, _rewrap_for_ingest, "sealed_for_ingest"),
        ("leaves", ForwardPermission, users.of_leaves, _rewrap_leave, "sealed_address"),
    ):
        yield Kind(
            "ingest",
            label,
            active,
            count,
            model._default_manager.all(),
            "ingest_key_id",
            lambda row: row.ingest_key_id,
            rewrap,
            (sealed, "ingest_key_id"),
        )
    yield Kind(
        "ingest",
        "arrivals",
        active,
        users.of_arrivals,
        Arrival.objects.only("id", "ingest_key_id", "sealed_key"),
        "ingest_key_id",
        lambda arrival: arrival.ingest_key_id,
        _rewrap_arrival,
        ("sealed_key", "ingest_key_id"),
        is_in_hand=True,
    )
    yield Kind(
        "ingest",
        "replies",
        active,
        users.of_replies,
        AutoReply.objects.exclude(sealed_request=None),
        "ingest_key_id",
        lambda reply: reply.ingest_key_id,
        _rewrap_reply,
        ("sealed_request", "ingest_key_id"),
        is_in_hand=True,
    )


# --- One row of each --------------------------------------------------------


def _rewrap_mailbox(mailbox: Mailbox) -> None:
    held, old = keyring.current(), mailbox.storage_key_id
    private_key = held.unwrap_mailbox_key(bytes(mailbox.sealed_private_key), old, mailbox.pk)
    if mailbox.sealed_previous_key is not None:
        previous = held.unwrap_mailbox_key(bytes(mailbox.sealed_previous_key), old, mailbox.pk)
        _key_id, mailbox.sealed_previous_key = held.wrap_mailbox_key(previous, mailbox.pk)
    mailbox.storage_key_id, mailbox.sealed_private_key = held.wrap_mailbox_key(
        private_key, mailbox.pk
    )


def _rewrap_secret(device: TotpDevice) -> None:
    secret = open_secret(bytes(device.sealed_secret), device.user)
    device.sealed_secret = seal_secret(secret, device.user)


def _rewrap_template(template: LetterTemplate) -> None:
    secrets, bound = AccountSecrets(), template.seal_owner
    body = secrets.open(bytes(template.sealed_body), purpose=template.SEAL_PURPOSE, owner=bound)
    template.sealed_body = secrets.seal(body, purpose=template.SEAL_PURPOSE, owner=bound)


def _resealed(
    name: SealTo, key_id: str, sealed: bytes | memoryview | None, info: bytes
) -> tuple[str, bytes]:
    """What lies under an older key of this name, under the one in use, and that one's id."""
    held = keyring.current()
    return held.seal_to(name, held.unseal_from(name, key_id, bytes(sealed or b""), info), info)


def _rewrap_gateway(gateway: Gateway) -> None:
    gateway.relay_key_id, gateway.sealed_password = _resealed(
        "relay", gateway.relay_key_id, gateway.sealed_password, infos.for_gateway(gateway.pk)
    )


def _rewrap_signing_key(key: SigningKey) -> None:
    key.relay_key_id, key.sealed_key = _resealed(
        "relay", key.relay_key_id, key.sealed_key, infos.for_signing_key(key.pk)
    )


def _rewrap_for_ingest(row: FilterRule | Vacation) -> None:
    named = row.mailbox_id if isinstance(row, Vacation) else row.pk
    held, info = keyring.current(), infos.for_rule(row.mailbox_id, named)
    value = held.unseal_from("ingest", row.ingest_key_id, bytes(row.sealed_for_ingest), info)
    row.ingest_key_id, row.sealed_for_ingest = held.seal_to("ingest", value, info)


def _rewrap_leave(leave: ForwardPermission) -> None:
    held, info = keyring.current(), infos.for_forwarding(leave.mailbox_id, leave.starts_at)
    address = held.unseal_from("ingest", leave.ingest_key_id, bytes(leave.sealed_address), info)
    leave.ingest_key_id, leave.sealed_address = held.seal_to("ingest", address, info)


def _rewrap_submission(submission: Submission) -> None:
    sealed, info = submission.sealed_key_for_relay, infos.for_relay(submission.pk)
    submission.relay_key_id, submission.sealed_key_for_relay = _resealed(
        "relay", submission.relay_key_id, sealed, info
    )


def _rewrap_arrival(arrival: Arrival) -> None:
    arrival.ingest_key_id, arrival.sealed_key = _resealed(
        "ingest", arrival.ingest_key_id, arrival.sealed_key, infos.for_arrival(arrival.pk)
    )


def _rewrap_reply(reply: AutoReply) -> None:
    held, info = keyring.current(), infos.for_auto_reply(reply.pk)
    sealed = bytes(reply.sealed_request or b"")
    request = held.unseal_from("ingest", reply.ingest_key_id, sealed, info)
    reply.ingest_key_id, reply.sealed_request = held.seal_to("ingest", request, info)
