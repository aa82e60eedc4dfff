"""Drafts: begun, saved under a version, furnished with files, and thrown away.

A draft key seals the body and, one by one, the files; it is itself sealed to the
mailbox, so everything here needs the mailbox's private key and runs in the web tier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import DraftAlreadySent, DraftChangedElsewhere
from mailbox.filing.contents import forget_file
from mailbox.ids import new_id
from mailbox.mime.plaintext import html_to_text, snippet
from mailbox.models import Draft, DraftAttachment, Mailbox, Message, UploadPiece
from mailbox.models.delegations import may_write
from mailbox.outbound.body import Body, recipients
from mailbox.outbound.composing.signing import signed
from mailbox.sealing import infos
from mailbox.sealing.content import new_key
from mailbox.sealing.records import open_record, seal_record


@dataclass(frozen=True)
class DraftRow:
    """A draft as it stands in the list of drafts."""

    draft: Draft
    to_names: str
    subject: str
    snippet: str


def start(mailbox: Mailbox, *, by: Account, now: datetime, to: Sequence[Any] = ()) -> Draft:
    """Begin a draft where `by` may write; to: recipients as in `Body.typed`. NotYours else."""
    if not may_write(mailbox, by):
        raise NotYours
    return begin(mailbox, signed(Body(to=recipients(to)), mailbox, by=by), by=by, now=now)


@transaction.atomic
def begin(
    mailbox: Mailbox, body: Body, *, by: Account, now: datetime, answers: Message | None = None
) -> Draft:
    """Begin a draft with a body that is already written: an answer, or a letter passed on."""
    if not may_write(mailbox, by):
        raise NotYours
    draft = Draft(id=new_id(), mailbox=mailbox, answers=answers, updated_at=now)
    key = new_key()
    info = infos.for_draft(mailbox.pk, draft.pk)
    draft.sealed_key = opening.seal_to_mailbox(mailbox.pk, key, info)
    draft.sealed_body = _sealed(body, key, draft.pk, draft.version)
    draft.save(force_insert=True)
    return draft


def draft_key(draft: Draft, private_key: bytes | None = None) -> bytes:
    """Open the key of a draft. private_key: the mailbox's, where the caller has it open."""
    private_key = private_key or opening.mailbox_key(draft.mailbox)
    info = infos.for_draft(draft.mailbox_id, draft.pk)
    return opening.unseal_own(bytes(draft.sealed_key), private_key, info=info)


def open_draft(draft: Draft, key: bytes | None = None) -> Body:
    """Open what a draft says. key: the draft's, where the caller has it open."""
    value = open_record(
        bytes(draft.sealed_body),
        key or draft_key(draft),
        purpose="draft",
        binding=f"{draft.pk}:{draft.version}",
    )
    return Body.from_json(value)


def save(draft: Draft, values: Mapping[str, Any], *, version: int, now: datetime) -> int:
    """Save what the author typed on top of `version`; return the new version.

    values: see `Body.typed`. DraftChangedElsewhere if another window has saved since,
    DraftAlreadySent if the draft has been sent: nothing is overwritten either way.
    """
    if draft.version != version:
        raise DraftChangedElsewhere
    key = draft_key(draft)
    body = open_draft(draft, key).typed(values)
    sealed = _sealed(body, key, draft.pk, version + 1)
    mine = Draft.objects.unsent().filter(pk=draft.pk, version=version)
    if not mine.update(version=version + 1, sealed_body=sealed, updated_at=now):
        sent = Draft.objects.filter(pk=draft.pk, submission__isnull=False).exists()
        raise DraftAlreadySent if sent else DraftChangedElsewhere
    draft.version, draft.sealed_body, draft.updated_at = version + 1, sealed, now
    return draft.version


@transaction.atomic
def discard(draft: Draft) -> None:
    """Throw a draft away with its files; DraftAlreadySent if it is on its way."""
    locked = Draft.objects.select_for_update().filter(pk=draft.pk).first()
    if locked is None:
        return
    if locked.submission_id is not None:
        raise DraftAlreadySent
    delete_all([locked])


@transaction.atomic
def delete_all(drafts: Sequence[Draft]) -> None:
    """Delete the rows of drafts, and their files once that is committed."""
    for attachment in DraftAttachment.objects.filter(draft__in=drafts).only("pk", "file"):
        forget_file(attachment)
    for piece in UploadPiece.objects.filter(upload__draft__in=drafts).only("pk", "file"):
        forget_file(piece)
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts]).delete()


def rows(drafts: Sequence[Draft], mailbox: Mailbox) -> list[DraftRow]:
    """Open the list rows of these drafts of one mailbox."""
    private_key = opening.mailbox_key(mailbox) if drafts else b""
    return [_row(draft, private_key) for draft in drafts]


def _row(draft: Draft, private_key: bytes) -> DraftRow:
    body = open_draft(draft, draft_key(draft, private_key))
    people = [who if isinstance(who, str) else who.name or who.address for who in body.to]
    text = html_to_text(body.html.for_frame()) if body.is_rich else body.text
    return DraftRow(draft, ", ".join(people[:5]), body.subject, snippet(text))


def _sealed(body: Body, key: bytes, draft_id: UUID, version: int) -> bytes:
    """The body bound to its version, so that an older one cannot be put back."""
    return seal_record(body.to_json(), key, purpose="draft", binding=f"{draft_id}:{version}")
