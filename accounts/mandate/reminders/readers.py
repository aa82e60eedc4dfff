"""Who is told of an official's duty besides the official: the superior, and HR."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.utils import timezone

from accounts.models import Account, Agency, Assignment, Obligation, OrgUnit
from accounts.people.roles import HR_OFFICER


class Readers:
    """The superiors and HR officers of one agency, as they are at a moment; four queries."""

    def __init__(self, agency: Agency, *, now: datetime) -> None:
        self._parents = dict(
            OrgUnit.objects.order_by().filter(agency=agency).values_list("pk", "parent_id")
        )
        self._heads = _heads(self._parents, now)
        self.officers = hr_officers(agency, now=now)

    @property
    def is_anybody_there(self) -> bool:
        return bool(self.officers or self._heads)

    def of(self, duty: Obligation) -> set[int]:
        """The ids of the accounts that are told of this duty; never the official's own."""
        told = {each.pk for each in self.officers} | self._superiors(duty)
        own = getattr(duty.official, "account", None)
        return told - {own.pk if own else None}

    def _superiors(self, duty: Obligation) -> set[int]:
        """Whoever heads the unit; for the head itself, the unit above; and so on upwards."""
        unit, seen = duty.unit_id, set[int]()
        own = getattr(duty.official, "account", None)
        while unit is not None and unit not in seen:
            seen.add(unit)
            heads = self._heads.get(unit, set())
            if heads and not (own and own.pk in heads):
                return heads
            unit = self._parents.get(unit)
        return set()


def hr_officers(agency: Agency, *, now: datetime) -> list[Account]:
    """The HR officers of the agency; where it has none, those of the agency above it."""
    here: Agency | None = agency
    seen: set[int] = set()
    while here is not None and here.pk not in seen:
        seen.add(here.pk)
        active = Account.objects.active(now)
        found = list(active.filter(agency=here, is_staff=True, groups__name=HR_OFFICER))
        if found:
            return found
        here = here.parent
    return []


def _heads(units: Iterable[int], now: datetime) -> dict[int, set[int]]:
    posts = Assignment.objects.on(timezone.localdate(now)).filter(
        position__is_head_of_unit=True,
        position__unit__in=list(units),
        official__account__in=Account.objects.active(now),
    )
    heads: dict[int, set[int]] = defaultdict(set)
    for unit, account in posts.values_list("position__unit_id", "official__account"):
        heads[unit].add(account)
    return heads


def by_id(ids: Collection[int]) -> dict[int, Account]:
    """The accounts of these ids."""
    return {each.pk: each for each in Account.objects.filter(pk__in=ids)}
