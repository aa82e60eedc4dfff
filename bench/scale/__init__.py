"""A mailbox grown to 1,000, 10,000, 100,000 and 1,000,000 messages, measured at each size.

Server time p50 and p95 through the real views, beside the machine's own limits in the same run;
a figure more than half as large again as at a tenth of the size is a missed goal. SCALE_SIZES
names other sizes, SCALE_PLANS a file for the plans of the main statements.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from itertools import count
from pathlib import Path

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from bench.measuring import Figure, at_most
from bench.population import account
from bench.scale import searching
from bench.scale.asking import FILED, Somebody, file_some, move_and_back, opening, put_ten_kb
from bench.scale.growing import grow
from bench.scale.limits import limits
from bench.scale.plans import explained
from bench.scale.room import rooms
from bench.scale.timing import Took, took
from mailbox.models import Mailbox
from tests.cast import give_app, signed_in

SIZES = (1_000, 10_000, 100_000, 1_000_000)
# Other people's mailboxes, so that tables of few rows a mailbox are not smaller than their indexes.
NEIGHBOURS = 300
# Lists more often: what is asked of them is a ratio, and near to it.
TIMES, TIMES_OF_LISTS = 40, 120
# Of the size ten times smaller; a frequent word has more to choose the newest from.
GROWTH, GROWTH_OF_FREQUENT = 1.5, 3.0
# Below this many milliseconds a ratio is noise.
LEAST_MS = 1.0


@override_settings(ROOT_URLCONF="bench.scale.limits")
def measure() -> list[Figure]:
    sizes = [int(one) for one in os.environ.get("SCALE_SIZES", "").split(",") if one] or SIZES
    for number in range(NEIGHBOURS):
        account(f"neighbour{number}")
    alone = _somebody("alone", 0)
    put_ten_kb(alone.mailbox, 1)
    start = timezone.now() - timedelta(minutes=2 * max(sizes))
    figures: list[Figure] = []
    before: dict[str, Took] = {}
    person = account("scale")
    give_app(person)
    mailbox, had = Mailbox.objects.get(account=person), 0
    for size in sizes:
        seconds = grow(mailbox, had, size - had, start=start)
        folding = searching.fold_all(mailbox)
        _settle()
        who = Somebody(mailbox, signed_in(person), start, size)
        label = f"{size:>9,}"
        figures.append(Figure(f"{label}  grown by {size - had:,} messages in", seconds, "s"))
        figures.append(Figure(f"{label}  of them folded into the index in", folding, "s"))
        times = _times(who, alone)
        figures += _figures(label, times, before, size)
        before, had = times, size
    figures += _room(max(sizes))
    _write_plans(who)
    return figures


def _somebody(name: str, size: int) -> Somebody:
    person = account(name)
    give_app(person)
    mailbox = Mailbox.objects.get(account=person)
    return Somebody(mailbox, signed_in(person), timezone.now(), size)


def _settle() -> None:
    """What autovacuum does meanwhile where a mailbox grows by the day, not by the minute."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _times(who: Somebody, alone: Somebody) -> dict[str, Took]:
    letter = put_ten_kb(who.mailbox, 100_000_001)
    lonely = alone.mailbox.messages.get()
    # In turn with what they are compared with, and with nothing else that empties the caches.
    lists = {"first page": lambda: who.get(who.url), "page at depth": lambda: who.get(who.deep)}
    lists["limit: the reference view"] = lambda: who.get("/reference/")
    calls = opening(who, letter)
    calls["limit: open the only message"] = lambda: alone.get(f"{alone.url}t/{lonely.thread_id}/")
    times: dict[str, Took] = {}
    times |= took(lists, times=TIMES_OF_LISTS)
    for each in (calls, limits(who.mailbox, who.client)):
        times |= took(each, times=TIMES)
    times |= took({"move 1,000 messages": move_and_back(who)}, times=6, warm=2)
    numbers = count(200_000_000 + who.size)
    filing = {"file a letter": lambda: file_some(who.mailbox, next(numbers), 1)}
    times |= took(filing, times=FILED, warm=5)
    for manner in ("cold", "warm"):
        before = searching.forget if manner == "cold" else None
        for name, one in took(searching.search_calls(who), times=TIMES // 2, before=before).items():
            times[f"search {manner}: {name}"] = one
    return times


def _figures(
    label: str, times: dict[str, Took], smaller: dict[str, Took], size: int
) -> list[Figure]:
    figures = []
    for name, one in times.items():
        figures.append(Figure(f"{label}  {name}, p50", one.p50, "ms"))
        figures.append(Figure(f"{label}  {name}, p95", one.p95, "ms"))
    for name, was in smaller.items():
        if name.startswith("limit") or name not in times or times[name].p50 < LEAST_MS:
            continue
        most = GROWTH_OF_FREQUENT if "frequent" in name else GROWTH
        ratio = times[name].p50 / was.p50
        figures.append(at_most(f"{label}  {name}, to a tenth of the size", ratio, "ratio", most))
    return figures + _goals(label, times, size)


def _goals(label: str, times: dict[str, Took], size: int) -> list[Figure]:
    reference = times["limit: the reference view"].p50
    alone = times["limit: open the only message"].p50
    opened = times["open a conversation, 10 kB"].p50
    cold = 30.0 if size <= 100_000 else 150.0
    searched = {name: one for name, one in times.items() if name.startswith("search")}
    first = times["first page"].p50
    worst = max(one.p95 for one in searched.values())
    goals = [
        at_most(f"{label}  first page / reference view", first / reference, "ratio", 2),
        at_most(f"{label}  open 10 kB / the only message", opened / alone, "ratio", 1.5),
        at_most(f"{label}  unread counts", times["unread counts"].p50, "ms", 3),
        at_most(f"{label}  worst search, p95", worst, "ms", 1000),
    ]
    for name, one in searched.items():
        if "page of" in name:
            continue  # with all that stands around the rows; the goal is the engine's
        goal = cold if "cold" in name else 10.0
        goals.append(at_most(f"{label}  {name}", one.p50, "ms", goal))
    return goals


def _room(size: int) -> list[Figure]:
    """Bytes a message, table by table; the index beside them."""
    found = rooms()
    figures = [
        Figure(f"{name}: {room.rows:,} rows, bytes a message", room.bytes / size, "bytes")
        for name, room in found.items()
        if room.rows > size / 10_000
    ]
    index = sum(
        room.bytes for name, room in found.items() if name in ("searchblock", "searchsegment")
    )
    return [*figures, at_most("index, bytes a message", index / size, "bytes", 700)]


def _write_plans(who: Somebody) -> None:
    where = os.environ.get("SCALE_PLANS")
    if where:
        plans = explained(searching.main_statements(who))
        Path(where).write_text(json.dumps(plans, ensure_ascii=False, indent=1))
        with connection.cursor() as cursor:
            cursor.execute("SELECT version()")
            print(cursor.fetchone()[0])
