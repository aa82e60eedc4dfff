"""The statements that count again what is kept beside the rows: one for each counter.

Each gives the row's id, what it says and what it should say, for one mailbox, in one
statement: so it sees one moment, and mail that is being filed shows no drift. Every part
names the mailbox, so that one partition of each table is read.
"""

from __future__ import annotations

# What the messages of a conversation in a folder come to, as `filing.placements` counts it.
_OF_MESSAGES = """
WITH counted AS (
  SELECT thread_id, folder_id, count(*) AS messages,
         count(*) FILTER (WHERE NOT is_read) AS unread, bool_or(is_starred) AS starred,
         max(greatest(received_at, listed_at)) AS latest_at,
         (array_agg(id ORDER BY received_at DESC, id DESC))[1] AS latest, max(urgency) AS urgency
  FROM mailbox_message WHERE mailbox_id = %(box)s GROUP BY thread_id, folder_id
)"""

_OF_CONVERSATIONS = (
    _OF_MESSAGES  # noqa: S608  # words of ours
    + """, whole AS (
  SELECT c.thread_id,
         coalesce(max(c.latest_at) FILTER (WHERE f.kind NOT IN ('trash', 'spam')),
                  max(c.latest_at)) AS latest_at,
         bool_or(c.starred AND f.kind NOT IN ('trash', 'spam')) AS starred,
         bool_or(f.kind NOT IN ('trash', 'spam')) AS listed
  FROM counted c JOIN mailbox_folder f ON f.id = c.folder_id GROUP BY c.thread_id
)"""
)

PLACEMENTS = (
    _OF_MESSAGES  # noqa: S608  # words of ours
    + """
SELECT thread_id,
       concat_ws(' ', folder_id, p.message_count, p.unread_count, p.is_starred, p.urgency,
                 p.latest_id, p.latest_at),
       concat_ws(' ', folder_id, c.messages, c.unread, c.starred, c.urgency, c.latest,
                 c.latest_at)
FROM counted c FULL JOIN (
  SELECT * FROM mailbox_placement WHERE mailbox_id = %(box)s
) p USING (thread_id, folder_id)
WHERE (p.message_count, p.unread_count, p.is_starred, p.urgency, p.latest_id, p.latest_at)
  IS DISTINCT FROM (c.messages, c.unread, c.starred, c.urgency, c.latest, c.latest_at)
ORDER BY thread_id LIMIT %(most)s
"""
)

CONVERSATIONS = (
    _OF_CONVERSATIONS
    + """
SELECT t.id, concat_ws(' ', t.latest_at, t.is_starred, t.is_listed),
       concat_ws(' ', w.latest_at, w.starred, w.listed)
FROM mailbox_thread t JOIN whole w ON w.thread_id = t.id
WHERE t.mailbox_id = %(box)s
  AND (t.latest_at, t.is_starred, t.is_listed) <> (w.latest_at, w.starred, w.listed)
ORDER BY t.id LIMIT %(most)s
"""
)

LABELS = (
    _OF_CONVERSATIONS
    + """
SELECT l.thread_id, concat_ws(' ', l.label_id, l.latest_at), w.latest_at::text
FROM mailbox_labelling l JOIN whole w ON w.thread_id = l.thread_id
WHERE l.mailbox_id = %(box)s AND l.latest_at <> w.latest_at
ORDER BY l.thread_id LIMIT %(most)s
"""
)

EMPTY = """
SELECT t.id, 'a conversation', 'no message'
FROM mailbox_thread t
WHERE t.mailbox_id = %(box)s AND NOT EXISTS (
  SELECT FROM mailbox_message m WHERE m.mailbox_id = %(box)s AND m.thread_id = t.id)
ORDER BY t.id LIMIT %(most)s
"""

# Counted from the lists' rows: these are put right first.
FOLDERS = """
SELECT f.id, concat_ws(' ', f.conversation_count, f.unread_count), concat_ws(' ', c.rows, c.unread)
FROM mailbox_folder f CROSS JOIN LATERAL (
  SELECT count(*) AS rows, count(*) FILTER (WHERE p.unread_count > 0) AS unread
  FROM mailbox_placement p WHERE p.mailbox_id = %(box)s AND p.folder_id = f.id
) c
WHERE f.mailbox_id = %(box)s AND (f.conversation_count, f.unread_count) <> (c.rows, c.unread)
ORDER BY f.id LIMIT %(most)s
"""
MEND_FOLDERS = """
UPDATE mailbox_folder f SET conversation_count = c.rows, unread_count = c.unread
FROM (
  SELECT g.id, count(p.id) AS rows, count(p.id) FILTER (WHERE p.unread_count > 0) AS unread
  FROM mailbox_folder g
  LEFT JOIN mailbox_placement p ON p.folder_id = g.id AND p.mailbox_id = %(box)s
  WHERE g.mailbox_id = %(box)s AND g.id = ANY(%(rows)s::uuid[]) GROUP BY g.id
) c
WHERE f.id = c.id
"""

USED_BYTES = """
SELECT b.id, b.used_bytes::text, c.used::text
FROM mailbox_mailbox b CROSS JOIN LATERAL (
  SELECT coalesce(sum(m.size), 0) AS used FROM mailbox_message m WHERE m.mailbox_id = %(box)s
) c
WHERE b.id = %(box)s AND b.used_bytes <> c.used LIMIT %(most)s
"""
MEND_USED_BYTES = """
UPDATE mailbox_mailbox SET used_bytes = (
  SELECT coalesce(sum(m.size), 0) FROM mailbox_message m WHERE m.mailbox_id = %(box)s
) WHERE id = %(box)s
"""

INDEXES = """
SELECT i.id, i.columns::text, c.columns::text
FROM mailbox_searchindex i CROSS JOIN LATERAL (
  SELECT coalesce(sum(s.columns), 0) AS columns FROM mailbox_searchsegment s
  WHERE s.mailbox_id = %(box)s AND s.index_id = i.id
) c
WHERE i.mailbox_id = %(box)s AND i.state <> 'outdated' AND i.columns <> c.columns
ORDER BY i.id LIMIT %(most)s
"""
LOCK_INDEXES = """
SELECT id FROM mailbox_searchindex WHERE mailbox_id = %(box)s ORDER BY id FOR UPDATE
"""
MEND_INDEXES = """
UPDATE mailbox_searchindex i SET columns = (
  SELECT coalesce(sum(s.columns), 0) FROM mailbox_searchsegment s
  WHERE s.mailbox_id = %(box)s AND s.index_id = i.id
) WHERE i.mailbox_id = %(box)s AND i.id = ANY(%(rows)s::uuid[])
"""

SUBMISSIONS = """
SELECT s.id, concat_ws(' ', s.tally, s.has_failed), concat_ws(' ', c.tally, c.has_failed)
FROM mailbox_submission s CROSS JOIN LATERAL (
  SELECT coalesce(jsonb_object_agg(state, n), '{}') AS tally,
         coalesce(bool_or(state = ANY(%(failed)s)), false) AS has_failed
  FROM (SELECT d.state, count(*) AS n FROM mailbox_delivery d
        WHERE d.submission_id = s.id GROUP BY d.state) states
) c
WHERE s.mailbox_id = %(box)s AND (s.tally, s.has_failed) <> (c.tally, c.has_failed)
ORDER BY s.id LIMIT %(most)s
"""
# Whoever changes recipients has the letter's row locked.
LOCK_SUBMISSIONS = """
SELECT id FROM mailbox_submission WHERE id = ANY(%(rows)s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
MEND_SUBMISSIONS = """
UPDATE mailbox_submission s SET (tally, has_failed) = (
  SELECT coalesce(jsonb_object_agg(state, n), '{}'),
         coalesce(bool_or(state = ANY(%(failed)s)), false)
  FROM (SELECT d.state, count(*) AS n FROM mailbox_delivery d
        WHERE d.submission_id = s.id GROUP BY d.state) states
) WHERE s.mailbox_id = %(box)s AND s.id = ANY(%(rows)s::uuid[])
"""

UPLOADS = """
SELECT u.id, u.received::text, c.received::text
FROM mailbox_upload u JOIN mailbox_draft d ON d.id = u.draft_id CROSS JOIN LATERAL (
  SELECT coalesce(sum(p.size), 0) AS received FROM mailbox_uploadpiece p WHERE p.upload_id = u.id
) c
WHERE d.mailbox_id = %(box)s AND u.received <> c.received
ORDER BY u.id LIMIT %(most)s
"""
LOCK_UPLOADS = """
SELECT id FROM mailbox_upload WHERE id = ANY(%(rows)s::uuid[]) ORDER BY id FOR UPDATE
"""
MEND_UPLOADS = """
UPDATE mailbox_upload u SET received = (
  SELECT coalesce(sum(p.size), 0) FROM mailbox_uploadpiece p WHERE p.upload_id = u.id
) WHERE u.id = ANY(%(rows)s::uuid[])
"""
