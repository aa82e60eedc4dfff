from __future__ import annotations

from typing import get_args
from uuid import UUID

from mailbox.sealing.lookup import DIGEST_BYTES, Kind, digest

KEY = bytes(range(32))
MAILBOX, OTHER = UUID(int=1), UUID(int=2)


def test_the_same_value_gives_the_same_digest() -> None:
    assert digest(KEY, MAILBOX, "subject", "งบประมาณ") == digest(
        KEY, MAILBOX, "subject", "งบประมาณ".encode()
    )
    assert len(digest(KEY, MAILBOX, "subject", "")) == DIGEST_BYTES


def test_another_mailbox_kind_or_key_gives_another_digest() -> None:
    digests = {digest(KEY, MAILBOX, kind, "a@b.example") for kind in get_args(Kind)}
    digests |= {digest(KEY, OTHER, kind, "a@b.example") for kind in get_args(Kind)}
    digests.add(digest(bytes(32), MAILBOX, "subject", "a@b.example"))
    assert len(digests) == 2 * len(get_args(Kind)) + 1


def test_text_that_no_charset_knows_has_a_digest_too() -> None:
    assert digest(KEY, MAILBOX, "message-id", "\udc80@x") != digest(
        KEY, MAILBOX, "message-id", "@x"
    )
