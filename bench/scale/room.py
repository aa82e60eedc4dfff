"""Rows and bytes on disk, table by table: partitions are added to the table they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

_SIZES = """
WITH RECURSIVE part AS (
    SELECT c.oid, c.relname AS name FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    UNION ALL
    SELECT i.inhrelid, part.name FROM pg_inherits i JOIN part ON i.inhparent = part.oid
)
SELECT part.name, sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind = 'r'),
       sum(pg_total_relation_size(c.oid)), sum(pg_indexes_size(c.oid))
FROM part JOIN pg_class c ON c.oid = part.oid
WHERE part.name LIKE 'mailbox%%' GROUP BY part.name
"""


@dataclass(frozen=True)
class Room:
    """What a table takes: rows as the planner knows them, bytes with indexes, of which indexes."""

    rows: int
    bytes: int
    of_indexes: int


def rooms() -> dict[str, Room]:
    """Every table of mail with something in it, by name."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(_SIZES)
        found = cursor.fetchall()
    return {
        name.removeprefix("mailbox_"): Room(int(rows or 0), int(size), int(indexes))
        for name, rows, size, indexes in sorted(found)
        if rows
    }
