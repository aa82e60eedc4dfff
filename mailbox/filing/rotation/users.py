"""Which rows are under which key of the keyring, counted and found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db.models import Count, Model, QuerySet

from accounts.models import Activation, Source, TotpDevice
from mailbox.errors import SealBroken
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
from mailbox.sealing.key_files import Rotated
from mailbox.sealing.secrets import AccountSecrets


def _by(rows: QuerySet[Any], column: str) -> Counter[str]:
    counted = rows.order_by().values_list(column).annotate(rows=Count("pk"))
    return Counter(dict(counted))


def of_mailboxes() -> Counter[str]:
    return _by(Mailbox.objects.exclude(storage_key_id=""), "storage_key_id")


def of_secrets() -> Counter[str]:
    secrets = TotpDevice.objects.values_list("sealed_secret", flat=True).iterator()
    return Counter(key_of_secret(sealed) for sealed in secrets)


def of_templates() -> Counter[str]:
    shared = shared_templates().values_list("sealed_body", flat=True).iterator()
    return Counter(key_of_secret(sealed) for sealed in shared)


def of_directories() -> Counter[str]:
    passwords = directories().values_list("sealed_password", flat=True).iterator()
    return Counter(key_of_secret(sealed) for sealed in passwords if sealed is not None)


def of_letters() -> Counter[str]:
    codes = unprinted_letters().values_list("sealed_code", flat=True).iterator()
    return Counter(key_of_secret(sealed) for sealed in codes if sealed is not None)


def unprinted_letters() -> QuerySet[Activation]:
    return Activation.objects.exclude(sealed_code=None)


def directories() -> QuerySet[Source]:
    return Source.objects.exclude(sealed_password=None)


def shared_templates() -> QuerySet[LetterTemplate]:
    return LetterTemplate.objects.filter(agency__isnull=False)


def of_gateways() -> Counter[str]:
    return _by(Gateway.objects.exclude(sealed_password=None), "relay_key_id")


def of_signing_keys() -> Counter[str]:
    return _by(SigningKey.objects.exclude(relay_key_id=""), "relay_key_id")


def of_submissions() -> Counter[str]:
    return _by(Submission.objects.exclude(sealed_key_for_relay=None), "relay_key_id")


def of_arrivals() -> Counter[str]:
    return _by(Arrival.objects.all(), "ingest_key_id")


def of_rules() -> Counter[str]:
    return _by(FilterRule.objects.all(), "ingest_key_id")


def of_vacations() -> Counter[str]:
    return _by(Vacation.objects.all(), "ingest_key_id")


def of_leaves() -> Counter[str]:
    return _by(ForwardPermission.objects.all(), "ingest_key_id")


def of_replies() -> Counter[str]:
    return _by(AutoReply.objects.exclude(sealed_request=None), "ingest_key_id")


USERS: dict[Rotated, dict[str, Callable[[], Counter[str]]]] = {
    "storage": {
        "mailboxes": of_mailboxes,
        "secrets": of_secrets,
        "templates": of_templates,
        "directories": of_directories,
        "letters": of_letters,
    },
    "ingest": {
        "arrivals": of_arrivals,
        "rules": of_rules,
        "vacations": of_vacations,
        "leaves": of_leaves,
        "replies": of_replies,
    },
    "relay": {
        "submissions": of_submissions,
        "gateways": of_gateways,
        "signing keys": of_signing_keys,
    },
    # In no row: return paths are under way in letters, and run out by themselves.
    "returns": {},
}

_MODELS: dict[Rotated, tuple[type[Model], ...]] = {
    "storage": (Mailbox, TotpDevice, LetterTemplate, Source, Activation),
    "ingest": (Arrival, FilterRule, Vacation, ForwardPermission, AutoReply),
    "relay": (Submission, Gateway, SigningKey),
    "returns": (),
}
# Where rows under a key of each name come to lie.
TABLES = {name: [model._meta.db_table for model in models] for name, models in _MODELS.items()}


def key_of_secret(sealed: bytes | memoryview) -> str:
    try:
        return AccountSecrets().key_id(bytes(sealed))
    except SealBroken:
        return "unreadable"
