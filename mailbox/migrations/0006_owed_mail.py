"""What the columns of 0005 say of mail that is on its way; each statement may run again."""

from django.db import migrations

AGENCY = """
UPDATE mailbox_submission s SET agency_id = a.agency_id
FROM mailbox_mailbox m JOIN accounts_account a ON a.id = m.account_id
WHERE m.id = s.mailbox_id AND s.agency_id IS NULL
"""
LANE = "UPDATE mailbox_submission SET lane = 0 WHERE urgency >= 3 AND due_at IS NOT NULL"
DUE = """
UPDATE mailbox_delivery d SET due_at = s.due_at
FROM mailbox_submission s
WHERE s.id = d.submission_id AND s.due_at IS NOT NULL AND d.due_at IS NULL
  AND d.state IN ('queued', 'scheduled', 'sending', 'deferred', 'unknown')
"""
# Until now agencies below used every gateway above them without being asked.
SERVES = "UPDATE mailbox_gateway SET serves_below = true"


class Migration(migrations.Migration):
    dependencies = [("mailbox", "0005_relay")]
    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop)
        for statement in (AGENCY, LANE, DUE, SERVES)
    ]
