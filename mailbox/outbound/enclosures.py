"""The files of a draft: sealed as they are uploaded, each under a key of its own."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from mailbox.errors import AttachmentTooLarge, DraftAlreadySent, PictureUnreadable
from mailbox.filing.contents import forget_file, keep_sealed, load_content
from mailbox.ids import new_id
from mailbox.mime.addresses import CONTROLS
from mailbox.mime.charsets import BIDI_CONTROLS
from mailbox.models import Draft, DraftAttachment
from mailbox.outbound.drafting import draft_key
from mailbox.sealing.content import new_key
from mailbox.sealing.records import open_record, seal_record

ANY_TYPE = "application/octet-stream"
LETTER_TYPE = "message/rfc822"
# What a text may show, told by its first bytes: what a browser says of a file is hearsay.
_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
MOST_PICTURES = 200
_NEXT = -1
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,80}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Enclosure:
    """A file of a draft, as its page shows it. size: bytes.

    picture: for one shown in the text, its number there: `attachment/<picture>/`; else 0.
    """

    id: UUID
    name: str
    type: str
    size: int
    picture: int = 0

    @property
    def cid(self) -> str:
        """The Content-ID a picture is sent under; "" for a file."""
        return f"{self.id}@picture" if self.picture else ""


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


def attach_picture(draft: Draft, *, name: str, data: bytes, number: int = 0) -> Enclosure:
    """Seal a picture that the text shows into a draft; its type is told by its bytes.

    number: where the text shows it already, else the next free one. PictureUnreadable for
    anything but PNG, JPEG, GIF and WebP; AttachmentTooLarge.
    """
    kind = next((kind for start, kind in _PICTURES if start.match(data)), None)
    if kind is None:
        raise PictureUnreadable
    return _put(draft, _plain_name(name), kind, data, picture=number or _NEXT)


def picture(draft: Draft, number: int) -> tuple[str, bytes] | None:
    """The type and bytes of the picture that a draft's text shows under a number."""
    key = draft_key(draft)
    for one in draft.attachments.defer("row"):
        meta = _meta(one, key)
        if meta.get("picture") == number:
            return meta["type"], load_content(one, base64.b64decode(meta["key"]), one.pk)
    return None


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


def room_left(draft: Draft) -> int:
    """Bytes that a draft's files may still grow by."""
    there: int = draft.attachments.aggregate(bytes=Sum("size"))["bytes"] or 0
    return settings.ATTACHMENT_LIMIT - there


def _put(draft: Draft, name: str, kind: str, data: bytes, *, picture: int = 0) -> Enclosure:
    if len(data) > settings.ATTACHMENT_LIMIT:
        raise AttachmentTooLarge
    pk, file_key, key = new_id(), new_key(), draft_key(draft)
    meta: dict[str, Any] = {
        "name": name,
        "type": kind,
        "key": base64.b64encode(file_key).decode(),
    }
    with transaction.atomic():
        _lock_unsent(draft)
        if len(data) > room_left(draft):
            raise AttachmentTooLarge
        if picture:
            meta["picture"] = _next_number(draft, key) if picture == _NEXT else picture
        sealed_meta = seal_record(meta, key, purpose="draft-file", binding=str(pk))
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


def _next_number(draft: Draft, key: bytes) -> int:
    """A number that no picture of the draft has."""
    taken = [_meta(one, key).get("picture", 0) for one in draft.attachments.defer("row")]
    if sum(map(bool, taken)) >= MOST_PICTURES:
        raise AttachmentTooLarge
    return max(taken, default=0) + 1


def _lock_unsent(draft: Draft) -> None:
    if not Draft.objects.unsent().select_for_update().filter(pk=draft.pk).exists():
        raise DraftAlreadySent


def _meta(attachment: DraftAttachment, key: bytes) -> dict[str, Any]:
    sealed = bytes(attachment.sealed_meta)
    return open_record(sealed, key, purpose="draft-file", binding=str(attachment.pk))


def _enclosure(row: DraftAttachment, meta: dict[str, Any]) -> Enclosure:
    return Enclosure(row.pk, meta["name"], meta["type"], row.size, meta.get("picture", 0))


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
