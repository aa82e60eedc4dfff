"""Identity: when two arrivals are the same message."""

from __future__ import annotations

import hashlib

from mailbox.mime.headers import split_fields
from mailbox.mime.parts.structure import MAX_HEADER_BYTES, header_block
from mailbox.mime.rendition import Rendition

# Written on the way, by whoever the message was led past. All other fields count: what can be
# shown otherwise is another message.
_TRACE = frozenset(
    (
        *("received", "return-path", "delivered-to", "envelope-to", "received-spf"),
        *("authentication-results", "dkim-signature", "domainkey-signature"),
    )
)
_TRACES = ("x-", "arc-", "list-", "resent-")
_READ = frozenset(("x-priority", "x-govmail-urgency", "x-failed-recipients"))


def identity_of(rendition: Rendition, raw: bytes, *, standing: str = "") -> bytes:
    """Return 32 bytes that are equal for the same message taken in twice.

    A sender that lost our answer sends again (RFC 1047), perhaps by another way, so trace
    fields do not count; all others do, and the body. Who knows a letter's Message-ID can
    write another one under it: neither must hide the other. standing: what our MTA thought
    of it, for a forged copy must not stand for the proven letter. Without a Message-ID
    every octet counts. The value tells much about the message and is never stored as it
    is: only under the lookup key.
    """
    block = header_block(raw)
    if not rendition.message_id or len(block) > MAX_HEADER_BYTES:
        return hashlib.sha256(raw).digest()
    together = hashlib.sha256(standing.encode())
    # Two fields may change places on the way, but not two of one name.
    for name, value in sorted(split_fields(block).fields, key=lambda field: field[0]):
        if name not in _TRACE and (name in _READ or not name.startswith(_TRACES)):
            together.update(b"\n%s:%s" % (name.encode(), b" ".join(value.split())))
    together.update(b"\n\n" + hashlib.sha256(raw[len(block) :]).digest())
    return together.digest()
