"""Attention: what an arrival does to a conversation that was muted or laid aside.

Into a muted one it goes past the inbox, into the archive; a snoozed one it wakes. One
statement for all mailboxes, and nothing more where nobody muted or snoozed.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from mailbox.models import Folder

_HEEDED = """
SELECT t.mailbox_id, t.id, t.is_muted, s.thread_id IS NOT NULL
FROM mailbox_thread t
LEFT JOIN mailbox_snooze s
  ON s.mailbox_id = ANY(%(boxes)s::uuid[]) AND s.mailbox_id = t.mailbox_id AND s.thread_id = t.id
WHERE t.mailbox_id = ANY(%(boxes)s::uuid[]) AND t.id = ANY(%(threads)s::uuid[])
  AND (t.is_muted OR s.thread_id IS NOT NULL)
"""
_WAKE = """
WITH awake AS (
    DELETE FROM mailbox_snooze
    WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND thread_id = ANY(%(threads)s::uuid[])
    RETURNING thread_id, returns_to_id
)
UPDATE mailbox_message m SET folder_id = coalesce(a.returns_to_id, inbox.id)
FROM awake a, mailbox_folder asleep, mailbox_folder inbox
WHERE m.mailbox_id = ANY(%(boxes)s::uuid[]) AND m.thread_id = a.thread_id
  AND asleep.id = m.folder_id AND asleep.kind = 'snoozed'
  AND inbox.mailbox_id = m.mailbox_id AND inbox.kind = 'inbox'
"""


def heed(threads: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """Wake what is snoozed; give the archive of the mailboxes that muted theirs.

    threads: the conversation that a message joins, by mailbox; the locks are held.
    """
    if not threads:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HEEDED, {"boxes": list(threads), "threads": list(threads.values())})
        heeded = cursor.fetchall()
        asleep = {thread: box for box, thread, _is_muted, is_asleep in heeded if is_asleep}
        if asleep:
            cursor.execute(_WAKE, {"boxes": list(asleep.values()), "threads": list(asleep)})
    muted = [box for box, _thread, is_muted, _is_asleep in heeded if is_muted]
    if not muted:
        return {}
    archives = Folder.objects.filter(mailbox__in=muted, kind=Folder.Kind.ARCHIVE)
    return dict(archives.values_list("mailbox_id", "pk"))
