"""Bringing what lies under an old key under the new one, while mail goes on.

A mailbox's private key, an account's secret, the code of a letter that is not printed yet and a
directory's password are re-wrapped under the active storage key, a gateway's password and a
domain's DKIM key under the active relay key, rules, absence texts and leave to forward under
the active ingest key. Each batch commits by itself and every row says which key it is under,
so this may be killed at any moment and run again. What is in transit (arrivals, submissions,
replies) is not touched: it is read with its old key, which stays in the keyring until nothing
uses it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.directory import ldap_source
from accounts.models import Activation, Source, TotpDevice
from accounts.provisioning import activation
from accounts.signing_in.sealing import open_secret, seal_secret
from govmail_portal.errors import PortalError
from mailbox.errors import KeyMissing, SealBroken
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
from mailbox.sealing.secrets import AccountSecrets

log = logging.getLogger(__name__)

BATCH = 200


class KeyInUse(PortalError):
    message = _("Something is still sealed with this key.")
    status = 409


@dataclass(frozen=True)
class Progress:
    """How far one kind has come: rows under the active key, of all; broken ones stay behind."""

    kind: str
    done: int
    total: int
    broken: int = 0

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 means all."""
        return 100 * self.done // self.total if self.total else 100


def progress() -> list[Progress]:
    """Tell how much is under the active keys, for every kind this keyring can re-wrap."""
    return [_figure(kind) for kind in _kinds()]


def rewrap(*, batch: int = BATCH) -> Iterator[Progress]:
    """Re-wrap whatever this keyring can, giving the figure after each committed batch."""
    for kind in _kinds():
        yield from _through(kind, _figure(kind), batch)


def uses(name: Rotated) -> Counter[tuple[str, str]]:
    """Count the rows under each key of one name: {(kind, key id): rows}."""
    counts: Counter[tuple[str, str]] = Counter()
    for kind, count in _USERS[name].items():
        counts.update({(kind, key_id): rows for key_id, rows in count().items()})
    return counts


def check_unused(name: Rotated, key_id: str) -> None:
    """Raise KeyInUse, saying what and how much, if anything is under this key."""
    still = {kind: rows for (kind, used), rows in uses(name).items() if used == key_id}
    if still:
        listed = ", ".join(f"{rows} {kind}" for kind, rows in sorted(still.items()))
        raise KeyInUse(_("Still sealed with %(key)s: %(what)s.") % {"key": key_id, "what": listed})


# --- Who uses which key ---------------------------------------------------


def _by(rows: QuerySet[Any], column: str) -> Counter[str]:
    counted = rows.order_by().values_list(column).annotate(rows=Count("pk"))
    return Counter(dict(counted))


def _of_mailboxes() -> Counter[str]:
    return _by(Mailbox.objects.exclude(storage_key_id=""), "storage_key_id")


def _of_secrets() -> Counter[str]:
    secrets = TotpDevice.objects.values_list("sealed_secret", flat=True).iterator()
    return Counter(_key_of_secret(sealed) for sealed in secrets)


def _of_templates() -> Counter[str]:
    shared = _shared_templates().values_list("sealed_body", flat=True).iterator()
    return Counter(_key_of_secret(sealed) for sealed in shared)


def _of_directories() -> Counter[str]:
    passwords = _directories().values_list("sealed_password", flat=True).iterator()
    return Counter(_key_of_secret(sealed) for sealed in passwords if sealed is not None)


def _of_letters() -> Counter[str]:
    codes = _unprinted_letters().values_list("sealed_code", flat=True).iterator()
    return Counter(_key_of_secret(sealed) for sealed in codes if sealed is not None)


def _unprinted_letters() -> QuerySet[Activation]:
    return Activation.objects.exclude(sealed_code=None)


def _directories() -> QuerySet[Source]:
    return Source.objects.exclude(sealed_password=None)


def _shared_templates() -> QuerySet[LetterTemplate]:
    return LetterTemplate.objects.filter(agency__isnull=False)


def _of_gateways() -> Counter[str]:
    return _by(Gateway.objects.exclude(sealed_password=None), "relay_key_id")


def _of_signing_keys() -> Counter[str]:
    return _by(SigningKey.objects.exclude(relay_key_id=""), "relay_key_id")


def _of_submissions() -> Counter[str]:
    return _by(Submission.objects.exclude(sealed_key_for_relay=None), "relay_key_id")


def _of_arrivals() -> Counter[str]:
    return _by(Arrival.objects.all(), "ingest_key_id")


def _of_rules() -> Counter[str]:
    return _by(FilterRule.objects.all(), "ingest_key_id")


def _of_vacations() -> Counter[str]:
    return _by(Vacation.objects.all(), "ingest_key_id")


def _of_leaves() -> Counter[str]:
    return _by(ForwardPermission.objects.all(), "ingest_key_id")


def _of_replies() -> Counter[str]:
    return _by(AutoReply.objects.exclude(sealed_request=None), "ingest_key_id")


_USERS: dict[Rotated, dict[str, Callable[[], Counter[str]]]] = {
    "storage": {
        "mailboxes": _of_mailboxes,
        "secrets": _of_secrets,
        "templates": _of_templates,
        "directories": _of_directories,
        "letters": _of_letters,
    },
    "ingest": {
        "arrivals": _of_arrivals,
        "rules": _of_rules,
        "vacations": _of_vacations,
        "leaves": _of_leaves,
        "replies": _of_replies,
    },
    "relay": {
        "submissions": _of_submissions,
        "gateways": _of_gateways,
        "signing keys": _of_signing_keys,
    },
    # In no row: return paths are under way in letters, and run out by themselves.
    "returns": {},
}


def _key_of_secret(sealed: bytes | memoryview) -> str:
    try:
        return AccountSecrets().key_id(bytes(sealed))
    except SealBroken:
        return "unreadable"


# --- One kind after the other ---------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """What can be re-wrapped: which rows are behind, and what to do with one."""

    label: str
    active: str
    count: Callable[[], Counter[str]]
    behind: QuerySet[Any]
    key_of: Callable[[Any], str]
    rewrap: Callable[[Any], None]
    fields: tuple[str, ...]


def _kinds() -> Iterator[_Kind]:
    held = keyring.current()
    if held.opens("storage"):
        yield from _kinds_for_storage(held.active_id("storage"))
    if held.opens("relay"):
        yield from _kinds_for_relay(held.active_id("relay"))
    if held.opens("ingest"):
        yield from _kinds_for_ingest(held.active_id("ingest"))


def _kinds_for_storage(active: str) -> Iterator[_Kind]:
    yield _Kind(
        "mailboxes",
        active,
        _of_mailboxes,
        Mailbox.objects.exclude(storage_key_id__in=["", active]),
        lambda mailbox: mailbox.storage_key_id,
        _rewrap_mailbox,
        ("sealed_private_key", "storage_key_id"),
    )
    yield _Kind(
        "secrets",
        active,
        _of_secrets,
        TotpDevice.objects.select_related("user"),
        lambda device: _key_of_secret(device.sealed_secret),
        _rewrap_secret,
        ("sealed_secret",),
    )
    yield _Kind(
        "templates",
        active,
        _of_templates,
        _shared_templates(),
        lambda template: _key_of_secret(template.sealed_body),
        _rewrap_template,
        ("sealed_body",),
    )
    yield _Kind(
        "directories",
        active,
        _of_directories,
        _directories(),
        lambda source: _key_of_secret(source.sealed_password),
        ldap_source.reseal,
        ("sealed_password",),
    )
    yield _Kind(
        "letters",
        active,
        _of_letters,
        _unprinted_letters().select_related("account"),
        lambda letter: _key_of_secret(letter.sealed_code),
        activation.reseal,
        ("sealed_code",),
    )


def _kinds_for_relay(active: str) -> Iterator[_Kind]:
    yield _Kind(
        "gateways",
        active,
        _of_gateways,
        Gateway.objects.exclude(sealed_password=None).exclude(relay_key_id=active),
        lambda gateway: gateway.relay_key_id,
        _rewrap_gateway,
        ("sealed_password", "relay_key_id"),
    )
    yield _Kind(
        "signing keys",
        active,
        _of_signing_keys,
        SigningKey.objects.exclude(relay_key_id__in=["", active]),
        lambda key: key.relay_key_id,
        _rewrap_signing_key,
        ("sealed_key", "relay_key_id"),
    )


def _kinds_for_ingest(active: str) -> Iterator[_Kind]:
    """What workers follow: opened and sealed again with the ingest key alone."""
    for label, model, count, rewrap, sealed in (
        ("rules", FilterRule, _of_rules, _rewrap_for_ingest, "sealed_for_ingest"),
        ("vacations", Vacation, _of_vacations, _rewrap_for_ingest, "sealed_for_ingest"),
        ("leaves", ForwardPermission, _of_leaves, _rewrap_leave, "sealed_address"),
    ):
        yield _Kind(
            label,
            active,
            count,
            model._default_manager.exclude(ingest_key_id=active),
            lambda row: row.ingest_key_id,
            rewrap,
            (sealed, "ingest_key_id"),
        )


def _figure(kind: _Kind) -> Progress:
    counts = kind.count()
    return Progress(kind.label, counts[kind.active], counts.total())


def _through(kind: _Kind, figure: Progress, batch: int) -> Iterator[Progress]:
    """Take one kind through in the order of its primary key, each batch in its own transaction."""
    rows = kind.behind.order_by("pk").select_for_update(of=("self",))
    last: Any = None
    while True:
        with transaction.atomic():
            taken = list((rows if last is None else rows.filter(pk__gt=last))[:batch])
            if not taken:
                return
            old = [row for row in taken if kind.key_of(row) != kind.active]
            changed = [row for row in old if _rewrapped(kind, row)]
            kind.behind.model._default_manager.bulk_update(changed, kind.fields)
        last = taken[-1].pk
        figure = replace(
            figure,
            done=figure.done + len(changed),
            broken=figure.broken + len(old) - len(changed),
        )
        yield figure


def _rewrapped(kind: _Kind, row: Any) -> bool:
    """Re-wrap one row in memory; one that cannot be opened is left as it is, and told."""
    try:
        kind.rewrap(row)
    except (SealBroken, KeyMissing) as error:
        log.error(
            "Not re-wrapped: one of the %s, %s (%s).", kind.label, row.pk, type(error).__name__
        )
        return False
    return True


def _rewrap_mailbox(mailbox: Mailbox) -> None:
    held, sealed = keyring.current(), bytes(mailbox.sealed_private_key)
    private_key = held.unwrap_mailbox_key(sealed, mailbox.storage_key_id, mailbox.pk)
    key_id, wrapped = held.wrap_mailbox_key(private_key, mailbox.pk)
    mailbox.storage_key_id, mailbox.sealed_private_key = key_id, wrapped


def _rewrap_secret(device: TotpDevice) -> None:
    secret = open_secret(bytes(device.sealed_secret), device.user)
    device.sealed_secret = seal_secret(secret, device.user)


def _rewrap_template(template: LetterTemplate) -> None:
    secrets, bound = AccountSecrets(), template.seal_owner
    body = secrets.open(bytes(template.sealed_body), purpose=template.SEAL_PURPOSE, owner=bound)
    template.sealed_body = secrets.seal(body, purpose=template.SEAL_PURPOSE, owner=bound)


def _rewrap_gateway(gateway: Gateway) -> None:
    held, info = keyring.current(), infos.for_gateway(gateway.pk)
    sealed = bytes(gateway.sealed_password or b"")
    password = held.unseal_from("relay", gateway.relay_key_id, sealed, info)
    gateway.relay_key_id, gateway.sealed_password = held.seal_to("relay", password, info)


def _rewrap_signing_key(key: SigningKey) -> None:
    held, info = keyring.current(), infos.for_signing_key(key.pk)
    private = held.unseal_from("relay", key.relay_key_id, bytes(key.sealed_key), info)
    key.relay_key_id, key.sealed_key = held.seal_to("relay", private, info)


def _rewrap_for_ingest(row: FilterRule | Vacation) -> None:
    named = row.mailbox_id if isinstance(row, Vacation) else row.pk
    held, info = keyring.current(), infos.for_rule(row.mailbox_id, named)
    value = held.unseal_from("ingest", row.ingest_key_id, bytes(row.sealed_for_ingest), info)
    row.ingest_key_id, row.sealed_for_ingest = held.seal_to("ingest", value, info)


def _rewrap_leave(leave: ForwardPermission) -> None:
    held, info = keyring.current(), infos.for_forwarding(leave.mailbox_id, leave.starts_at)
    address = held.unseal_from("ingest", leave.ingest_key_id, bytes(leave.sealed_address), info)
    leave.ingest_key_id, leave.sealed_address = held.seal_to("ingest", address, info)
