"""Letters for the tests, and a short way to have one filed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from mailbox.filing import file_copies, file_own_copy, identity_of
from mailbox.filing.contents import store_content
from mailbox.mime.parse import parse
from mailbox.mime.rendition import pack
from mailbox.models import Folder, Mailbox, Message, Placement
from mailbox.sealing.content import new_key

MORNING = datetime(2008, 1, 8, 2, 0, tzinfo=UTC)


def raw_letter(
    subject: str = "รายงาน",
    *,
    name: str = "",
    answers: str = "",
    references: str = "",
    body: str = "เรียน ทุกท่าน",
) -> bytes:
    """Return a message; `name` and `answers` are Message-IDs without brackets."""
    lines = ["From: Dara <dara@elsewhere.example>", "To: amina@transport.example"]
    lines += [f"Subject: {subject}", "Date: Tue, 8 Jan 2008 09:12:00 +0700"]
    lines += [f"Message-ID: <{name or uuid4()}>"]
    if answers:
        lines += [f"In-Reply-To: <{answers}>"]
    if references:
        lines += ["References: " + " ".join(f"<{each}>" for each in references.split())]
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", body, ""]
    return "\r\n".join(lines).encode()


def file_raw(
    raw: bytes,
    mailboxes: Collection[Mailbox | UUID],
    *,
    at: datetime = MORNING,
    known: bool = True,
    folder_kind: str = "inbox",
    return_path: str | None = None,
) -> int:
    """File a message as a worker does; return how many mailboxes were new to it."""
    rendition, sections = parse(raw)
    key = new_key()
    content = store_content(pack(rendition, raw, sections), key, uuid4())
    return file_copies(
        content,
        key,
        rendition,
        mailbox_ids=[each.pk if isinstance(each, Mailbox) else each for each in mailboxes],
        received_at=at,
        duplicate_of=identity_of(rendition, raw) if known else None,
        folder_kind=folder_kind,
        return_path=return_path,
    )


def file_own(raw: bytes, mailbox: Mailbox, *, at: datetime = MORNING) -> Message:
    rendition, sections = parse(raw)
    key = new_key()
    content = store_content(pack(rendition, raw, sections), key, uuid4())
    return file_own_copy(content, key, rendition, mailbox_id=mailbox.pk, received_at=at)


def later(minutes: int) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def folder_of(mailbox: Mailbox, kind: str) -> Folder:
    return Folder.objects.get(mailbox=mailbox, kind=kind)


def counts(mailbox: Mailbox) -> dict[str, tuple[int, int]]:
    """Conversations and unread ones of each folder that has any, as its counters say.

    Compared with the rows on the way: they must never say different things.
    """
    said = {}
    for folder in Folder.objects.filter(mailbox=mailbox):
        rows = Placement.objects.filter(folder=folder)
        by_rows = (rows.count(), rows.filter(unread_count__gt=0).count())
        assert (folder.conversation_count, folder.unread_count) == by_rows
        for row in rows:
            here = Message.objects.filter(thread=row.thread, folder=folder)
            newest = here.order_by("-received_at", "-id").first()
            assert newest is not None and row.latest == newest
            assert row.latest_at == newest.received_at
            assert row.message_count == here.count()
            assert row.unread_count == here.filter(is_read=False).count()
        if by_rows != (0, 0):
            said[folder.slug] = by_rows
    return said
