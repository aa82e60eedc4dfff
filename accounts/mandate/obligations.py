"""Duties: made from assignments, met by evidence; each change is an event with its cause.

The day a duty rests on (`Obligation.serves_from`) is written once, when the duty is made. So a
later import, move or promotion neither tightens nor loosens it; it follows only what an officer
decides: the mandate's base day, the rule's terms, an official holiday, or a correction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.mandate import duties, evidence
from accounts.mandate.counting import Calendar
from accounts.mandate.coverage import Coverage
from accounts.mandate.serving import Service, service_on, with_posts
from accounts.models import Account, MandateRule, Obligation, ObligationEvent, Official
from accounts.provisioning.letting_through import with_leave

# The head's word for the whole unit; it comes through `coverage`, not through the registry.
ATTESTATION = "attestation"
# Alone may change the day a duty counts from: facts were wrong, and an officer put them right.
CORRECTION = "correction"
_AT_ONCE = 1000


def recompute(
    officials: Iterable[Official] | QuerySet[Official],
    *,
    now: datetime,
    cause: str,
    by: Account | None = None,
    forget: Collection[str] = (),
) -> int:
    """Bring these officials' duties up to date with posts, evidence, exemptions and the day.

    cause: a word for the event, such as "joined", "promoted", "import", "first_sign_in".
    "correction" alone may change the day a duty counts from: nothing else loosens or tightens
    what was once given. forget: proofs (names) that must be shown anew. Gives how many duties
    changed. A thousand officials a transaction; done twice, it changes nothing the second time.
    """
    reckoning = Reckoning(now=now, cause=cause, by=by, forget=frozenset(forget))
    return sum(reckoning.carry_out(piece) for piece in _in_pieces(officials))


def _in_pieces(officials: Iterable[Official] | QuerySet[Official]) -> Iterator[list[UUID]]:
    """Ids in order, so that two reckonings at once take their locks in the same order."""
    if isinstance(officials, QuerySet):
        everybody = iter(list(officials.order_by("pk").values_list("pk", flat=True)))
    else:
        everybody = iter(sorted({each.pk for each in officials}))
    while piece := list(islice(everybody, _AT_ONCE)):
        yield piece


class Reckoning:
    """One pass over officials, with the rules, the calendar and the proofs asked for."""

    def __init__(
        self, *, now: datetime, cause: str, by: Account | None, forget: frozenset[str]
    ) -> None:
        self.now, self.today = now, timezone.localdate(now)
        self.cause, self.by, self.forget = cause, by, forget
        self.needed = frozenset((*evidence.names(), ATTESTATION))
        self.calendar = Calendar()
        in_force = MandateRule.objects.filter(mandate__is_in_force=True)
        self.rules = list(in_force.select_related("mandate"))

    @transaction.atomic
    def carry_out(self, ids: list[UUID]) -> int:
        """Reckon these officials, and write what is new; gives how many duties changed."""
        chosen = Official.objects.filter(pk__in=ids).order_by("pk")
        # Two at once for one official would each make the duty. The lock is the person's.
        people = list(with_posts(chosen).select_for_update(of=("self",), no_key=True))
        posts = (post for each in people for post in each.assignments.all())
        coverage = Coverage(ids, {post.position.agency_id for post in posts}, day=self.today)
        standing = self._standing(ids)
        shown = evidence.of(chosen)
        page, leave = Page(self), with_leave(ids, self.now)
        for official in people:
            rows = standing.get(official.pk, {})
            person = self._person(official, rows, shown.get(official.pk, {}), coverage)
            self._reckon(page, replace(person, has_leave=official.pk in leave), rows)
        return page.write()

    def _standing(self, ids: list[UUID]) -> dict[UUID, dict[int, Obligation]]:
        found: dict[UUID, dict[int, Obligation]] = {}
        for row in Obligation.objects.counted().filter(official__in=ids):
            found.setdefault(row.official_id, {})[row.rule_id] = row
        return found

    def _person(
        self,
        official: Official,
        rows: Mapping[int, Obligation],
        fresh: Mapping[str, date],
        coverage: Coverage,
    ) -> Person:
        """All that is known: what is found now, and what was found before and not forgotten."""
        service = service_on(official, self.today)
        proofs = [fresh, *(self._remembered(row) for row in rows.values())]
        released: set[int] = set()
        if service:
            unit = service.home.position.unit_id
            attested = coverage.attested_on(service.agency.pk, unit)
            proofs += [{ATTESTATION: attested}] if attested else []
            released = {
                each.pk for each in self.rules if coverage.is_exempt(official.pk, unit, each.pk)
            }
        return Person(official, service, duties.earliest(proofs), frozenset(released))

    def _remembered(self, row: Obligation) -> dict[str, date]:
        kept = (each for each in row.evidence.items() if each[0] not in self.forget)
        return {name: date.fromisoformat(since) for name, since in kept}

    def _reckon(self, page: Page, person: Person, rows: Mapping[int, Obligation]) -> None:
        service = person.service
        covering = [each for each in self.rules if service and duties.covers(each, service)]
        for row in rows.values():
            if row.rule_id not in {each.pk for each in covering}:
                page.cancel(row)
        for rule in covering:
            row = rows.get(rule.pk) or Obligation(official=person.official, rule=rule, state="")
            page.settle(row, rule, person)


@dataclass(frozen=True)
class Person:
    """One official in a reckoning. released: the rules a letter releases from, by id.

    has_leave: an account on the central domain does not wait until the agency is open.
    """

    official: Official
    service: Service | None
    proofs: Mapping[str, date]
    released: frozenset[int]
    has_leave: bool = False

    @property
    def is_suspended(self) -> bool:
        account = getattr(self.official, "account", None)
        return account is not None and account.state == Account.State.SUSPENDED


class Page:
    """What one reckoning writes: new duties, changed ones, and an event for each change."""

    def __init__(self, reckoning: Reckoning) -> None:
        self._reckoning = reckoning
        self._made: list[Obligation] = []
        self._changed: list[Obligation] = []
        self._events: list[ObligationEvent] = []

    def cancel(self, row: Obligation) -> None:
        """The rule no longer covers the official: kept as history, counted no more."""
        state, due = row.state, row.due_on
        row.state, row.is_waiting_gate = Obligation.State.VOID, False
        self._changed.append(row)
        self._tell(row, state, due)

    def settle(self, row: Obligation, rule: MandateRule, person: Person) -> None:
        """Make the duty as it ought to be; the rule covers the person's service."""
        service, reckoning = person.service, self._reckoning
        assert service is not None
        before = _facts(row) if row.pk else None
        state, due = row.state, row.due_on
        if before is None or reckoning.cause == CORRECTION:
            row.serves_from = duties.covered_since(rule, service)
        row.began_on, row.due_on = duties.term(rule, row.serves_from, reckoning.calendar)
        row.state, row.met_on = duties.stand(
            (row.began_on, row.due_on),
            reckoning.today,
            missing=reckoning.needed - person.proofs.keys(),
            shown=person.proofs,
            released=_released(rule, person),
        )
        row.evidence = {name: f"{person.proofs[name]}" for name in sorted(person.proofs)}
        row.agency_id, row.unit_id = service.agency.pk, service.home.position.unit_id
        row.assignment_id = service.home.pk
        is_shut = not service.agency.is_open and not person.has_leave
        row.is_waiting_gate = row.state in duties.OPEN and is_shut
        if _facts(row) == before:
            return
        (self._changed if before else self._made).append(row)
        if (row.state, row.due_on) != (state, due):
            self._tell(row, state, due)

    def write(self) -> int:
        """Write it all down; the events last, for they name rows that must have numbers."""
        Obligation.objects.bulk_create(self._made)
        Obligation.objects.bulk_update(self._changed, _WRITTEN, batch_size=500)
        ObligationEvent.objects.bulk_create(self._events)
        return len(self._made) + len(self._changed)

    def _tell(self, row: Obligation, state: str, due: date | None) -> None:
        self._events.append(
            ObligationEvent(
                obligation=row,
                at=self._reckoning.now,
                cause=self._reckoning.cause,
                due_before=due,
                due_after=row.due_on,
                state_before=state,
                state_after=row.state,
                by=self._reckoning.by,
            )
        )


_WRITTEN = (
    *("serves_from", "began_on", "due_on", "state", "met_on", "evidence"),
    *("agency", "unit", "assignment", "is_waiting_gate"),
)
# The same, without asking for the rows that ids stand for.
_KEPT = [f"{name}_id" if name in ("agency", "unit", "assignment") else name for name in _WRITTEN]


def _facts(row: Obligation) -> list[object]:
    return [getattr(row, name) for name in _KEPT]


def _released(rule: MandateRule, person: Person) -> Obligation.State | None:
    if rule.pk in person.released:
        return Obligation.State.EXEMPT
    return Obligation.State.SUSPENDED if person.is_suspended else None
