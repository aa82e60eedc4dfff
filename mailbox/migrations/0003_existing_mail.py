"""What the columns of 0002 say of the mail that is there already; each statement may run again.

Without it, old stars, urgency and results of sending would be on no list, and letters
of colleagues would be shown as from senders nobody vouches for. Whom a mailbox knew before
stands in sealed content only, so that correspondents begin with the next letter.
"""

from django.db import migrations

# Derived as `mailbox.filing.placements` and `Submission.count_again` derive them.
THREADS = """
UPDATE mailbox_thread t
SET is_starred = w.starred, is_listed = w.listed, latest_at = w.latest_at
FROM (
    SELECT m.thread_id, bool_or(m.is_starred AND f.kind NOT IN ('trash', 'spam')) AS starred,
           bool_or(f.kind NOT IN ('trash', 'spam')) AS listed,
           coalesce(max(m.received_at) FILTER (WHERE f.kind NOT IN ('trash', 'spam')),
                    max(m.received_at)) AS latest_at
    FROM mailbox_message m JOIN mailbox_folder f ON f.id = m.folder_id
    WHERE m.listed_at IS NULL GROUP BY m.thread_id
) w
WHERE t.id = w.thread_id
  AND (t.is_starred, t.is_listed, t.latest_at) <> (w.starred, w.listed, w.latest_at)
"""
URGENCY = """
UPDATE mailbox_placement p SET urgency = w.urgency
FROM (
    SELECT thread_id, folder_id, max(urgency) AS urgency FROM mailbox_message
    WHERE urgency > 0 GROUP BY thread_id, folder_id
) w
WHERE p.thread_id = w.thread_id AND p.folder_id = w.folder_id AND p.urgency <> w.urgency
"""
# What the portal has sent itself shares its content with its submission.
ORIGIN = """
UPDATE mailbox_message m SET origin = 'portal'
WHERE m.origin <> 'portal' AND (m.is_own OR EXISTS (
    SELECT FROM mailbox_submission s WHERE s.content_id = m.content_id))
"""
TALLY = """
UPDATE mailbox_submission s SET tally = w.tally, has_failed = w.has_failed
FROM (
    SELECT submission_id, jsonb_object_agg(state, number) AS tally,
           bool_or(state IN ('failed', 'bounced', 'expired')) AS has_failed
    FROM (SELECT submission_id, state, count(*) AS number FROM mailbox_delivery
          GROUP BY submission_id, state) counted
    GROUP BY submission_id
) w
WHERE s.id = w.submission_id
"""
SNOOZED = """
INSERT INTO mailbox_folder (id, mailbox_id, kind, name, conversation_count, unread_count)
SELECT gen_random_uuid(), m.id, 'snoozed', '', 0, 0 FROM mailbox_mailbox m
WHERE NOT EXISTS (
    SELECT FROM mailbox_folder f WHERE f.mailbox_id = m.id AND f.kind = 'snoozed')
"""
STATEMENTS = (THREADS, URGENCY, ORIGIN, TALLY, SNOOZED)


class Migration(migrations.Migration):

    dependencies = [("mailbox", "0002_reading_and_writing")]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in STATEMENTS
    ]
