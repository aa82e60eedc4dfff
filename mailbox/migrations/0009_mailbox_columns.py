"""Placements, labels on conversations and snoozes say whose they are: statements name the mailbox.

Filled from the conversations, in the transaction that adds the columns.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("placement", "labelling", "snooze")
FILL = """
UPDATE mailbox_{table} x SET mailbox_id = t.mailbox_id
FROM mailbox_thread t WHERE t.id = x.thread_id AND x.mailbox_id IS NULL
"""


def _column(**more):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="mailbox.mailbox",
        **more,
    )


class Migration(migrations.Migration):

    dependencies = [("mailbox", "0008_ordered_ids")]

    operations = [
        *(migrations.AddField(table, "mailbox", _column(null=True)) for table in TABLES),
        *(
            migrations.RunSQL(FILL.format(table=table), migrations.RunSQL.noop)
            for table in TABLES
        ),
        *(migrations.AlterField(table, "mailbox", _column()) for table in TABLES),
        migrations.RemoveConstraint("placement", "one_row_for_a_conversation"),
        migrations.AddConstraint(
            "placement",
            models.UniqueConstraint(
                fields=("thread", "folder", "mailbox"), name="one_row_for_a_conversation"
            ),
        ),
        migrations.RemoveConstraint("labelling", "a_label_sticks_once"),
        migrations.AddConstraint(
            "labelling",
            models.UniqueConstraint(
                fields=("thread", "label", "mailbox"), name="a_label_sticks_once"
            ),
        ),
        # What ON CONFLICT names, until 0010 makes it the key.
        migrations.RunSQL(
            "CREATE UNIQUE INDEX one_snooze ON mailbox_snooze (thread_id, mailbox_id)",
            "DROP INDEX one_snooze",
        ),
    ]
