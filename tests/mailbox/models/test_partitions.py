"""The tables of mail in partitions: how many, what they refuse, and how they came about."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from mailbox.models import Draft, Labelling, Message, Thread
from mailbox.opening import mailbox_key
from mailbox.outbound import drafting
from mailbox.reading import labels
from mailbox.reading.deeds import snoozing
from tests.cast import Cast
from tests.mailbox.post import file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db
PARTITIONS = import_module("mailbox.migrations.0012_partitions")
TABLES = [table for table, _by, _key in PARTITIONS.DIVIDED]


def asked(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def rows_of(table: str) -> list[Any]:
    """Every row but for numbers that only say in which order rows were made."""
    # The names of tables are our own.
    return sorted(asked(f"SELECT (to_jsonb(t) - 'id')::text FROM {table} t"))  # noqa: S608


def test_each_table_has_as_many_as_were_asked_for() -> None:
    counted = "SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass"

    assert {table: asked(counted, table) for table in TABLES} == {
        table: [settings.MAIL_PARTITIONS] for table in TABLES
    }


def test_a_conversation_of_another_mailbox_is_refused(cast: Cast) -> None:
    amina, bruno = cast.mailbox_of(cast.amina), cast.mailbox_of(cast.bruno)
    file_raw(raw_letter(), [amina, bruno])
    theirs = Thread.objects.get(mailbox=bruno)

    with pytest.raises(IntegrityError, match="in_mailbox"), transaction.atomic():
        Message.objects.filter(mailbox=amina).update(thread=theirs)
        connection.check_constraints()


def test_mail_comes_through_the_division_and_back(cast: Cast) -> None:
    amina, bruno = cast.mailbox_of(cast.amina), cast.mailbox_of(cast.bruno)
    file_raw(raw_letter(name="1@x.example"), [amina, bruno])
    file_raw(raw_letter(name="2@x.example", answers="1@x.example"), [amina], at=later(1))
    (thread,) = Thread.objects.filter(mailbox=amina).values_list("pk", flat=True)
    label = labels.create(amina, "Budget", mailbox_key(amina))
    labels.put(amina, [thread], label)
    now = timezone.now()
    snoozing.snooze(folder_of(amina, "inbox"), [thread], until=now + timedelta(days=1), now=now)
    connection.check_constraints()
    before = {table: rows_of(table) for table in TABLES}
    answered = Message.objects.filter(mailbox=amina).first()
    draft = drafting.start(amina, by=cast.amina, now=now)
    connection.check_constraints()

    with connection.schema_editor(atomic=False) as editor:
        PARTITIONS.join_all(None, editor)
        assert asked("SELECT partrelid::regclass::text FROM pg_partitioned_table") == []
        assert {table: rows_of(table) for table in TABLES} == before
        # Begun in one mailbox, to be sent from another: until then nobody minded.
        Draft.objects.filter(pk=draft.pk).update(mailbox=bruno, answers=answered)
        connection.check_constraints()
        PARTITIONS.divide_all(None, editor)

    assert Draft.objects.get().answers_id is None
    assert {table: rows_of(table) for table in TABLES} == before
    assert all(before[f"mailbox_{one}"] for one in ("message", "snooze", "labelling", "searchtext"))
    with pytest.raises(IntegrityError, match="thread_id_label_id"), transaction.atomic():
        Labelling.objects.create(mailbox=amina, label=label, thread_id=thread, latest_at=now)
    file_raw(raw_letter(name="3@x.example", answers="2@x.example"), [amina], at=later(2))
    assert Message.objects.filter(mailbox=amina, thread=thread).count() == 3
