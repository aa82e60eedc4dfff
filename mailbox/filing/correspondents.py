"""Correspondents: whom a mailbox has had mail from or written to, as keyed digests.

A reader is told when a sender writes for the first time, because forged and look-alike
senders do. No address is kept: the digest is under the lookup key, per mailbox.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from mailbox.sealing import keyring, lookup

_MEET = """
INSERT INTO mailbox_correspondent (mailbox_id, digest, first_at)
SELECT mailbox_id, digest, %s FROM unnest(%s::uuid[], %s::bytea[]) AS m (mailbox_id, digest)
ON CONFLICT (mailbox_id, digest) DO NOTHING
RETURNING mailbox_id
"""


def digest_of(mailbox: UUID, address: str) -> bytes:
    """What stands for an address in this mailbox; case does not count."""
    plain = unicodedata.normalize("NFC", address.strip()).lower()
    return lookup.digest(keyring.current().lookup_key, mailbox, "address", plain)


def meet(mailboxes: Collection[UUID], addresses: Collection[str], *, at: datetime) -> set[UUID]:
    """Remember these addresses in each of these mailboxes, whose locks are held.

    Returns the mailboxes to which at least one of them was new. One statement.
    """
    known = {(box, digest_of(box, one)) for box in mailboxes for one in addresses if one}
    if not known:
        return set()
    pairs = sorted(known)
    with connection.cursor() as cursor:
        cursor.execute(_MEET, [at, [box for box, _ in pairs], [digest for _, digest in pairs]])
        return {box for (box,) in cursor.fetchall()}
