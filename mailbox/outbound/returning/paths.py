"""Return paths: where reports on a letter come back to, signed and for a time only.

`r+` and, in base32, the submission's id, the last day on which it is good, and the stamp
of the returns key over both. No list of secrets is kept, and nobody else can make one; a
path that was copied leads a stranger's report to one letter, until that day. A local part
of 47 characters (RFC 5321 §4.5.3.1.1 allows 64), in lower case: reports may come back in
capitals. After VERP and BATV (draft-levine-smtp-batv).
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from mailbox.sealing import keyring
from mailbox.sealing.keyring import STAMP_BYTES

PREFIX = "r+"
# A gateway that took a letter at the very last may try for five days more, and then report.
STAYS_GOOD = timedelta(days=10)

_EPOCH = date(2020, 1, 1)
_DAY_BYTES = 2
_VALUE_BYTES = 16 + _DAY_BYTES
_ENCODED = -(-(_VALUE_BYTES + STAMP_BYTES) * 8 // 5)
_MOST_DAYS = 2 ** (8 * _DAY_BYTES) - 1


def last_day(expires_at: datetime) -> date:
    """The last day (UTC) for reports on a submission that is given up at `expires_at` (aware)."""
    return (expires_at.astimezone(UTC) + STAYS_GOOD).date()


def path_for(submission_id: UUID, expires_on: date, domain: str) -> str:
    """The return path of a submission, `r+…@domain`, good up to and with that day.

    The same each time as long as the key is. KeyMissing where this process has no returns
    key: a letter then leaves with its author's address.
    """
    days = min(max((expires_on - _EPOCH).days, 0), _MOST_DAYS)
    value = submission_id.bytes + days.to_bytes(_DAY_BYTES, "big")
    text = base64.b32encode(value + keyring.current().stamp(value)).decode("ascii")
    return f"{PREFIX}{text.rstrip('=').lower()}@{domain}"


def looks_like_one(local_part: str) -> bool:
    """Whether this was written to be a return path, good or not."""
    return local_part[: len(PREFIX)].lower() == PREFIX and len(local_part) == len(PREFIX) + _ENCODED


def submission_of(local_part: str, today: date) -> UUID | None:
    """The submission a return path is of; None where it is forged, or its day is over.

    today: in UTC. KeyMissing where this process has no returns key: answer 451.
    """
    if not looks_like_one(local_part) or not local_part.isascii():
        return None
    text = local_part[len(PREFIX) :].upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    value, stamp = raw[:_VALUE_BYTES], raw[_VALUE_BYTES:]
    # Spare bits at the end could be written otherwise: one path has one spelling.
    if base64.b32encode(raw).decode("ascii").rstrip("=") != text:
        return None
    if not keyring.current().knows_stamp(value, stamp):
        return None
    last = _EPOCH + timedelta(days=int.from_bytes(value[16:], "big"))
    return UUID(bytes=value[:16]) if today <= last else None
