"""A mailbox's pair can be changed, and the tables refuse what comes under a retired key."""

from collections.abc import Iterator

import django.db.models.deletion
from django.db import migrations, models

INGEST = ("arrival", "filterrule", "vacation", "forwardpermission", "autoreply")
RELAY = ("submission", "gateway", "signingkey")
# Whose form names the storage key at its beginning (`mailbox.sealing.secrets`).
SECRETS = (
    ("accounts_totpdevice", "sealed_secret"),
    ("accounts_activation", "sealed_code"),
    ("accounts_source", "sealed_password"),
)

# VOLATILE: it sees what was committed while the statement waited for the table.
_FENCE = """
CREATE FUNCTION refuse_retired_{table}() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM mailbox_retiredkey WHERE id = {key}) THEN
    RAISE EXCEPTION 'sealed under a retired key' USING ERRCODE = 'GM001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_retired BEFORE INSERT OR UPDATE OF {column} ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_retired_{table}();
"""
_GONE = "DROP TRIGGER refuse_retired ON {table}; DROP FUNCTION refuse_retired_{table}();"


def fences() -> Iterator[migrations.RunSQL]:
    named = [("mailbox_mailbox", "storage_key_id")]
    named += [(f"mailbox_{model}", "ingest_key_id") for model in INGEST]
    named += [(f"mailbox_{model}", "relay_key_id") for model in RELAY]
    for table, column in named:
        yield _fence(table, column, f"NEW.{column}")
    for table, column in SECRETS:
        name = f"encode(substr(NEW.{column}, 3, get_byte(NEW.{column}, 1)), 'escape')"
        yield _fence(table, column, f"CASE WHEN length(NEW.{column}) > 2 THEN {name} END")


def _fence(table: str, column: str, key: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        _FENCE.format(table=table, column=column, key=key), _GONE.format(table=table)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_people"),
        ("mailbox", "0010_files_by_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="sealed_previous_key",
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="RetiredKey",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("retired_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="KeyChange",
            fields=[
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="key_change",
                        serialize=False,
                        to="mailbox.mailbox",
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("walk", models.PositiveSmallIntegerField(default=1)),
                ("place", models.JSONField(default=list)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("broken", models.IntegerField(default=0)),
                ("late", models.IntegerField(default=0)),
                ("walked_at", models.DateTimeField(null=True)),
            ],
        ),
        *fences(),
    ]
