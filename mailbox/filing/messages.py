"""Messages: one sealed content is put into many mailboxes, each by its own key.

Filing needs public halves only. Everything that belongs to a message, in a handful of
statements for up to 200 mailboxes, is one transaction: the row, its conversation,
the list rows, the counters, the notice to open pages. The cost does not depend on
how much the mailboxes already hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from mailbox.filing.absences import owe
from mailbox.filing.attention import heed
from mailbox.filing.correspondents import meet
from mailbox.filing.courses import label, places, plan
from mailbox.filing.indexed.words import Words, sign, words_again
from mailbox.filing.placements import announce, drop_empty, place
from mailbox.filing.rules import Deeds, Facts
from mailbox.filing.threads import Ties, thread_for
from mailbox.ids import new_id
from mailbox.mime.rendition import Rendition, summary_of
from mailbox.models import Content, Folder, Message
from mailbox.sealing import hpke, infos, keyring, lookup, records

# Mailboxes to one transaction: so many are locked together, and no longer than a moment.
BATCH = 200

_NO_DEEDS = Deeds()

# Not FOR UPDATE: whoever refers to a mailbox, a draft for instance, need not wait for us.
_LOCK = """
SELECT id, public_key FROM mailbox_mailbox
WHERE id = ANY(%s::uuid[]) AND length(sealed_private_key) > 0
ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_WITH_FOLDER = """
SELECT m.id, m.public_key, f.id FROM mailbox_mailbox m
LEFT JOIN mailbox_folder f ON f.mailbox_id = m.id AND f.kind = %s
WHERE m.id = ANY(%s::uuid[]) AND length(m.sealed_private_key) > 0
ORDER BY m.id FOR NO KEY UPDATE OF m
"""
_FILED_BEFORE = """
SELECT m.mailbox_id
FROM unnest(%(boxes)s::uuid[], %(digests)s::bytea[]) AS wanted (mailbox_id, digest)
JOIN mailbox_message m
  ON m.mailbox_id = ANY(%(boxes)s::uuid[])
 AND m.mailbox_id = wanted.mailbox_id AND m.duplicate_digest = wanted.digest
"""
_CHARGE = """
UPDATE mailbox_mailbox SET used_bytes = used_bytes + %s WHERE id = ANY(%s::uuid[])
"""


@dataclass(frozen=True)
class _Letter:
    """What is the same in every mailbox."""

    content: Content
    key: bytes
    summary: Mapping[str, object]
    ties: Ties
    size: int
    urgency: int
    received_at: datetime
    words: Words
    folder_kind: str = Folder.Kind.INBOX
    duplicate_of: bytes | None = None
    is_own: bool = False
    origin: str = Message.Origin.LMTP
    # From whom it is, or to whom where it is one's own.
    people: tuple[str, ...] = ()


def file_copies(
    content: Content,
    content_key: bytes,
    rendition: Rendition,
    *,
    mailbox_ids: Collection[UUID],
    received_at: datetime,
    duplicate_of: bytes | None,
    folder_kind: str = Folder.Kind.INBOX,
    origin: str = Message.Origin.LMTP,
    return_path: str | None = None,
    words: Words | None = None,
) -> int:
    """File a stored content for these mailboxes; return how many did not have it yet.

    duplicate_of: `identity_of` the message; where it is given, calling again files
    nothing twice. origin: who vouches for its sender. return_path: of the envelope, for
    replies; None where it is not known. words: as stored with the content; without them they
    are read from it. A mailbox that is gone or shredded is passed over.
    Full and closed ones are filed too: whoever was answered 250 is owed. In the inbox each
    mailbox's own rules are followed, and whoever they forward to is filed for as well.
    received_at is aware.
    Every 200 mailboxes are a transaction of their own unless the caller has one open.
    """
    words = words or words_again(content, content_key, rendition)
    letter = _letter(content, content_key, rendition, received_at, words)
    letter = replace(letter, folder_kind=folder_kind, duplicate_of=duplicate_of, origin=origin)
    is_new_mail = folder_kind == Folder.Kind.INBOX
    courses = plan(set(mailbox_ids), Facts.of(rendition), now=received_at) if is_new_mail else {}
    boxes = sorted({*mailbox_ids, *courses})
    thrown_away = {box for box, deeds in courses.items() if deeds.throws_away}
    filed = 0
    for start in range(0, len(boxes), BATCH):
        with transaction.atomic(savepoint=False):
            messages = _file(letter, boxes[start : start + BATCH], courses)
            kept = {one.mailbox_id for one in messages} - thrown_away
            if is_new_mail:
                owe(kept, rendition, return_path, now=received_at)
        filed += len(messages)
    return filed


def file_own_copy(
    content: Content,
    content_key: bytes,
    rendition: Rendition,
    *,
    mailbox_id: UUID,
    received_at: datetime,
    words: Words | None = None,
) -> Message:
    """File the author's own copy in Sent, read, in the conversation it belongs to.

    words: as for `file_copies`.
    """
    words = words or words_again(content, content_key, rendition)
    letter = replace(
        _letter(content, content_key, rendition, received_at, words),
        folder_kind=Folder.Kind.SENT,
        is_own=True,
        origin=Message.Origin.PORTAL,
        people=tuple(who.address for who in (*rendition.to, *rendition.cc)),
    )
    with transaction.atomic(savepoint=False):
        return _file(letter, [mailbox_id], {})[0]


def _letter(
    content: Content, key: bytes, rendition: Rendition, received_at: datetime, words: Words
) -> _Letter:
    return _Letter(
        content=content,
        key=key,
        summary=summary_of(rendition).to_json(),
        ties=Ties.of(rendition),
        size=rendition.raw_length,
        urgency=rendition.urgency,
        received_at=received_at,
        words=words,
        people=(rendition.sender.address,) if rendition.sender else (),
    )


def _file(letter: _Letter, wanted: Sequence[UUID], courses: Mapping[UUID, Deeds]) -> list[Message]:
    """File for at most BATCH mailboxes, inside a transaction."""
    public_keys, folders = _lock_with_folders(wanted, letter.folder_kind)
    digests = _digests(letter, public_keys)
    for had in _filed_before(digests):
        del public_keys[had]
    boxes = list(public_keys)
    if not boxes:
        return []
    joined = thread_for(boxes, letter.ties, letter.received_at)
    if letter.folder_kind == Folder.Kind.INBOX:
        folders |= heed(joined.threads)
    new_to = meet(boxes, letter.people, at=letter.received_at)
    mine = {box: courses.get(box, _NO_DEEDS) for box in boxes}
    moved = places(mine)
    messages = []
    for box, deeds in mine.items():
        message = Message(
            mailbox_id=box,
            thread_id=joined.threads[box],
            folder_id=folders[box],
            duplicate_digest=digests.get(box),
            is_first_contact=box in new_to and not letter.is_own,
            is_read=letter.is_own or deeds.read,
            is_starred=deeds.star,
        )
        _move(message, moved.get(box), letter.received_at)
        messages.append(_message(letter, message, public_keys[box]))
    Message.objects.bulk_create(messages)
    sign(messages, letter.key, letter.words)
    label(mine, joined.threads, latest_at=letter.received_at)
    place({*joined.threads.values(), *joined.losers}, boxes)
    drop_empty(joined.losers, boxes)
    charge(boxes, letter.size)
    announce(boxes)
    return messages


def lock(mailboxes: Collection[UUID]) -> dict[UUID, bytes]:
    """Lock those of these mailboxes that are there, in an order all keep; give public keys."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(mailboxes)])
        return {box: bytes(public_key) for box, public_key in cursor.fetchall()}


def charge(mailboxes: Collection[UUID], size: int) -> None:
    """Add `size` bytes (negative: give back) to what each of these locked mailboxes uses."""
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, [size, list(mailboxes)])


def _digests(letter: _Letter, boxes: Collection[UUID]) -> dict[UUID, bytes]:
    if letter.duplicate_of is None:
        return {}
    key, value = keyring.current().lookup_key, letter.duplicate_of
    return {box: lookup.digest(key, box, "duplicate", value) for box in boxes}


def _filed_before(digests: Mapping[UUID, bytes]) -> list[UUID]:
    if not digests:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FILED_BEFORE, {"boxes": list(digests), "digests": list(digests.values())})
        return [box for (box,) in cursor.fetchall()]


def _lock_with_folders(
    wanted: Collection[UUID], kind: str
) -> tuple[dict[UUID, bytes], dict[UUID, UUID]]:
    """Like `lock`, with the folder of this kind in each mailbox, made where it is missing."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_WITH_FOLDER, [kind, list(wanted)])
        rows = cursor.fetchall()
    folders = {box: folder for box, _, folder in rows if folder is not None}
    missing = [Folder(mailbox_id=box, kind=kind) for box, _, folder in rows if folder is None]
    if missing:
        Folder.objects.bulk_create(missing)
        folders |= {folder.mailbox_id: folder.pk for folder in missing}
    return {box: bytes(public_key) for box, public_key, _ in rows}, folders


def _message(letter: _Letter, message: Message, public_key: bytes) -> Message:
    """Seal the content key to the mailbox, and the list row under the content key."""
    message.id = new_id()
    message.content = letter.content
    info = infos.for_content(message.mailbox_id, letter.content.pk)
    message.sealed_key = hpke.seal(letter.key, public_key, info=info)
    message.sealed_summary = records.seal_record(
        letter.summary, letter.key, purpose="summary", binding=str(message.id)
    )
    message.received_at = letter.received_at
    message.size = letter.size
    message.urgency = letter.urgency
    message.origin = letter.origin
    message.is_own = letter.is_own
    return message


def _move(message: Message, to: Folder | None, now: datetime) -> None:
    """Have a message begin where a rule wants it; the bin remembers where it would have lain."""
    if to is None:
        return
    if to.kind == Folder.Kind.TRASH:
        message.trashed_at, message.trashed_from_id = now, message.folder_id
    message.folder_id = to.pk
