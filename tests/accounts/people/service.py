"""Officials in service for the tests of the life cycle: an agency, posts, people, no mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    DirectorOrAbove,
    Official,
    PersonnelOrder,
    Position,
)
from accounts.people import consequences, orders
from accounts.people.days import BANGKOK
from accounts.people.roles import HR_OFFICER

Kind = PersonnelOrder.Kind
NOW = datetime(2026, 9, 15, 10, 0, tzinfo=BANGKOK)
TODAY = NOW.date()


def agency(code: str, domain: str) -> Agency:
    made = Agency.objects.create(
        name_th=f"กรม{code}",
        name_en=f"Department {code}",
        letter_code=code,
        state=Agency.State.LIVE,
    )
    AgencyDomain.objects.create(agency=made, domain=domain)
    return made


def post(at: Agency, title: str = "นักวิชาการ", *, director: bool = False) -> Position:
    answer = DirectorOrAbove.YES if director else DirectorOrAbove.NO
    return Position.objects.create(agency=at, title_th=title, is_director_or_above=answer)


def official(given: str = "Malee", family: str = "Suksan", **facts: Any) -> Official:
    return Official.objects.create(
        given_name_th="มาลี",
        family_name_th="สุขสันต์",
        given_name_en=given,
        family_name_en=family,
        **facts,
    )


def serving(at: Agency, *, position: Position | None = None, **facts: Any) -> Account:
    """An official with a post and an active account, for some years."""
    person = official(**facts)
    person.assignments.create(position=position or post(at), valid_from=date(2020, 10, 1))
    address = f"{person.given_name_en.lower()}@{at.domains.get().domain}"
    return Account.objects.create_user(
        address, official=person, agency=at, state=Account.State.ACTIVE
    )


def officer(at: Agency, name: str) -> Account:
    """An HR officer of an agency."""
    account = serving(at, given=name, family="Jaidee")
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=HR_OFFICER))
    return account


def order(kind: str, account: Account, *, on: date = TODAY, **more: Any) -> PersonnelOrder:
    """Record an order about the holder of an account, this morning, by nobody in particular."""
    assert account.official is not None
    facts: dict[str, Any] = {"by": None, "now": NOW, "order_no": "ที่ ๑๒/๒๕๖๙"} | more
    return orders.record(kind, account.official, effective_on=on, **facts)


Told = dict[str, list[tuple[Account, dict[str, Any]]]]


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Hear what the apps above are told, in place of whatever they hang on."""
    told: Told = defaultdict(list)
    for change in consequences.CHANGES:

        def part(account: Account, *, now: datetime, change: str = change, **more: Any) -> None:
            told[change].append((account, more))

        monkeypatch.setitem(consequences._PARTS, change, [part])
    yield told
