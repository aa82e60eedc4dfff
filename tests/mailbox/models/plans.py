"""What statements read, by their plans: each is explained before it runs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_EXPLAINED = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|\()", re.IGNORECASE)
_PARTITION = re.compile(r"(mailbox_[a-z]+)_p\d+")


@contextmanager
def spread() -> Iterator[list[str]]:
    """The statements made meanwhile whose plan reads several partitions of one table."""
    found: list[str] = []
    asleep = False

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal asleep
        if not asleep and not many and _EXPLAINED.match(sql):
            asleep = True
            try:
                found.extend(f"{table}: {sql}" for table in _several(sql, params))
            finally:
                asleep = False
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found


def _several(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (answer,) = cursor.fetchone() or (None,)
    plan = json.loads(answer) if isinstance(answer, str) else answer
    read: defaultdict[str, set[str]] = defaultdict(set)
    for name in _relations(plan):
        if match := _PARTITION.fullmatch(name):
            read[match[1]].add(name)
    return sorted(table for table, parts in read.items() if len(parts) > 1)


def _relations(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _relations(one)
    elif isinstance(node, dict):
        if "Relation Name" in node:
            yield node["Relation Name"]
        for one in node.values():
            yield from _relations(one)
