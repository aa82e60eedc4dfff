"""Whether an index has the rows in the order a page wants them: asked of PostgreSQL itself.

Over few rows it would rather sort; with sorting made dear, a plan that sorts all the same has
no index to do without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import connection, transaction

from tests.promises.costs.measuring import Cost

_FIRST = re.compile(r'ORDER BY "\w+"\."(\w+)"(?!.*ORDER BY)', re.DOTALL)
_PAGE = re.compile(r"^SELECT .* ORDER BY .* LIMIT (?!1\b)\d+$", re.DOTALL)


def _is_sorted(sql: str, plan: str) -> bool:
    """Whether the rows of the page themselves are sorted, and not what a part of it asks for."""
    if not re.search(r"^\W*Sort ", plan, re.MULTILINE):
        return False
    named = _FIRST.search(sql)
    keys = re.findall(r"Sort Key: (?:\w+\.)?(\w+)", plan)
    return named is None or named[1] in keys


def pages_that_sort(costs: Mapping[str, Cost]) -> dict[str, str]:
    """Pages that have some of their rows by sorting all there are, each with the statement."""
    found: dict[str, str] = {}
    asked = {
        sql: (page, params)
        for page, cost in costs.items()
        for sql, params in cost.asked
        if _PAGE.match(sql)
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        for sql, (page, params) in asked.items():
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            if _is_sorted(sql, plan):
                found[page] = sql
    return found
