"""EXPLAIN (ANALYZE, BUFFERS) of the main statements, as the views send them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import connection
from django.test.utils import CaptureQueriesContext


def captured(call: Callable[[], object], *, names: str, without: str = "") -> str:
    """The longest-lasting statement of a call that names these words, with its values in it."""
    with CaptureQueriesContext(connection) as queries:
        call()
    wanted = [
        one
        for one in queries.captured_queries
        if one["sql"].lstrip().upper().startswith(("SELECT", "WITH"))
        and all(word in one["sql"] for word in names.split())
        and not (without and without in one["sql"])
    ]
    if not wanted:
        raise RuntimeError(f"No statement of the call names {names}.")
    return str(max(wanted, key=lambda one: float(one["time"]))["sql"])


def explained(statements: Mapping[str, str]) -> dict[str, str]:
    """The plan of each statement, run for real."""
    plans = {}
    with connection.cursor() as cursor:
        for name, statement in statements.items():
            # The statement is one that Django has just sent, values and all.
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}".replace("%", "%%"), [])
            plans[name] = "\n".join(line for (line,) in cursor.fetchall())
    return plans
