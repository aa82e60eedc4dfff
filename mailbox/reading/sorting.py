"""Sorting: what a reader does with conversations in a list.

Every verb takes the conversations of one folder, changes their messages there, and
gives back what is needed to undo it: DESIGN says undo, not confirm. List rows and
counters follow by `place`, in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from mailbox.filing.messages import lock
from mailbox.filing.placements import announce, place
from mailbox.models import Folder, Mailbox, Message

FIELDS = ("is_read", "is_starred", "folder_id", "trashed_at", "trashed_from_id")


@dataclass(frozen=True)
class Change:
    """What a verb did. before: the former values (FIELDS) of every message it changed."""

    mailbox: UUID
    before: dict[UUID, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return len(self.before)

    def to_json(self) -> dict[str, Any]:
        """As plain values, for a form or the session; ids and flags, nothing sealed."""
        return {
            "mailbox": str(self.mailbox),
            "before": [
                [str(pk), read, starred, str(folder), at and at.isoformat(), origin and str(origin)]
                for pk, (read, starred, folder, at, origin) in self.before.items()
            ],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Change:
        """What `to_json` gave. ValueError, KeyError or TypeError if it is something else."""
        before = {
            UUID(pk): (
                bool(read),
                bool(starred),
                UUID(folder),
                datetime.fromisoformat(at) if at else None,
                UUID(origin) if origin else None,
            )
            for pk, read, starred, folder, at, origin in value["before"]
        }
        return cls(UUID(value["mailbox"]), before)


def mark_read(folder: Folder, threads: Collection[UUID], *, read: bool = True) -> Change:
    """Mark the messages of these conversations in this folder read or unread.

    Unread marks the newest of each only: that is where the reader begins again.
    """
    with transaction.atomic():
        chosen = _locked(folder, threads).exclude(is_read=read)
        if not read:
            newest = _locked(folder, threads).order_by("thread", "-received_at", "-id")
            chosen = chosen.filter(pk__in=newest.distinct("thread").values("pk"))
        return _change(folder.mailbox_id, chosen, is_read=read)


def star(folder: Folder, threads: Collection[UUID], *, starred: bool = True) -> Change:
    """Put a star on the newest message of each conversation here, or take all stars off."""
    with transaction.atomic():
        chosen = _locked(folder, threads).exclude(is_starred=starred)
        if starred:
            newest = _locked(folder, threads).order_by("thread", "-received_at", "-id")
            chosen = chosen.filter(pk__in=newest.distinct("thread").values("pk"))
        return _change(folder.mailbox_id, chosen, is_starred=starred)


def move(folder: Folder, threads: Collection[UUID], *, to: Folder, now: datetime) -> Change:
    """Move these conversations from one folder to another of the same mailbox.

    Into the bin, a message remembers where it was and since when it lies there.
    """
    if to.mailbox_id != folder.mailbox_id:
        raise Folder.DoesNotExist
    with transaction.atomic():
        chosen = _locked(folder, threads)
        if to.pk == folder.pk:
            return Change(folder.mailbox_id)
        if to.kind == Folder.Kind.TRASH:
            changes = {"trashed_at": now, "trashed_from_id": folder.pk}
        else:
            changes = {"trashed_at": None, "trashed_from_id": None}
        return _change(folder.mailbox_id, chosen, folder_id=to.pk, **changes)


def archive(folder: Folder, threads: Collection[UUID], *, now: datetime) -> Change:
    """Move to the archive."""
    return move(folder, threads, to=system_folder(folder, Folder.Kind.ARCHIVE), now=now)


def trash(folder: Folder, threads: Collection[UUID], *, now: datetime) -> Change:
    """Move to the bin, from where it is deleted for ever after 30 days."""
    return move(folder, threads, to=system_folder(folder, Folder.Kind.TRASH), now=now)


def spam(folder: Folder, threads: Collection[UUID], *, now: datetime) -> Change:
    """Move to spam."""
    return move(folder, threads, to=system_folder(folder, Folder.Kind.SPAM), now=now)


def restore(folder: Folder, threads: Collection[UUID]) -> Change:
    """Put back what lies in the bin or in spam: where it came from, else the inbox.

    One's own letters go back to Sent.
    """
    inbox = system_folder(folder, Folder.Kind.INBOX)
    sent = system_folder(folder, Folder.Kind.SENT)
    with transaction.atomic():
        before = _remember(_locked(folder, threads))
        here = Message.objects.filter(pk__in=before, folder=folder)
        here.filter(trashed_from__isnull=False).update(folder_id=F("trashed_from_id"))
        here.filter(is_own=True).update(folder=sent)
        here.update(folder=inbox)
        Message.objects.filter(pk__in=before).update(trashed_at=None, trashed_from=None)
        _settle(folder.mailbox_id, before)
        return Change(folder.mailbox_id, before)


def undo(mailbox: Mailbox, change: Change) -> int:
    """Give the messages back what they had before a change; return how many are still there.

    A folder deleted meanwhile is not made again: its messages stay where they are.
    """
    if change.mailbox != mailbox.pk:
        raise Message.DoesNotExist
    alike: defaultdict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for pk, values in change.before.items():
        alike[values].append(pk)
    restored = 0
    with transaction.atomic():
        lock([mailbox.pk])
        folders = set(Folder.objects.filter(mailbox=mailbox).values_list("pk", flat=True))
        for values, pks in alike.items():
            fields = dict(zip(FIELDS, values, strict=True))
            if fields["folder_id"] not in folders:
                continue
            if fields["trashed_from_id"] not in folders:
                fields["trashed_from_id"] = None
            restored += Message.objects.filter(mailbox=mailbox, pk__in=pks).update(**fields)
        _settle(mailbox.pk, change.before)
    return restored


def system_folder(folder: Folder, kind: str) -> Folder:
    """The folder of this kind in the mailbox of another folder."""
    return Folder.objects.get(mailbox=folder.mailbox_id, kind=kind)


def _locked(folder: Folder, threads: Collection[UUID]) -> QuerySet[Message]:
    """The messages of these conversations in this folder, the mailbox locked."""
    lock([folder.mailbox_id])
    return Message.objects.filter(
        thread__in=list(threads), mailbox=folder.mailbox_id, folder=folder
    )


def _remember(chosen: QuerySet[Message]) -> dict[UUID, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in chosen.values_list("pk", *FIELDS)}


def _change(mailbox: UUID, chosen: QuerySet[Message], **changes: Any) -> Change:
    before = _remember(chosen)
    Message.objects.filter(pk__in=before).update(**changes)
    _settle(mailbox, before)
    return Change(mailbox, before)


def _settle(mailbox: UUID, messages: Iterable[UUID]) -> None:
    """Lists and counters follow, and open pages hear of it."""
    threads = Message.objects.filter(pk__in=list(messages)).values_list("thread_id", flat=True)
    place(set(threads))
    announce([mailbox])
