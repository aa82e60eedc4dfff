"""Identity: when two arrivals are the same message."""

from __future__ import annotations

import hashlib

from mailbox.mime.rendition import Rendition


def identity_of(rendition: Rendition, raw: bytes) -> bytes:
    """Return 32 bytes that are equal for the same message taken in twice.

    A sender that lost our answer sends again (RFC 1047), perhaps by another way, so the
    trace headers do not count: what counts is the Message-ID, who wrote when about
    what, and the body. Without a Message-ID every octet counts. The value tells much
    about the message and is never stored as it is: only under the lookup key.
    """
    if not rendition.message_id:
        return hashlib.sha256(raw).digest()
    _, _, body = raw.partition(b"\r\n\r\n")
    sender = rendition.sender.address if rendition.sender else ""
    said = (rendition.message_id, sender, rendition.subject, rendition.date or "")
    head = "\0".join(part.replace("\0", "") for part in said)
    together = hashlib.sha256(head.encode("utf-8", "surrogatepass"))
    together.update(b"\0\0" + hashlib.sha256(body).digest())
    return together.digest()
