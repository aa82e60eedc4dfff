"""Ids are in the order of time, whether Python or the database makes them."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import UUIDField

from mailbox.ids import new_id


def _milliseconds(made: UUID) -> int:
    return made.int >> 80


def test_later_ids_are_greater() -> None:
    made = [new_id() for _ in range(1000)]

    assert made == sorted(made)
    assert {one.version for one in made} == {7}


def test_every_row_that_has_a_uuid_gets_it_in_the_order_of_time() -> None:
    keys = [model._meta.pk for model in apps.get_app_config("mailbox").get_models()]

    by_chance = [
        str(key)
        for key in keys
        if isinstance(key, UUIDField) and key.remote_field is None and key.default is not new_id
    ]

    assert by_chance == []


@pytest.mark.django_db
def test_the_database_makes_them_too() -> None:
    before = time.time_ns() // 1_000_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT mailbox_new_id() FROM generate_series(1, 100)")
        made = [one for (one,) in cursor.fetchall()]
    after = time.time_ns() // 1_000_000

    assert {(one.version, one.variant) for one in made} == {(7, new_id().variant)}
    # A millisecond either way: the server's clock is read to the microsecond and cut.
    assert before - 1 <= _milliseconds(made[0]) <= _milliseconds(made[-1]) <= after + 1
    assert len(set(made)) == 100
