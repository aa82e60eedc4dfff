"""What the relay must know of a submission, sealed; and the two who can open it.

A submission key seals the envelope and every recipient's address and reply. It is
sealed to the relay key, until nothing is owed, and to the author's mailbox.
"""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mailbox import opening
from mailbox.mime.rendition import Address
from mailbox.models import Delivery, Mailbox, Submission
from mailbox.sealing import infos, keyring, lookup
from mailbox.sealing.records import open_record, seal_record
from mailbox.smtp.verdicts import Reason, Verdict


@dataclass(frozen=True)
class Envelope:
    """content_key opens the content; sender is the return path; identity as `identity_of`
    gives it, for filing once; subject and to_names are for the author's outbox.
    """

    content_key: bytes
    sender: str
    identity: bytes
    subject: str = ""
    to_names: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "key": base64.b64encode(self.content_key).decode(),
            "identity": base64.b64encode(self.identity).decode(),
            "sender": self.sender,
            "subject": self.subject,
            "to_names": self.to_names,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Envelope:
        return cls(
            base64.b64decode(value["key"]),
            value["sender"],
            base64.b64decode(value["identity"]),
            value["subject"],
            value["to_names"],
        )


def seal_key(submission: Submission, key: bytes, mailbox: Mailbox) -> None:
    """Seal a submission key to the relay and to the author's mailbox; sets, does not save.

    Within the transaction that saves it, as `opening.seal_to_mailbox`.
    """
    seal_for_relay(submission, key)
    info = infos.for_submission(mailbox.pk, submission.pk)
    submission.sealed_key_for_owner = opening.seal_to_mailbox(mailbox.pk, key, info)


def seal_for_relay(submission: Submission, key: bytes) -> None:
    """Seal a submission key to the relay alone, when something is owed again."""
    submission.relay_key_id, submission.sealed_key_for_relay = keyring.current().seal_to(
        "relay", key, infos.for_relay(submission.pk)
    )


def key_for_relay(submission: Submission) -> bytes:
    """Open a submission key with the relay key: in a worker, while something is owed."""
    return keyring.current().unseal_from(
        "relay",
        submission.relay_key_id,
        bytes(submission.sealed_key_for_relay or b""),
        infos.for_relay(submission.pk),
    )


def key_for_owner(submission: Submission, private_key: bytes) -> bytes:
    """Open a submission key with the private key of the author's mailbox: in the web tier."""
    info = infos.for_submission(submission.mailbox_id, submission.pk)
    return opening.unseal_own(bytes(submission.sealed_key_for_owner), private_key, info=info)


def seal_envelope(envelope: Envelope, key: bytes, submission: Submission) -> bytes:
    return seal_record(envelope.to_json(), key, purpose="envelope", binding=str(submission.pk))


def open_envelope(submission: Submission, key: bytes) -> Envelope:
    sealed = bytes(submission.sealed_envelope)
    return Envelope.from_json(
        open_record(sealed, key, purpose="envelope", binding=str(submission.pk))
    )


def seal_address(who: Address, key: bytes, delivery: Delivery) -> bytes:
    value = {"name": who.name, "address": who.address}
    return seal_record(value, key, purpose="address", binding=str(delivery.pk))


def open_address(delivery: Delivery, key: bytes) -> Address:
    sealed = bytes(delivery.sealed_address)
    value = open_record(sealed, key, purpose="address", binding=str(delivery.pk))
    return Address(value["name"], value["address"])


def address_digest(submission_id: UUID, address: str) -> bytes:
    """What tells a recipient of one submission from the others, without saying who they are.

    Case does not count, nor how the domain is written (RFC 5891). KeyMissing in LMTP.
    """
    local, at, domain = address.strip().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    value = f"{local}{at}{domain}".lower()
    return lookup.digest(keyring.current().lookup_key, submission_id, "recipient", value)


def seal_reply(verdict: Verdict, key: bytes, delivery: Delivery) -> bytes:
    """Seal the last words about a recipient under the submission key."""
    return seal_record(_words(verdict), key, purpose="reply", binding=str(delivery.pk))


def seal_reply_for_owner(verdict: Verdict, delivery: Delivery, mailbox: Mailbox) -> bytes:
    """Seal words that came back when no worker has the submission key: to the author alone."""
    text = json.dumps(_words(verdict), ensure_ascii=False).encode("utf-8", "surrogatepass")
    info = infos.for_reply(mailbox.pk, delivery.pk)
    return infos.REPLY_FOR_OWNER + opening.seal_to_mailbox(mailbox.pk, text, info)


def open_reply(
    delivery: Delivery, key: bytes, *, mailbox_id: UUID | None = None, private_key: bytes = b""
) -> Verdict | None:
    """The last words about a recipient, or None where there were none.

    mailbox_id, private_key: of the author's mailbox; without them, what came back for the
    author alone is None, too.
    """
    if delivery.sealed_reply is None:
        return None
    sealed = bytes(delivery.sealed_reply)
    if sealed[:1] != infos.REPLY_FOR_OWNER:
        value = open_record(sealed, key, purpose="reply", binding=str(delivery.pk))
    elif mailbox_id is not None and private_key:
        info = infos.for_reply(mailbox_id, delivery.pk)
        value = json.loads(opening.unseal_own(sealed[1:], private_key, info=info))
    else:
        return None
    return Verdict(value["code"], value["text"], value["enhanced"], Reason(value["reason"]))


def _words(verdict: Verdict) -> dict[str, Any]:
    return {
        "code": verdict.code,
        "text": verdict.text,
        "enhanced": verdict.enhanced,
        "reason": verdict.reason.value,
    }
