"""Sweeping: what nobody has any more is deleted, rows first and files after."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min

from mailbox import storage
from mailbox.filing.contents import delete_unowned, forget_files
from mailbox.filing.deleting import delete_messages
from mailbox.models import (
    Arrival,
    Content,
    DraftAttachment,
    Message,
    SearchText,
    Upload,
    UploadPiece,
)

logger = logging.getLogger(__name__)

TRASH_KEPT_FOR = timedelta(days=30)
# A file is written before its row is committed; younger ones may still get theirs.
ORPHANS_KEPT_FOR = timedelta(days=1)
# A file that was not finished may be gone on with, in the same draft, for so long.
UPLOADS_KEPT_FOR = timedelta(days=1)
BATCH = 200
# Every model whose sealed bytes may lie in a file.
HAVE_FILES = (Content, SearchText, Arrival, DraftAttachment, UploadPiece)


def sweep(now: datetime) -> None:
    """Delete old trash for ever, contents without an owner, and files without a row.

    May stop anywhere and be run again, by several workers at once.
    """
    remind_of_held(now)
    trashed = empty_trash(now)
    contents = sum(iter(lambda: delete_unowned(now), 0))
    forget_uploads(now)
    files = delete_orphans(now)
    if trashed or contents or files:
        logger.info("swept: %d messages, %d contents, %d files", trashed, contents, files)


def remind_of_held(now: datetime) -> None:
    """Say again, every hour, that mail is held: one line at its moment is soon overlooked."""
    held = Arrival.objects.held().aggregate(count=Count("pk"), since=Min("held_at"))
    if held["count"]:
        hours = (now - held["since"]) // timedelta(hours=1)
        logger.error("%d arrivals are held, the oldest for %d h", held["count"], hours)


def empty_trash(now: datetime) -> int:
    """Delete for ever what has been in the bin for 30 days; return how many messages."""
    old = Message.objects.filter(trashed_at__lt=now - TRASH_KEPT_FOR).order_by("trashed_at")
    deleted = 0
    while batch := list(old.values_list("pk", "mailbox_id")[:BATCH]):
        with transaction.atomic():
            deleted += delete_messages([pk for pk, _ in batch], {box for _, box in batch})
    return deleted


def forget_uploads(now: datetime) -> int:
    """Delete files that nobody has finished attaching, with their pieces; return how many."""
    old = Upload.objects.filter(created_at__lt=now - UPLOADS_KEPT_FOR).order_by("created_at")
    deleted = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            forget_files(UploadPiece.objects.filter(upload__in=batch).only("pk", "file"))
            Upload.objects.filter(pk__in=batch).delete()
        deleted += len(batch)
    return deleted


def delete_orphans(now: datetime) -> int:
    """Delete stored files, older than a day, that no row names; return how many.

    Looks at a twenty-fourth of the folders, those of this hour of the day.
    """
    before = now - ORPHANS_KEPT_FOR
    tops = [f"{top:02x}" for top in range(256) if top % 24 == now.hour]
    return sum(storage.forget_all(names) for top in tops for names in orphans(before, top))


def orphans(before: datetime, prefix: str = "") -> Iterator[list[str]]:
    """Names of files written before then that no row names, below a folder, by pages."""
    for page in storage.content_storage().listing(prefix):
        old = {one.name for one in page if one.written_at < before}
        yield sorted(old - named(old))


def named(names: Collection[str]) -> set[str]:
    """Those of these files that a row names."""
    return {
        name
        for model in HAVE_FILES
        for name in model._default_manager.filter(file__in=names, file__gt="").values_list(
            "file", flat=True
        )
    }
