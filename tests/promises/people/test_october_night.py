"""The night of 1 October: killed anywhere, ten times, it ends as if nothing had happened."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

import pytest

from accounts.audit import chain
from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    Assignment,
    AuditEvent,
    Official,
    PersonnelOrder,
    Position,
)
from accounts.people.days import midnight
from accounts.people.orders import night
from tests import processes

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_OF_OCTOBER = date(2026, 10, 1)
NIGHT = midnight(FIRST_OF_OCTOBER)
SPRING = datetime.fromisoformat("2026-06-01T09:00+07:00")
LEAVERS, MOVERS, GOERS, EXTENDED, KILLS = 50, 80, 10, 5, 10
Kind = PersonnelOrder.Kind


class Department:
    """Two agencies with their people, made alike from a name, and the orders of their night."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.here, self.there = self._agency("here"), self._agency("there")
        self.goal = Position.objects.create(agency=self.here, title_th="ใหม่")
        self.goal_there = Position.objects.create(agency=self.there, title_th="ที่อื่น")
        people = [self._person(number) for number in range(LEAVERS + MOVERS + GOERS)]
        orders = [self._order(number, each) for number, each in enumerate(people)]
        PersonnelOrder.objects.bulk_create(orders)
        for each in people[:EXTENDED]:
            Official.objects.filter(pk=each.pk).update(retires_on=date(2028, 9, 30))

    def _agency(self, side: str) -> Agency:
        made = Agency.objects.create(name_th=side, state=Agency.State.LIVE)
        AgencyDomain.objects.create(agency=made, domain=f"{side}.{self.name}.example")
        return made

    def _person(self, number: int) -> Official:
        one = Official.objects.create(
            given_name_th="ก", given_name_en=f"p{number:03d}", family_name_en=f"x{self.name}"
        )
        post = Position.objects.create(agency=self.here, title_th=f"{number}")
        Assignment.objects.create(official=one, position=post, valid_from=date(2020, 1, 1))
        address = f"p{number:03d}@here.{self.name}.example"
        Account.objects.create_user(address, official=one, agency=self.here, state="active")
        return one

    def _order(self, number: int, official: Official) -> PersonnelOrder:
        goes = number >= LEAVERS + MOVERS
        kind = Kind.TRANSFERRED if goes else Kind.MOVED
        return PersonnelOrder(
            official=official,
            kind=Kind.RETIRED if number < LEAVERS else kind,
            effective_on=FIRST_OF_OCTOBER,
            from_agency=self.here,
            to_agency=self.there if goes else self.here,
            position=self.goal_there if goes else self.goal,
            recorded_at=SPRING,
            due_at=NIGHT,
        )

    def said(self) -> dict[str, Any]:
        """What is known of everybody, without the department's own name."""
        ours = Official.objects.filter(family_name_en=f"x{self.name}")
        return {each.given_name_en: self._said_of(each) for each in ours}

    def _said_of(self, official: Official) -> list[Any]:
        mine = Account.objects.filter(agency__in=(self.here, self.there))
        accounts = mine.filter(official=official) | mine.filter(former_official=official)
        posts = official.assignments.order_by("valid_from", "pk")
        order = official.orders.get()
        events = AuditEvent.objects.filter(act="order_carried_out", object_id=order.pk)
        return [
            sorted(
                (each.address.replace(self.name, "x"), each.state, str(each.valid_to))
                for each in accounts
            ),
            list(posts.values_list("position__title_th", "valid_from", "valid_to")),
            (order.kind, order.state, order.effective_on, events.count()),
            list(official.obligations.order_by("rule").values_list("rule", "state", "due_on")),
        ]


def test_a_night_killed_ten_times_ends_as_an_undisturbed_one() -> None:
    killed = Department("killed")
    worker = processes.start(
        "-m", "tests.promises.people.october_worker", str(KILLS), str(secrets.randbits(30))
    )
    printed, complaints = worker.communicate(timeout=300)
    assert printed.strip() == str(KILLS), complaints

    quiet = Department("quiet")
    while piece := night.claim(NIGHT):
        night.carry_out_piece(piece, now=NIGHT)
    assert killed.said() == quiet.said()
    assert len(killed.said()) == LEAVERS + MOVERS + GOERS
    assert Account.objects.active(NIGHT).count() == 2 * (MOVERS + EXTENDED)
    assert list(chain.verify()) == []
