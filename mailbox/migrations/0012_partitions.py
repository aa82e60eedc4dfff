"""Tables that grow with mail are divided by their mailbox, or by their content (ADR 0021).

Each is made anew beside the old one, filled from it, and takes its name and its indexes; all of
it in one transaction, with the tables locked: let the workers and the door rest meanwhile. How
many partitions: MAIL_PARTITIONS, read here and never again.
"""

from contextlib import contextmanager

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Table, what decides the partition, and its key in the database: the id first, so that a row
# whose mailbox nobody knows is still found by an index.
DIVIDED = (
    ("mailbox_content", "id", ("id",)),
    ("mailbox_searchtext", "content_id", ("content_id",)),
    ("mailbox_thread", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_message", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_messagereference", "mailbox_id", ("mailbox_id", "digest")),
    ("mailbox_placement", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_labelling", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_snooze", "mailbox_id", ("thread_id", "mailbox_id")),
    ("mailbox_correspondent", "mailbox_id", ("mailbox_id", "digest")),
    ("mailbox_unfoldedsignature", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_searchindex", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_searchsegment", "mailbox_id", ("id", "mailbox_id")),
    ("mailbox_searchblock", "mailbox_id", ("mailbox_id", "segment_id", "number")),
)
# Rows that only their mailbox and digest, or their conversation, tell apart.
# What the way back needs besides an id.
WITHOUT_ID = {
    "mailbox_messagereference": "one_thread_for_a_message_id UNIQUE (mailbox_id, digest)",
    "mailbox_correspondent": "one_correspondent UNIQUE (mailbox_id, digest)",
    "mailbox_snooze": "mailbox_snooze_thread_id_key UNIQUE (thread_id)",
}
# Table, column and what it names: in the same mailbox, which the database sees to.
WITHIN_A_MAILBOX = (
    ("mailbox_message", "thread_id", "mailbox_thread"),
    ("mailbox_messagereference", "thread_id", "mailbox_thread"),
    ("mailbox_placement", "thread_id", "mailbox_thread"),
    ("mailbox_placement", "latest_id", "mailbox_message"),
    ("mailbox_labelling", "thread_id", "mailbox_thread"),
    ("mailbox_snooze", "thread_id", "mailbox_thread"),
    ("mailbox_draft", "answers_id", "mailbox_message"),
    ("mailbox_submission", "sent_copy_id", "mailbox_message"),
    ("mailbox_unfoldedsignature", "message_id", "mailbox_message"),
    ("mailbox_searchsegment", "index_id", "mailbox_searchindex"),
    ("mailbox_searchblock", "segment_id", "mailbox_searchsegment"),
)

# An answer begun in one mailbox and sent from another names a letter it does not lie beside.
APART = """
UPDATE mailbox_draft d SET answers_id = NULL FROM mailbox_message m
WHERE m.id = d.answers_id AND m.mailbox_id <> d.mailbox_id
"""
REFERENCES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0
  AND (conrelid = ANY(%s::regclass[]) OR confrelid = ANY(%s::regclass[]))
ORDER BY conname
"""
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(c.oid),
       ARRAY(SELECT attname::text FROM pg_attribute
             WHERE attrelid = c.conrelid AND attnum = ANY(c.conkey))
FROM pg_constraint c WHERE conrelid = %s::regclass AND contype = 'u' ORDER BY conname
"""
INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = %s::regclass AND NOT EXISTS (
    SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid)
ORDER BY indexrelid
"""


def divide_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_snooze")  # 0009 made it for the time until now
        with references_off(cursor):
            for table, by, key in DIVIDED:
                if table in WITHOUT_ID:
                    cursor.execute(f"ALTER TABLE {table} DROP COLUMN id")
                make_anew(cursor, table, key, by)
        cursor.execute(APART)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no ALTER TABLE over checks that wait
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table, column, target in WITHIN_A_MAILBOX:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_in_mailbox"
                f" FOREIGN KEY ({column}, mailbox_id) REFERENCES {target} (id, mailbox_id)"
                " DEFERRABLE INITIALLY DEFERRED"
            )


def join_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table, column, _target in WITHIN_A_MAILBOX:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_in_mailbox")
        with references_off(cursor):
            for table, _by, key in DIVIDED:
                make_anew(cursor, table, key[:1] if key[0] == "id" else key)
                if table in WITHOUT_ID:
                    cursor.execute(
                        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey,"
                        " ADD COLUMN id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
                        f" ADD CONSTRAINT {WITHOUT_ID[table]}"
                    )
        cursor.execute("CREATE UNIQUE INDEX one_snooze ON mailbox_snooze (thread_id, mailbox_id)")


@contextmanager
def references_off(cursor):
    """Without the foreign keys from and to these tables; those that Django made come back."""
    tables = [table for table, _by, _key in DIVIDED]
    cursor.execute(REFERENCES, [tables, tables])
    references = cursor.fetchall()
    for table, name, _said in references:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for table, name, said in references:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {said}')


def make_anew(cursor, table, key, by=""):
    """The same table with its rows, constraints and indexes: divided by a column, or whole."""
    cursor.execute(CONSTRAINTS, [table])
    constraints = [
        (name, said)
        for name, said, columns in cursor.fetchall()
        if (not by or by in columns) and set(columns) != set(key)
    ]
    cursor.execute(INDEXES, [table])
    indexes = [said.replace(" ON ONLY ", " ON ") for (said,) in cursor.fetchall()]
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
        " INCLUDING STORAGE)" + (f" PARTITION BY HASH ({by})" if by else "")
    )
    for number in range(settings.MAIL_PARTITIONS if by else 0):
        cursor.execute(
            f"CREATE TABLE {table}_p{number} PARTITION OF {table}"
            f" FOR VALUES WITH (MODULUS {settings.MAIL_PARTITIONS}, REMAINDER {number})"
        )
    cursor.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")
    cursor.execute(f"DROP TABLE {table}_before")
    cursor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({', '.join(key)})")
    for name, said in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {said}')
    for said in indexes:
        cursor.execute(said)


class Migration(migrations.Migration):

    dependencies = [
        ('mailbox', '0011_mailbox_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='unfoldedsignature',
            name='mailbox',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='unfolded', to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='searchsegment',
            name='mailbox',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='searchblock',
            name='mailbox',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='correspondent',
            name='mailbox',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='draft',
            name='answers',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailbox.message'),
        ),
        migrations.AlterField(
            model_name='invitationanswer',
            name='message',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='invitation_answer', to='mailbox.message'),
        ),
        migrations.AlterField(
            model_name='labelling',
            name='label',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='labellings', to='mailbox.label'),
        ),
        migrations.AlterField(
            model_name='labelling',
            name='thread',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='labellings', to='mailbox.thread'),
        ),
        migrations.AlterField(
            model_name='mailreport',
            name='message',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='mailbox.message'),
        ),
        migrations.AlterField(
            model_name='message',
            name='mailbox',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='message',
            name='thread',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='mailbox.thread'),
        ),
        migrations.AlterField(
            model_name='messagereference',
            name='mailbox',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='messagereference',
            name='thread',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='references', to='mailbox.thread'),
        ),
        migrations.AlterField(
            model_name='placement',
            name='folder',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='mailbox.folder'),
        ),
        migrations.AlterField(
            model_name='placement',
            name='latest',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.message'),
        ),
        migrations.AlterField(
            model_name='placement',
            name='thread',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='mailbox.thread'),
        ),
        migrations.AlterField(
            model_name='searchblock',
            name='segment',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to='mailbox.searchsegment'),
        ),
        migrations.AlterField(
            model_name='searchsegment',
            name='index',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='segments', to='mailbox.searchindex'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='sent_copy',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='submissions', to='mailbox.message'),
        ),
        migrations.AlterField(
            model_name='thread',
            name='mailbox',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='threads', to='mailbox.mailbox'),
        ),
        migrations.AlterField(
            model_name='unfoldedsignature',
            name='message',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.message'),
        ),
        migrations.AlterField(
            model_name='snooze',
            name='thread',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='snooze', to='mailbox.thread'),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='correspondent',
                    name='one_correspondent',
                ),
                migrations.RemoveConstraint(
                    model_name='messagereference',
                    name='one_thread_for_a_message_id',
                ),
                migrations.RemoveField(
                    model_name='correspondent',
                    name='id',
                ),
                migrations.RemoveField(
                    model_name='messagereference',
                    name='id',
                ),
                migrations.RemoveField(
                    model_name='snooze',
                    name='id',
                ),
                migrations.AddField(
                    model_name='correspondent',
                    name='pk',
                    field=models.CompositePrimaryKey('mailbox_id', 'digest', blank=True, editable=False, primary_key=True, serialize=False),
                ),
                migrations.AddField(
                    model_name='messagereference',
                    name='pk',
                    field=models.CompositePrimaryKey('mailbox_id', 'digest', blank=True, editable=False, primary_key=True, serialize=False),
                ),
                migrations.AlterField(
                    model_name='snooze',
                    name='thread',
                    field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='snooze', serialize=False, to='mailbox.thread'),
                ),
            ]
        ),
        migrations.RunPython(divide_all, join_all),
    ]
