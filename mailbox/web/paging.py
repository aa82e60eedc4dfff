"""Lists of 50 rows, cut by a keyset: the cost of a page does not grow with the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from mailbox.reading.cursors import Cursor

ROWS = 50

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """One page; `after` is the cursor of the next one, empty on the last."""

    rows: Sequence[Row]
    after: str


def page_of(found: QuerySet[Row], moment: str, after: Cursor | None) -> Rows[Row]:
    """The rows below a cursor, newest by the field `moment` first, ties by id."""
    if after is not None:
        found = found.filter(after.and_older(moment))
    rows = list(found.order_by(f"-{moment}", "-id")[: ROWS + 1])
    if len(rows) <= ROWS:
        return Rows(rows, "")
    last = rows[ROWS - 1]
    return Rows(rows[:ROWS], str(Cursor(getattr(last, moment), last.pk)))
