"""The chain of audit events: writing one, and proving that none was changed or removed (P11)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

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
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEvent.objects.order_by("-number").first()
        event = AuditEvent(
            number=(last.number if last else 0) + 1,
            at=now,
            actor=by,
            actor_name=by.address if by else "",
            act=act,
            kind=subject._meta.label_lower,
            object_id=str(subject.pk),
            object_name=str(subject)[:300],
            agency=agency or getattr(subject, "agency", None),
            details=details or {},
        )
        event.digest = digest_of(event, bytes(last.digest) if last else _FIRST)
        event.save(force_insert=True)
    return event


def verify() -> Iterator[str]:
    """Give a sentence for each break of the chain; none if it is whole."""
    before, expected = _FIRST, 1
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=2000):
        if event.number != expected:
            yield f"Events {expected} to {event.number - 1} are missing."
        if not hmac.compare_digest(bytes(event.digest), digest_of(event, before)):
            yield f"Event {event.number} was changed, or one before it was removed."
        before, expected = bytes(event.digest), event.number + 1


def digest_of(event: AuditEvent, before: bytes) -> bytes:
    """HMAC-SHA-256 over the digest before and this event's facts; its key is in no table."""
    facts = [
        event.number,
        event.at.astimezone(UTC).isoformat(),
        event.actor_name,
        event.act,
        event.kind,
        event.object_id,
        event.object_name,
        event.agency_id,
        event.details,
    ]
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(_key(), before + text.encode(), hashlib.sha256)


def _key() -> bytes:
    return hashlib.sha256(b"govmail audit chain" + settings.SECRET_KEY.encode()).digest()
