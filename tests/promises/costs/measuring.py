"""What a page costs: the statements it gives the database, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client

# Tables that are bounded by nature: they may be counted.
BOUNDED = {
    "mailbox_folder": "a mailbox has at most 200 folders",
    "mailbox_label": "a mailbox has at most 200 labels",
    "mailbox_contactgroup": "a mailbox has at most 200 groups",
    "mailbox_signature": "a mailbox has at most 30 signatures",
    "mailbox_lettertemplate": "an office has at most 200 templates",
    "mailbox_gateway": "an agency has a handful of gateways",
    "accounts_backupcode": "an account has ten codes",
}
# What is written down by the clock, or begun for every request, is no page's.
_BY_THE_WAY = re.compile(r'^(UPDATE "accounts_session"|SAVEPOINT|RELEASE SAVEPOINT)')
_TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')
_CUT_BEFORE_COUNTED = re.compile(r"^SELECT COUNT\(\*\) FROM \(.* LIMIT \d+\) subquery$", re.DOTALL)
# The rows that a sum takes are cut inside; Exists() alone has a LIMIT of one.
_CUT_BEFORE_GROUPED = re.compile(r"LIMIT (?!1\))\d+\)")


@dataclass
class Cost:
    """What one page answered, and what it asked of the database: statements with their values."""

    status: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def statements(self) -> list[str]:
        return [sql for sql, _params in self.asked]


@contextmanager
def recording(cost: Cost) -> Iterator[None]:
    def note(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = run(sql, params, many, context)
        if not _BY_THE_WAY.match(sql):
            cost.asked.append((sql, params))
        return answer

    with connection.execute_wrapper(note):
        yield


def cost_of(client: Client, path: str) -> Cost:
    """Get a page, whole: what streams is read to its end."""
    cost = Cost()
    with recording(cost):
        answer = client.get(path)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[arg-type]
    cost.status = answer.status_code
    return cost


def wrong_with(cost: Cost) -> list[str]:
    """Statements that cost more the more there is: they count, or they skip."""
    return [sql for sql in cost.statements if _counts(sql) or re.search(r"\bOFFSET\b", sql)]


def _counts(sql: str) -> bool:
    if "COUNT(" not in sql or _CUT_BEFORE_COUNTED.match(sql):
        return False
    if _CUT_BEFORE_GROUPED.search(sql):
        return False
    return not {table for table in _TABLE.findall(sql)} <= BOUNDED.keys()


def more_than_before(few: dict[str, Cost], many: dict[str, Cost]) -> dict[str, list[str]]:
    """Pages that asked more often, each with the statements it repeated."""
    found: dict[str, list[str]] = {}
    for name, cost in many.items():
        before = list(map(_of_any_length, few[name].statements))
        now = list(map(_of_any_length, cost.statements))
        if len(now) > len(before):
            found[name] = list((Counter(now) - Counter(before)).elements())
    return found


def _of_any_length(sql: str) -> str:
    return re.sub(r"IN \((%s(, )?)+\)", "IN (…)", sql)
