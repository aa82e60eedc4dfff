"""Placements: the rows of the lists, rebuilt from the messages whenever these change.

A conversation has one row in each folder that holds a message of it. Rows and the
folders' counters are derived from the messages in one statement, so that they
cannot drift apart; the cost is that of the conversation, which is bounded, and
never that of the mailbox.

Lists over conversations (starred, a label, all mail) sort by what lies outside the
bin and spam; what has come back from a snooze stands where it came back.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

# In one statement every part sees the tables as they were before it. Each part names the
# mailboxes, although the conversations would do: so only their partitions are planned and read.
_PLACE = """
WITH before AS (
    SELECT id, thread_id, folder_id, unread_count FROM mailbox_placement
    WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND thread_id = ANY(%(threads)s::uuid[])
), after AS (
    SELECT mailbox_id, thread_id, folder_id, count(*) AS messages,
           count(*) FILTER (WHERE NOT is_read) AS unread,
           bool_or(is_starred) AS starred, max(greatest(received_at, listed_at)) AS latest_at,
           (array_agg(id ORDER BY received_at DESC, id DESC))[1] AS latest,
           max(urgency) AS urgency
    FROM mailbox_message
    WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND thread_id = ANY(%(threads)s::uuid[])
    GROUP BY mailbox_id, thread_id, folder_id
), whole AS (
    SELECT a.thread_id,
           coalesce(max(a.latest_at) FILTER (WHERE f.kind NOT IN ('trash', 'spam')),
                    max(a.latest_at)) AS latest_at,
           bool_or(a.starred AND f.kind NOT IN ('trash', 'spam')) AS starred,
           bool_or(f.kind NOT IN ('trash', 'spam')) AS listed
    FROM after a JOIN mailbox_folder f ON f.id = a.folder_id GROUP BY a.thread_id
), gone AS (
    DELETE FROM mailbox_placement p USING before b
    WHERE p.mailbox_id = ANY(%(boxes)s::uuid[]) AND p.id = b.id AND NOT EXISTS (
        SELECT FROM after a WHERE a.thread_id = b.thread_id AND a.folder_id = b.folder_id)
), put AS (
    INSERT INTO mailbox_placement (id, mailbox_id, thread_id, folder_id, latest_id, latest_at,
                                   message_count, unread_count, is_starred, urgency)
    SELECT mailbox_new_id(), mailbox_id, thread_id, folder_id, latest, latest_at, messages,
           unread, starred, urgency
    FROM after
    ON CONFLICT (thread_id, folder_id, mailbox_id) DO UPDATE SET
        latest_id = excluded.latest_id, latest_at = excluded.latest_at,
        message_count = excluded.message_count, unread_count = excluded.unread_count,
        is_starred = excluded.is_starred, urgency = excluded.urgency
), dated AS (
    UPDATE mailbox_thread t
    SET latest_at = w.latest_at, is_starred = w.starred, is_listed = w.listed
    FROM whole w
    WHERE t.mailbox_id = ANY(%(boxes)s::uuid[]) AND t.id = w.thread_id
      AND (t.latest_at, t.is_starred, t.is_listed) <> (w.latest_at, w.starred, w.listed)
), labelled AS (
    UPDATE mailbox_labelling l SET latest_at = w.latest_at
    FROM whole w
    WHERE l.mailbox_id = ANY(%(boxes)s::uuid[]) AND l.thread_id = w.thread_id
      AND l.latest_at <> w.latest_at
), change AS (
    SELECT folder_id, sum(rows) AS rows, sum(unread) AS unread FROM (
        SELECT folder_id, -1 AS rows, -(unread_count > 0)::int AS unread FROM before
        UNION ALL SELECT folder_id, 1, (unread > 0)::int FROM after) both_sides
    GROUP BY folder_id HAVING sum(rows) <> 0 OR sum(unread) <> 0
)
UPDATE mailbox_folder f
SET conversation_count = f.conversation_count + c.rows, unread_count = f.unread_count + c.unread
FROM change c WHERE f.id = c.folder_id
"""

_LIFT = """
WITH gone AS (
    DELETE FROM mailbox_placement
    WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND thread_id = ANY(%(threads)s::uuid[])
    RETURNING folder_id, unread_count
), change AS (
    SELECT folder_id, count(*) AS rows, count(*) FILTER (WHERE unread_count > 0) AS unread
    FROM gone GROUP BY folder_id
)
UPDATE mailbox_folder f
SET conversation_count = f.conversation_count - c.rows, unread_count = f.unread_count - c.unread
FROM change c WHERE f.id = c.folder_id
"""

_DROP_EMPTY = """
WITH empty AS (
    SELECT id FROM mailbox_thread t
    WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND id = ANY(%(threads)s::uuid[]) AND NOT EXISTS (
        SELECT FROM mailbox_message m
        WHERE m.mailbox_id = ANY(%(boxes)s::uuid[]) AND m.thread_id = t.id)
), unnamed AS (
    DELETE FROM mailbox_messagereference r USING empty e
    WHERE r.mailbox_id = ANY(%(boxes)s::uuid[]) AND r.thread_id = e.id
), unlabelled AS (
    DELETE FROM mailbox_labelling l USING empty e
    WHERE l.mailbox_id = ANY(%(boxes)s::uuid[]) AND l.thread_id = e.id
), awake AS (
    DELETE FROM mailbox_snooze s USING empty e
    WHERE s.mailbox_id = ANY(%(boxes)s::uuid[]) AND s.thread_id = e.id
)
DELETE FROM mailbox_thread t USING empty e
WHERE t.mailbox_id = ANY(%(boxes)s::uuid[]) AND t.id = e.id
"""


def place(threads: Collection[UUID], mailboxes: Collection[UUID]) -> None:
    """Bring list rows, counters, dates and stars of these conversations up to their messages.

    mailboxes: theirs, whose locks the transaction holds.
    """
    if threads:
        with connection.cursor() as cursor:
            cursor.execute(_PLACE, {"threads": list(threads), "boxes": list(mailboxes)})


def lift(threads: Collection[UUID], mailboxes: Collection[UUID]) -> None:
    """Take these conversations off the lists, before messages of theirs are deleted.

    `place` puts back what is left, in the same transaction.
    """
    if threads:
        with connection.cursor() as cursor:
            cursor.execute(_LIFT, {"threads": list(threads), "boxes": list(mailboxes)})


def drop_empty(threads: Collection[UUID], mailboxes: Collection[UUID]) -> None:
    """Delete those of these conversations that have no message left."""
    if threads:
        with connection.cursor() as cursor:
            cursor.execute(_DROP_EMPTY, {"threads": list(threads), "boxes": list(mailboxes)})


def announce(mailboxes: Collection[UUID]) -> None:
    """Tell the open pages of these mailboxes, when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify('mailbox', m::text) FROM unnest(%s::uuid[]) AS m", [list(mailboxes)]
        )
