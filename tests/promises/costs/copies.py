"""Many rows out of one: copies that differ in nothing but what the tables say is unique."""

from __future__ import annotations

import hashlib
from copy import copy
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import models
from django.db.models import Model

_numbers = count(1)


def copies(row: Model, many: int, **values: Any) -> None:
    """Put `many` copies of a row beside it; values: what they have instead."""
    made = []
    for _each in range(many):
        number, other = next(_numbers), copy(row)
        other._state = copy(row._state)
        other._state.adding, other._state.fields_cache = True, {}
        _renumber(other, number)
        for name in _told_apart(type(row)):
            setattr(other, name, _different(getattr(row, name), number))
        for name, value in values.items():
            setattr(other, name, value)
        made.append(other)
    type(row)._base_manager.bulk_create(made)


def _renumber(row: Model, number: int) -> None:
    key = row._meta.pk
    assert key is not None
    if key.has_default():
        row.pk = key.get_default()
    elif isinstance(key, models.AutoField):
        row.pk = None
    elif isinstance(key, models.IntegerField):
        row.pk = type(row)._base_manager.order_by("-pk").values_list("pk", flat=True)[0] + number
    elif isinstance(key, models.CharField):
        row.pk = f"{number}-{row.pk}"[:40]


def _told_apart(model: type[Model]) -> list[str]:
    """The columns that must differ: unique ones, and one of each constraint that has any."""
    plain = {
        field.name: field
        for field in model._meta.concrete_fields
        if not field.is_relation and not field.choices and not field.primary_key
    }
    names = {name for name, field in plain.items() if field.unique}
    for constraint in model._meta.constraints:
        parts = [name for name in getattr(constraint, "fields", ()) if name in plain]
        if parts:
            names.add(parts[-1])
    return sorted(names)


def _different(value: Any, number: int) -> Any:
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(bytes(value) + str(number).encode()).digest()
    if isinstance(value, datetime):
        return value + timedelta(seconds=number)
    if isinstance(value, date):
        return value - timedelta(days=number)
    if isinstance(value, int):
        return value + number
    # No longer than it is where it may be as long as its column: a digest.
    return f"{number}{value}"[: max(len(value), 60)]
