"""What covers officials through their unit on a day: exemptions in force, and attestations.

What holds for a unit holds for the units below it; an attestation without a unit holds for the
whole agency.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from uuid import UUID

from django.utils import timezone

from accounts.models import Attestation, Exemption, OrgUnit


class Coverage:
    """Read once for a few thousand officials of some agencies; four queries at most."""

    def __init__(
        self, officials: Collection[UUID], agencies: Collection[int], *, day: date
    ) -> None:
        self._released = _released(officials, agencies, day)
        self._attested = _attested(agencies)
        by_unit = any(isinstance(who, int) for who, _rule in self._released) or any(
            unit for _agency, unit in self._attested
        )
        self._parents = _parents(agencies) if by_unit else {}

    def is_exempt(self, official: UUID, unit: int | None, rule: int) -> bool:
        """Whether a letter releases the official, or a unit above, from a rule."""
        if (official, rule) in self._released:
            return True
        return any((each, rule) in self._released for each in self._upwards(unit))

    def attested_on(self, agency: int, unit: int | None) -> date | None:
        """Since when the head's word stands that no free-mail address is used; None: it lacks."""
        found = [self._attested.get((agency, each)) for each in (*self._upwards(unit), None)]
        return min((day for day in found if day), default=None)

    def _upwards(self, unit: int | None) -> Iterator[int]:
        seen: set[int] = set()
        while unit is not None and unit not in seen:
            seen.add(unit)
            yield unit
            unit = self._parents.get(unit)


def _released(
    officials: Collection[UUID], agencies: Collection[int], day: date
) -> set[tuple[UUID | int, int]]:
    in_force = Exemption.objects.in_force(day)
    persons = in_force.filter(official__in=officials).values_list("official_id", "rule_id")
    units = in_force.filter(unit__agency__in=agencies).values_list("unit_id", "rule_id")
    found: set[tuple[UUID | int, int]] = {(who, rule) for who, rule in persons}
    return found | {(unit, rule) for unit, rule in units}


def _attested(agencies: Collection[int]) -> dict[tuple[int, int | None], date]:
    rows = Attestation.objects.filter(agency__in=agencies, withdrawn_at__isnull=True)
    found: dict[tuple[int, int | None], date] = {}
    for agency, unit, at in rows.order_by("-attested_at").values_list(
        "agency_id", "unit_id", "attested_at"
    ):
        # The earliest of several comes last and stays.
        found[agency, unit] = timezone.localdate(at)
    return found


def _parents(agencies: Collection[int]) -> Mapping[int, int | None]:
    units = OrgUnit.objects.order_by().filter(agency__in=agencies)
    return dict(units.values_list("pk", "parent_id"))
