"""The chain of audit events: writing them, and proving that none was changed or removed (P11).

Each event's digest is an HMAC over its facts and the digest before it, under a key that is in
no table: whoever can write into the database alone cannot mend the chain after a change. What
is missing at its end shows against a mark kept elsewhere (`accounts.audit.witness`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from accounts.audit import facts
from accounts.models import Account, Agency, AuditEvent

# One writer at a time: an advisory lock of PostgreSQL, held to the end of the transaction.
_LOCK = 0x41554449  # "AUDI"
_FIRST = b"\0" * 32


def record(
    act: str,
    subject: models.Model,
    *,
    by: Account | None,
    now: datetime,
    agency: Agency | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write down who did what to which row; by None: the portal itself.

    details: JSON of short words and numbers; never a password, code, key or any mail.
    Within the transaction of the deed, so that neither stands without the other.
    """
    event = _event(act, subject, by, now)
    event.agency_id = agency.pk if agency else facts.agency_of(subject)
    event.details = facts.plain(details or {})
    _append([event])
    return event


def record_each(
    act: str,
    subjects: Iterable[models.Model],
    *,
    by: Account | None,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down the same act on many rows: one event for each, at the price of one."""
    said = facts.plain(details or {})
    events = []
    for subject in subjects:
        event = _event(act, subject, by, now)
        event.agency_id = facts.agency_of(subject)
        event.details = said
        events.append(event)
    _append(events)


def verify() -> Iterator[str]:
    """Give a sentence for each break of the chain; none if it is whole."""
    before, expected = _FIRST, 1
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=2000):
        is_whole = _fits(event, before)
        if event.number != expected:
            yield _missing(expected, event.number - 1)
        elif not is_whole:
            yield (
                f"Event {event.number} was changed: it now says that"
                f" {event.actor_name or 'the portal'} did “{event.act}” to {event.kind}"
                f" {event.object_id} at {event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
            )
        before, expected = bytes(event.digest), event.number + 1


def broken_among(events: Iterable[AuditEvent]) -> set[int]:
    """Return the numbers of those events that do not follow from the ones before them."""
    shown = list(events)
    earlier = AuditEvent.objects.filter(number__in=[event.number - 1 for event in shown])
    digests = {number: bytes(each) for number, each in earlier.values_list("number", "digest")}
    digests[0] = _FIRST
    return {
        event.number
        for event in shown
        if event.number - 1 not in digests or not _fits(event, digests[event.number - 1])
    }


def digest_of(event: AuditEvent, before: bytes, key: bytes | None = None) -> bytes:
    """HMAC-SHA-256 over the digest before and this event's facts; its key is in no table."""
    text = json.dumps(
        [
            event.number,
            event.at.astimezone(UTC).isoformat(),
            event.actor_id,
            event.actor_name,
            event.act,
            event.kind,
            event.object_id,
            event.object_name,
            event.agency_id,
            event.details,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hmac.digest(key or _keys()[0], before + text.encode(), hashlib.sha256)


def _event(act: str, subject: models.Model, by: Account | None, now: datetime) -> AuditEvent:
    return AuditEvent(
        at=now,
        actor=by,
        actor_name=by.address if by else "",
        act=facts.cut(act, 60),
        kind=subject._meta.label_lower,
        object_id=facts.cut(str(subject.pk), 64),
        object_name=facts.cut(facts.name_of(subject), 300),
    )


def _append(events: list[AuditEvent]) -> None:
    """Give the events their numbers and digests, after the last one; all or none.

    No savepoint: a deed whose event cannot be written must not be kept either.
    """
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEvent.objects.order_by("-number").only("number", "digest").first()
        number, before = (last.number, bytes(last.digest)) if last else (0, _FIRST)
        for event in events:
            number += 1
            event.number = number
            before = event.digest = digest_of(event, before)
        AuditEvent.objects.bulk_create(events, batch_size=1000)


def _fits(event: AuditEvent, before: bytes) -> bool:
    kept = bytes(event.digest)
    return any(hmac.compare_digest(kept, digest_of(event, before, key)) for key in _keys())


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"Event {first} is missing."
    return f"Events {first} to {last} are missing."


def _keys() -> list[bytes]:
    """The key in use, and those of earlier secret keys, under which older events stand."""
    secrets = [settings.AUDIT_KEY, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        hashlib.sha256(b"govmail audit chain" + each.encode()).digest() for each in secrets if each
    ]
