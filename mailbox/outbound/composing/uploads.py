"""A file that comes in pieces: each is sealed and kept, so a dropped line costs one of them.

Begin, put pieces in order, finish. `received` is the whole truth: whoever has lost
the line asks for it and goes on from there.
"""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum

from mailbox.errors import AttachmentTooLarge, DraftAlreadySent, UploadGone
from mailbox.filing.contents import forget_file, keep_sealed, load_content
from mailbox.ids import new_id
from mailbox.models import Draft, Upload, UploadPiece
from mailbox.outbound.drafting import draft_key
from mailbox.outbound.enclosures import Enclosure, attach, attach_picture, room_left
from mailbox.sealing.content import new_key
from mailbox.sealing.records import open_record, seal_record

PIECE = 1024 * 1024  # bytes
_AT_ONCE = 30
_LONGEST_NAME = 1_000


def begin(draft: Draft, *, name: str, type: str, size: int, is_picture: bool = False) -> Upload:
    """Announce a file of `size` bytes. AttachmentTooLarge, DraftAlreadySent."""
    if draft.submission_id is not None:
        raise DraftAlreadySent
    under_way = draft.uploads.aggregate(bytes=Sum("size"), files=Count("pk"))
    is_crowded = (under_way["bytes"] or 0) + size > 2 * settings.ATTACHMENT_LIMIT
    if not 0 <= size <= room_left(draft) or is_crowded or under_way["files"] >= _AT_ONCE:
        raise AttachmentTooLarge
    upload = Upload(id=new_id(), draft=draft, size=size)
    meta = {
        "name": name[:_LONGEST_NAME],
        "type": type[:200],
        "picture": is_picture,
        "key": base64.b64encode(new_key()).decode(),
    }
    upload.sealed_meta = seal_record(
        meta, draft_key(draft), purpose="upload", binding=str(upload.pk)
    )
    upload.save(force_insert=True)
    return upload


@transaction.atomic
def put(draft: Draft, upload_id: UUID, *, start: int, data: bytes) -> int:
    """Keep the bytes from `start` on; return how many are there now.

    Bytes that do not follow on what is there are not kept: the answer says where to go on.
    AttachmentTooLarge past the announced size or for a piece beyond `PIECE`; UploadGone.
    """
    upload = _locked(draft, upload_id)
    if start != upload.received or not data:
        return upload.received
    if len(data) > PIECE or start + len(data) > upload.size:
        raise AttachmentTooLarge
    pk = new_id()
    kept = keep_sealed(data, base64.b64decode(_meta(upload)["key"]), pk)
    UploadPiece.objects.create(
        id=pk, upload=upload, start=start, size=len(data), row=kept.row, file=kept.file
    )
    upload.received = start + len(data)
    upload.save(update_fields=["received"])
    return upload.received


@transaction.atomic
def finish(draft: Draft, upload_id: UUID) -> Enclosure | None:
    """Make a file of the draft out of all pieces; None while some are missing.

    AttachmentTooLarge, PictureUnreadable, UploadGone.
    """
    upload = _locked(draft, upload_id)
    if upload.received != upload.size:
        return None
    meta = _meta(upload)
    key = base64.b64decode(meta["key"])
    data = b"".join(load_content(piece, key, piece.pk) for piece in upload.pieces.all())
    if meta["picture"]:
        file = attach_picture(draft, name=meta["name"], data=data)
    else:
        file = attach(draft, name=meta["name"], type=meta["type"], data=data)
    delete(upload)
    return file


@transaction.atomic
def give_up(draft: Draft, upload_id: UUID) -> None:
    """Forget a file that was not finished; a second time does nothing."""
    for upload in Upload.objects.select_for_update().filter(pk=upload_id, draft=draft):
        delete(upload)


def received(draft: Draft, upload_id: UUID) -> int:
    """How many bytes are there. UploadGone."""
    found = Upload.objects.filter(pk=upload_id, draft=draft).first()
    if found is None:
        raise UploadGone
    return found.received


def unfinished(draft: Draft, key: bytes) -> list[tuple[Upload, str]]:
    """Files that stopped half-way, with their names: choosing one again goes on with it."""
    return [(upload, _meta(upload, key)["name"]) for upload in draft.uploads.order_by("created_at")]


def delete(upload: Upload) -> None:
    """Delete an upload with its pieces, and their files once that is committed."""
    for piece in upload.pieces.only("pk", "file"):
        forget_file(piece)
    upload.delete()


def _locked(draft: Draft, upload_id: UUID) -> Upload:
    found = (
        Upload.objects.select_for_update(of=("self",))
        .select_related("draft__mailbox")
        .filter(pk=upload_id, draft=draft)
        .first()
    )
    if found is None:
        raise UploadGone
    return found


def _meta(upload: Upload, key: bytes | None = None) -> dict[str, Any]:
    sealed = bytes(upload.sealed_meta)
    key = key or draft_key(upload.draft)
    return open_record(sealed, key, purpose="upload", binding=str(upload.pk))
