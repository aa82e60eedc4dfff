"""Absences: who is owed a reply because the reader is away (RFC 3834).

Filing writes down that a reply is owed; a worker writes and sends it afterwards. What is
owed is decided from what is known for certain at that moment: the envelope's return path,
the letter's own marks, and whether it was addressed to the mailbox at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from mailbox.filing.correspondents import digest_of
from mailbox.ids import new_id
from mailbox.mime.addresses import is_valid_address
from mailbox.mime.rendition import Rendition
from mailbox.models import AutoReply, Vacation
from mailbox.nudges import answer_later
from mailbox.sealing import infos, keyring

# Nobody reads what is answered to these (RFC 3834 2, RFC 5230 4.6).
_NOBODY = re.compile(
    r"(?:mailer-daemon|postmaster|majordomo|listserv|bounces?|no-?reply|do-?not-?reply|noreply)"
    r"(?:[-+.=_].*)?|owner-.*|.*-(?:request|owner|bounces?|noreply|no-reply)(?:\+.*)?"
)

_AWAY = """
SELECT v.mailbox_id, v.period_at FROM mailbox_vacation v
WHERE v.mailbox_id = ANY(%(boxes)s::uuid[]) AND v.is_enabled AND v.starts_at <= %(now)s
  AND (v.ends_at IS NULL OR v.ends_at > %(now)s)
  AND EXISTS (SELECT FROM mailbox_mailboxaddress a
              WHERE a.mailbox_id = v.mailbox_id AND a.address = ANY(%(named)s))
  AND NOT EXISTS (SELECT FROM mailbox_mailboxaddress a
                  WHERE a.mailbox_id = v.mailbox_id AND a.address = %(sender)s)
"""


@dataclass(frozen=True)
class Texts:
    """What is replied: inside government, and outside (empty: nothing)."""

    subject: str = ""
    inside: str = ""
    outside: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Texts:
        return cls(value["subject"], value["inside"], value["outside"])


@dataclass(frozen=True)
class Request:
    """Whom a reply is owed to (the return path), and to which letter."""

    to: str
    subject: str
    message_id: str
    references: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, value: bytes) -> Request:
        said = json.loads(value)
        return cls(said["to"], said["subject"], said["message_id"], tuple(said["references"]))


def texts_for_worker(vacation: Vacation) -> Texts:
    """Open what is replied with the ingest key. KeyMissing, SealBroken, ValueError."""
    opened = keyring.current().unseal_from(
        "ingest",
        vacation.ingest_key_id,
        bytes(vacation.sealed_for_ingest),
        infos.for_rule(vacation.mailbox_id, vacation.mailbox_id),
    )
    return Texts.from_json(json.loads(opened))


def request_for_worker(reply: AutoReply) -> Request:
    """Open whom a reply is owed to. KeyMissing, SealBroken, ValueError."""
    sealed = bytes(reply.sealed_request or b"")
    return Request.from_bytes(
        keyring.current().unseal_from(
            "ingest", reply.ingest_key_id, sealed, infos.for_auto_reply(reply.pk)
        )
    )


def is_answerable(rendition: Rendition, return_path: str | None) -> bool:
    """Whether a machine may answer this letter at all. None: nobody knows the return path."""
    if not return_path or rendition.is_list or rendition.is_automatic:
        return False
    # Who is not who they say would have others answered: one reply for each forged address.
    if rendition.authentication.has_failed:
        return False
    local = return_path.rpartition("@")[0].lower()
    # Beyond ASCII we could not send to them.
    is_sendable = return_path.isascii() and is_valid_address(return_path)
    return is_sendable and not _NOBODY.fullmatch(local)


def owe(
    mailboxes: Collection[UUID], rendition: Rendition, return_path: str | None, *, now: datetime
) -> None:
    """Write down the replies that this letter, just filed in these mailboxes, calls for.

    Only where the mailbox is named in To or Cc, and once per sender and absence. One
    statement where nobody is away, none where the letter may not be answered.
    """
    if not mailboxes or not is_answerable(rendition, return_path):
        return
    sender = str(return_path)
    named = [who.address.lower() for who in (*rendition.to, *rendition.cc)]
    values: dict[str, Any] = {
        "boxes": list(mailboxes),
        "now": now,
        "named": named,
        "sender": sender.lower(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_AWAY, values)
        away = cursor.fetchall()
    if not away:
        return
    chain = (*rendition.references, *filter(None, [rendition.message_id]))
    request = Request(sender, rendition.subject, rendition.message_id, chain[-20:])
    owed = [_owed(box, period_at, request, now) for box, period_at in away]
    AutoReply.objects.bulk_create(owed, ignore_conflicts=True)
    answer_later([one.pk for one in owed])


def _owed(box: UUID, period_at: datetime, request: Request, now: datetime) -> AutoReply:
    pk = new_id()
    key_id, sealed = keyring.current().seal_to(
        "ingest", request.to_bytes(), infos.for_auto_reply(pk)
    )
    return AutoReply(
        pk=pk,
        mailbox_id=box,
        digest=digest_of(box, request.to),
        period_at=period_at,
        ingest_key_id=key_id,
        sealed_request=sealed,
        due_at=now,
    )
