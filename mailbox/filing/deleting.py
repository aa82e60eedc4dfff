"""Deleting messages for ever: rows, list rows, counters and what the mailbox uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

from mailbox.filing.indexed import holes
from mailbox.filing.messages import charge, lock
from mailbox.filing.placements import announce, drop_empty, lift, place
from mailbox.models import Message

# All that hangs on a message besides its list rows and its words, in one statement that names
# the mailboxes: the ORM would ask every partition, table by table.
_DELETE = """
WITH answering AS (
    UPDATE mailbox_draft SET answers_id = NULL WHERE answers_id = ANY(%(messages)s::uuid[])
), sent AS (
    UPDATE mailbox_submission SET sent_copy_id = NULL WHERE sent_copy_id = ANY(%(messages)s::uuid[])
), reported AS (
    DELETE FROM mailbox_mailreport WHERE message_id = ANY(%(messages)s::uuid[])
), answered AS (
    DELETE FROM mailbox_invitationanswer WHERE message_id = ANY(%(messages)s::uuid[])
)
DELETE FROM mailbox_message
WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND id = ANY(%(messages)s::uuid[])
"""


def delete_messages(messages: Collection[UUID], mailboxes: Collection[UUID]) -> int:
    """Delete these messages of these mailboxes for ever; return how many were there.

    Their contents go with the sweep, once nobody has them.
    """
    with transaction.atomic():
        lock(mailboxes)
        found = Message.objects.filter(pk__in=messages, mailbox__in=mailboxes)
        rows = list(found.values_list("pk", "mailbox_id", "thread_id", "size"))
        threads = {thread for _, _, thread, _ in rows}
        lift(threads, mailboxes)
        holes.forget([pk for pk, _, _, _ in rows], Counter(box for _, box, _, _ in rows))
        _delete([pk for pk, _, _, _ in rows], mailboxes)
        place(threads, mailboxes)
        drop_empty(threads, mailboxes)
        freed: Counter[UUID] = Counter()
        for _, box, _, size in rows:
            freed[box] += size
        for box, size in freed.items():
            charge([box], -size)
        announce(list(freed))
    return len(rows)


def _delete(messages: Collection[UUID], mailboxes: Collection[UUID]) -> None:
    """Delete the rows; no list names them any more, nothing of theirs waits for the index."""
    if messages:
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, {"messages": list(messages), "boxes": list(mailboxes)})
