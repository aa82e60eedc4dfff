"""What sealing costs: a message for 1,000 mailboxes, and the ciphers' own speed beside it."""

from __future__ import annotations

import os
import time
import uuid

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.measuring import Figure, at_most, median_ms
from mailbox.sealing import content, hpke, infos


def measure() -> list[Figure]:
    publics = [hpke.public_key_of(hpke.new_private_key()) for _ in range(1000)]
    ids = [uuid.uuid4() for _ in publics]
    key, content_id = content.new_key(), uuid.uuid4()
    body = os.urandom(8192)
    begun = time.process_time()
    content.seal_content(body, key, content_id)
    for mailbox_id, public in zip(ids, publics, strict=True):
        hpke.seal(key, public, info=infos.for_content(mailbox_id, content_id))
    spent = time.process_time() - begun
    cipher = AESGCM(key)
    aes = median_ms(lambda: cipher.encrypt(os.urandom(12), body, None), times=200)
    whole = median_ms(lambda: content.seal_content(body, content.new_key(), content_id), times=200)
    return [
        at_most("seal one 8 kB message for 1,000 mailboxes, CPU", spent, "s", 0.25),
        Figure("limit: AES-256-GCM alone, 8 kB", aes * 1000, "us"),
        Figure("seal_content, 8 kB with zstd", whole * 1000, "us"),
    ]
