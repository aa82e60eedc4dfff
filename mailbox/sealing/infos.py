"""What each HPKE ciphertext is bound to: the `info` of RFC 9180, section 5.

A key sealed for one mailbox, draft, arrival or submission does not open in the
place of another, because the other place has another `info`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

# What a delivery's `sealed_reply` begins with where it is sealed to the author's mailbox; those
# under the submission key are records, which begin with 1.
REPLY_FOR_OWNER = b"\x02"


def for_content(mailbox_id: UUID, content_id: UUID) -> bytes:
    """A message's content key, sealed to a mailbox that has the message."""
    return f"govmail/1/mailbox/{mailbox_id}/content/{content_id}".encode()


def for_draft(mailbox_id: UUID, draft_id: UUID) -> bytes:
    """A draft's key, sealed to its mailbox."""
    return f"govmail/1/mailbox/{mailbox_id}/draft/{draft_id}".encode()


def for_submission(mailbox_id: UUID, submission_id: UUID) -> bytes:
    """A submission key, sealed to its author's mailbox."""
    return f"govmail/1/mailbox/{mailbox_id}/submission/{submission_id}".encode()


def for_reply(mailbox_id: UUID, delivery_id: UUID) -> bytes:
    """What came back about a recipient, sealed to the author's mailbox."""
    return f"govmail/1/mailbox/{mailbox_id}/reply/{delivery_id}".encode()


def for_arrival(arrival_id: UUID) -> bytes:
    """An arrival's content key, sealed to the ingest key."""
    return f"govmail/1/ingest/{arrival_id}".encode()


def for_relay(submission_id: UUID) -> bytes:
    """A submission key, sealed to the relay key."""
    return f"govmail/1/relay/{submission_id}".encode()


def for_gateway(gateway_id: int) -> bytes:
    """A gateway's password, sealed to the relay key."""
    return f"govmail/1/gateway/{gateway_id}".encode()


def for_signing_key(key_id: int) -> bytes:
    """A domain's DKIM key, sealed to the relay key."""
    return f"govmail/1/signing-key/{key_id}".encode()


def for_rule(mailbox_id: UUID, row_id: UUID) -> bytes:
    """A filter rule or a vacation text, sealed to the ingest key."""
    return f"govmail/1/mailbox/{mailbox_id}/rule/{row_id}".encode()


def for_auto_reply(row_id: UUID) -> bytes:
    """Whom an automatic reply is owed to, sealed to the ingest key."""
    return f"govmail/1/auto-reply/{row_id}".encode()


def for_forwarding(mailbox_id: UUID, starts_at: datetime) -> bytes:
    """Where a mailbox's mail is forwarded outside, from an aware moment on."""
    moment = starts_at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"govmail/1/mailbox/{mailbox_id}/forward-outside/{moment}".encode()
