"""Recipients: which mailbox an envelope address leads to, and whether it takes mail now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

# One message may go to this many mailboxes by LMTP; more make a second transaction.
MOST_RECIPIENTS = 1_000

# Written out, because it is asked for every recipient of every message.
_FIND = """
SELECT m.id, m.is_open, m.used_bytes >= m.quota_bytes
FROM mailbox_mailboxaddress a JOIN mailbox_mailbox m ON m.id = a.mailbox_id
WHERE a.address = %s
"""


@dataclass(frozen=True)
class Recipient:
    """A mailbox behind an address. is_open: it takes mail; is_full: its quota is used up."""

    mailbox: UUID
    is_open: bool
    is_full: bool


def find(address: str) -> Recipient | None:
    """Return the mailbox behind an envelope address (RFC 5321), or None where there is none.

    One query by a unique index. Case does not count, not even before the @: two
    officials whose addresses differ in it alone would be a trap.
    """
    if "\0" in address:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [address.lower()])
        row = cursor.fetchone()
    return Recipient(*row) if row else None
