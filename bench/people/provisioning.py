"""Opening accounts: hundreds asked for in one go, two worker processes, a page beside them."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from django.db.models import Count
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Agency, Official, Position, ProvisioningJob
from accounts.provisioning import queue
from bench import engines
from bench.measuring import Figure, at_least, at_most
from bench.population import account
from tests.cast import give_app, signed_in

PEOPLE = 300
State = ProvisioningJob.State


@dataclass(frozen=True)
class Run:
    """Accounts a second, and the milliseconds a page took while they were opened."""

    rate: float
    page_ms: list[float]


def measure() -> list[Figure]:
    officer = account("provisioning")
    officer.is_staff = officer.is_superuser = True
    officer.save()
    give_app(officer)
    client = signed_in(officer)
    quiet = statistics.median(_page(client) for _look in range(10))
    people = _reserved(officer.agency)
    asking = _ask(people)
    engines.spawn(sys.executable, "manage.py", "keyholder", role="web")
    workers = engines.spawn_workers("people")
    run = _watch(client)
    workers.terminate()
    workers.wait(30)
    busy = sorted(run.page_ms)
    return [
        Figure("asked for in one go", PEOPLE, "accounts"),
        Figure("asking for one", asking, "ms"),
        at_least("opened, two worker processes and a keyholder", run.rate, "/s", 20),
        Figure("the page of the queue, nothing under way", quiet, "ms"),
        Figure("the page meanwhile, median", statistics.median(busy), "ms"),
        at_most("the page meanwhile, 95th of 100", busy[int(len(busy) * 0.95)], "ms", 500),
    ]


def _reserved(agency: Agency) -> list[Account]:
    post = Position.objects.create(agency=agency, title_th="นักวิชาการ")
    people = []
    for number in range(PEOPLE):
        official = Official.objects.create(given_name_th="สมหญิง", family_name_th=f"ที่ {number}")
        official.assignments.create(position=post)
        made = Account(
            address=f"opened{number}@bench.test",
            official=official,
            agency=agency,
            state=Account.State.RESERVED,
        )
        made.set_unusable_password()
        made.save()
        people.append(made)
    return people


def _ask(people: list[Account]) -> float:
    begun = time.perf_counter()
    for each in people:
        queue.request(each, queue_class=2, must_be_done_by=None, now=timezone.now())
    return (time.perf_counter() - begun) * 1000 / len(people)


def _watch(client: Client) -> Run:
    """From the first account that is open to the last: how fast, and how a page fares."""
    waiting, pages = ProvisioningJob.objects.exclude(state=State.DONE), []
    while waiting.count() == PEOPLE:
        time.sleep(0.02)
    first, begun = waiting.count(), time.perf_counter()
    while waiting.exists():
        if time.perf_counter() - begun > 300:
            left = list(waiting.order_by().values_list("state").annotate(count=Count("pk")))
            raise RuntimeError(f"Some were never opened: {left}.")
        pages.append(_page(client))
        time.sleep(0.25)
    return Run(first / (time.perf_counter() - begun), pages)


def _page(client: Client) -> float:
    begun = time.perf_counter()
    answer = client.get("/people/requests/")
    assert answer.status_code == 200
    return (time.perf_counter() - begun) * 1000
