"""The files of a draft: sealed as they are uploaded, each under a key of its own."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from mailbox.errors import AttachmentTooLarge, DraftAlreadySent
from mailbox.filing.contents import forget_file, keep_sealed, load_content
from mailbox.mime.addresses import CONTROLS
from mailbox.mime.charsets import BIDI_CONTROLS
from mailbox.models import Draft, DraftAttachment
from mailbox.outbound.drafting import draft_key
from mailbox.sealing.content import new_key
from mailbox.sealing.records import open_record, seal_record

ANY_TYPE = "application/octet-stream"
LETTER_TYPE = "message/rfc822"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,80}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Enclosure:
    """A file of a draft, as its page shows it. size: bytes."""

    id: UUID
    name: str
    type: str
    size: int


def attach(draft: Draft, *, name: str, type: str, data: bytes) -> Enclosure:
    """Seal a file into a draft. AttachmentTooLarge if all together pass the limit.

    name: as the browser gave it, folders and control characters are dropped. type: a
    MIME type; composite and malformed ones become octet-stream.
    """
    given = type.partition(";")[0].strip().lower()
    composite = given.startswith(("multipart/", "message/"))
    fitting = given if _TYPE.fullmatch(given) and not composite else ANY_TYPE
    return _put(draft, _plain_name(name), fitting, data)


def attach_letter(draft: Draft, *, name: str, raw: bytes) -> Enclosure:
    """Seal a whole message into a draft, to be sent as message/rfc822."""
    return _put(draft, _plain_name(name), LETTER_TYPE, raw)


def remove(draft: Draft, file_id: UUID) -> None:
    """Take a file out of a draft; a second time does nothing."""
    with transaction.atomic():
        _lock_unsent(draft)
        found = DraftAttachment.objects.filter(pk=file_id, draft=draft).first()
        if found is not None:
            forget_file(found)
            found.delete()


def enclosures(draft: Draft, key: bytes | None = None) -> list[Enclosure]:
    """The files of a draft in the order they came. key: the draft's, where it is open."""
    found = list(draft.attachments.defer("row"))
    key = (key or draft_key(draft)) if found else b""
    return [_enclosure(one, _meta(one, key)) for one in found]


def opened(draft: Draft, key: bytes) -> list[tuple[Enclosure, bytes]]:
    """The files of a draft with their bytes, for sending."""
    result = []
    for one in draft.attachments.all():
        meta = _meta(one, key)
        data = load_content(one, base64.b64decode(meta["key"]), one.pk)
        result.append((_enclosure(one, meta), data))
    return result


def _put(draft: Draft, name: str, kind: str, data: bytes) -> Enclosure:
    if len(data) > settings.ATTACHMENT_LIMIT:
        raise AttachmentTooLarge
    pk, file_key = uuid.uuid4(), new_key()
    meta = {"name": name, "type": kind, "key": base64.b64encode(file_key).decode()}
    sealed_meta = seal_record(meta, draft_key(draft), purpose="draft-file", binding=str(pk))
    with transaction.atomic():
        _lock_unsent(draft)
        there = draft.attachments.aggregate(bytes=Sum("size"))["bytes"] or 0
        if there + len(data) > settings.ATTACHMENT_LIMIT:
            raise AttachmentTooLarge
        kept = keep_sealed(data, file_key, pk)
        row = DraftAttachment.objects.create(
            id=pk,
            draft=draft,
            sealed_meta=sealed_meta,
            size=len(data),
            row=kept.row,
            file=kept.file,
        )
    return _enclosure(row, meta)


def _lock_unsent(draft: Draft) -> None:
    if not Draft.objects.unsent().select_for_update().filter(pk=draft.pk).exists():
        raise DraftAlreadySent


def _meta(attachment: DraftAttachment, key: bytes) -> dict[str, str]:
    sealed = bytes(attachment.sealed_meta)
    return open_record(sealed, key, purpose="draft-file", binding=str(attachment.pk))


def _enclosure(row: DraftAttachment, meta: dict[str, str]) -> Enclosure:
    return Enclosure(row.pk, meta["name"], meta["type"], row.size)


def _plain_name(name: str) -> str:
    """The last part of a path, on one line, its ending kept where it must be cut."""
    last = BIDI_CONTROLS.sub("", CONTROLS.sub(" ", name)).replace("\\", "/").rpartition("/")[2]
    last = " ".join(last.split()).strip(". ") or "file"
    if len(last) <= _LONGEST_NAME:
        return last
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > 10:
        return last[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
