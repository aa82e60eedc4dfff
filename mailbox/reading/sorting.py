"""Sorting: what a reader does with conversations in a list.

Every verb takes the conversations of one folder, or of the whole mailbox where a list
is not a folder's; changes their messages there, and gives back what is needed to undo
it: DESIGN says undo, not confirm. List rows and counters follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from mailbox.filing.deleting import delete_messages
from mailbox.filing.messages import lock
from mailbox.models import Folder, Mailbox, MailReport, Message, Snooze, Thread
from mailbox.reading.deeds.changes import FIELDS, Change, Snoozed, settle, undo

__all__ = ["Change", "undo"]

# Where a verb works: in a folder, or in the whole mailbox.
Here = Folder | Mailbox
# What lies there got there by being sent, or until a moment: nobody moves mail into them.
NOT_BY_HAND = (Folder.Kind.SENT, Folder.Kind.SNOOZED)

_AWAY = (Folder.Kind.TRASH, Folder.Kind.SPAM)
# What a verb takes when its conversations are of the whole mailbox.
_EVERYWHERE = {
    "archive": Q(folder__kind__in=(Folder.Kind.INBOX, Folder.Kind.SNOOZED)),
    "trash": ~Q(folder__kind=Folder.Kind.TRASH),
    "restore": Q(folder__kind__in=_AWAY),
    "move": ~Q(folder__kind__in=_AWAY) & Q(is_own=False),
    "all": ~Q(folder__kind__in=_AWAY),
}


def mark_read(here: Here, threads: Collection[UUID], *, read: bool = True) -> Change:
    """Mark the messages of these conversations read or unread.

    Unread marks the newest of each only: that is where the reader begins again.
    """
    with transaction.atomic():
        chosen = _locked(here, threads, "all")
        if not read:
            chosen = _newest(here, chosen)
        return _change(here, chosen.exclude(is_read=read), is_read=read)


def star(here: Here, threads: Collection[UUID], *, starred: bool = True) -> Change:
    """Put a star on the newest message of each conversation, or take all stars off."""
    with transaction.atomic():
        chosen = _locked(here, threads, "all")
        if starred:
            chosen = _newest(here, chosen)
        return _change(here, chosen.exclude(is_starred=starred), is_starred=starred)


def move(
    here: Here, threads: Collection[UUID], *, to: Folder, now: datetime, reach: str = "move"
) -> Change:
    """Move these conversations to a folder of the same mailbox.

    Into the bin, a message remembers where it was and since when it lies there. What
    leaves the folder Snoozed is awake. reach: which messages, in a whole mailbox.
    """
    if to.mailbox_id != _mailbox(here):
        raise Folder.DoesNotExist
    with transaction.atomic():
        chosen = _locked(here, threads, reach).exclude(folder=to)
        if to.kind == Folder.Kind.TRASH:
            changes = {"trashed_at": now, "trashed_from_id": F("folder_id")}
        else:
            changes = {"trashed_at": None, "trashed_from_id": None}
        change = _change(here, chosen, folder_id=to.pk, **changes)
        return replace(change, snoozes=_awake(_mailbox(here), threads))


def archive(here: Here, threads: Collection[UUID], *, now: datetime) -> Change:
    """Move to the archive."""
    to = system_folder(here, Folder.Kind.ARCHIVE)
    return move(here, threads, to=to, now=now, reach="archive")


def trash(here: Here, threads: Collection[UUID], *, now: datetime) -> Change:
    """Move to the bin, from where it is deleted for ever after 30 days."""
    to = system_folder(here, Folder.Kind.TRASH)
    return move(here, threads, to=to, now=now, reach="trash")


def spam(here: Here, threads: Collection[UUID], *, now: datetime) -> Change:
    """Move to spam. `reading.deeds.reports` keeps the reader's word beside it."""
    return move(here, threads, to=system_folder(here, Folder.Kind.SPAM), now=now)


def restore(here: Here, threads: Collection[UUID]) -> Change:
    """Put back what lies in the bin or in spam: where it came from, else the inbox.

    One's own letters go back to Sent. What was reported is so no longer.
    """
    inbox = system_folder(here, Folder.Kind.INBOX)
    sent = system_folder(here, Folder.Kind.SENT)
    with transaction.atomic():
        chosen = _locked(here, threads, "restore")
        before = _remember(chosen)
        gone = MailReport.objects.filter(message__in=list(before))
        reports = dict.fromkeys(gone.values_list("message_id", "kind"), True)
        gone.delete()
        found = Message.objects.filter(mailbox=_mailbox(here), pk__in=before)
        home = Q(trashed_from__isnull=False) & ~Q(trashed_from__kind=Folder.Kind.SNOOZED)
        rest = list(found.exclude(home).values_list("pk", "is_own"))
        found.exclude(pk__in=[pk for pk, _own in rest]).update(folder_id=F("trashed_from_id"))
        for folder, own in ((sent, True), (inbox, False)):
            found.filter(pk__in=[pk for pk, is_own in rest if is_own == own]).update(folder=folder)
        found.update(trashed_at=None, trashed_from=None)
        settle(_mailbox(here), before)
        return Change(_mailbox(here), before, reports=reports)


def mute(here: Here, threads: Collection[UUID], *, now: datetime, muted: bool = True) -> Change:
    """Send these conversations to the archive, and whatever follows in them; or no longer."""
    box = _mailbox(here)
    with transaction.atomic():
        lock([box])
        found = Thread.objects.filter(mailbox=box, pk__in=list(threads), is_muted=not muted)
        change = Change(box, muted=dict.fromkeys(found.values_list("pk", flat=True), not muted))
        Thread.objects.filter(mailbox=box, pk__in=change.muted).update(is_muted=muted)
        if muted:
            to = system_folder(here, Folder.Kind.ARCHIVE)
            whole = Mailbox(pk=box)
            change = change.and_then(move(whole, threads, to=to, now=now, reach="archive"))
        else:
            settle(box, (), change.muted)
        return change


def erase(here: Here, threads: Collection[UUID]) -> int:
    """Delete for ever what of these conversations lies in the bin or in spam; no way back."""
    box = _mailbox(here)
    with transaction.atomic():
        chosen = _locked(here, threads, "restore").filter(folder__kind__in=_AWAY)
        return delete_messages(list(chosen.values_list("pk", flat=True)), [box])


def system_folder(here: Here, kind: str) -> Folder:
    """The folder of this kind in the mailbox; made where an older mailbox lacks it."""
    return Folder.objects.get_or_create(mailbox_id=_mailbox(here), kind=kind)[0]


def _mailbox(here: Here) -> UUID:
    return here.mailbox_id if isinstance(here, Folder) else here.pk


def _locked(here: Here, threads: Collection[UUID], reach: str) -> QuerySet[Message]:
    """The messages of these conversations that a verb takes, the mailbox locked."""
    lock([_mailbox(here)])
    found = Message.objects.filter(thread__in=list(threads), mailbox=_mailbox(here))
    return (
        found.filter(folder=here) if isinstance(here, Folder) else found.filter(_EVERYWHERE[reach])
    )


def _newest(here: Here, chosen: QuerySet[Message]) -> QuerySet[Message]:
    """The newest of each conversation."""
    newest = chosen.order_by("thread", "-received_at", "-id").distinct("thread")
    return Message.objects.filter(mailbox=_mailbox(here), pk__in=newest.values("pk"))


def _remember(chosen: QuerySet[Message]) -> dict[UUID, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in chosen.values_list("pk", *FIELDS)}


def _change(here: Here, chosen: QuerySet[Message], **changes: Any) -> Change:
    before = _remember(chosen)
    Message.objects.filter(mailbox=_mailbox(here), pk__in=before).update(**changes)
    settle(_mailbox(here), before)
    return Change(_mailbox(here), before)


def _awake(mailbox: UUID, threads: Collection[UUID]) -> dict[UUID, Snoozed]:
    """Forget the snoozes of conversations of which nothing lies in Snoozed any more."""
    asleep = Message.objects.filter(
        mailbox=mailbox, thread__in=list(threads), folder__kind=Folder.Kind.SNOOZED
    )
    over = Snooze.objects.filter(mailbox=mailbox, thread__in=list(threads)).exclude(
        thread__in=asleep.values("thread")
    )
    found: dict[UUID, Snoozed] = {
        thread: (until, back)
        for thread, until, back in over.values_list("thread_id", "until", "returns_to_id")
    }
    if found:
        Snooze.objects.filter(mailbox=mailbox, thread__in=found).delete()
    return found
