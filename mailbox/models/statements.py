"""Subqueries that every page asks for, put together once: the ORM takes as long for one as the
database for ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

# What stands in the place of a value while the statement is put together; no row has them.
ANY_ID = -2_147_483_601
ANY_UUID = UUID(int=2**128 - 601)
ANY_OTHER_UUID = UUID(int=2**128 - 602)
ANY_DAY = date(1, 6, 1)


@dataclass(frozen=True)
class Gathered:
    """`column IN (…)` for a handful of values: gathered once, then found by the column's index.

    Of a plain subquery PostgreSQL expects thousands of rows, and reads whole tables.
    """

    sql: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, queryset: QuerySet[Any, Any]) -> Self:
        """Of a queryset of one column, with the values above in place of real ones."""
        sql, parameters = queryset.query.sql_with_params()
        return cls(f"SELECT unnest(ARRAY({sql}))", tuple(parameters))

    def having(self, values: Mapping[Any, Any]) -> RawSQL:
        """The same with these real values: by what stands in the place of each."""
        real = [
            values[each] if isinstance(each, int | UUID | date) and each in values else each
            for each in self.parameters
        ]
        return RawSQL(self.sql, real)  # noqa: S611  # the ORM's own words; values are parameters
