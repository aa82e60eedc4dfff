"""Whom a record means: by the source's own key, by national identity number, or by name with
birth date or post. Never by name alone, address or DN: namesakes are normal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.directory import units
from accounts.directory.records import PersonRecord, Unreadable
from accounts.models import (
    Account,
    Agency,
    Assignment,
    Grade,
    Official,
    PersonnelOrder,
    Source,
    SourceRecord,
)
from accounts.people import national_id
from accounts.people.days import today

# Told of a person, and kept on the official's own row.
PERSONAL = (
    "title_th",
    "given_name_th",
    "family_name_th",
    "title_en",
    "given_name_en",
    "family_name_en",
    "birth_date",
    "phone",
)
_GONE = (Account.State.RETAINED, Account.State.DELETED)


@dataclass(slots=True)
class Post:
    """A position somebody holds now, as a plan compares it."""

    kind: str
    position_number: str
    position_th: str
    position_en: str
    unit: tuple[str, ...]
    grade: int | None
    agency: int


@dataclass(slots=True)
class Person:
    """An official as we know them, in the words a record uses."""

    pk: UUID
    personal: tuple[str | date | None, ...]
    digest: bytes | None
    agency: int | None = None
    # In an agency that the source does not speak for: neither its own nor one below it.
    is_elsewhere: bool = False
    has_account: bool = False
    # Until when the account's door is open, if an order says so; both are days in Thailand.
    first_day_out: date | None = None
    is_gone: bool = False
    posts: list[Post] = field(default_factory=list)

    @property
    def post(self) -> Post | None:
        return next((each for each in self.posts if each.kind == "substantive"), None)


@dataclass(slots=True)
class Link:
    """What a source's key means, and what the source last said."""

    official: UUID
    absences: int
    has_left: bool
    leaves: str


class Known:
    """Everybody a source may mean, read once: 50,000 people in a few seconds.

    among: a handful of records, to read no more than they may mean.
    """

    def __init__(
        self, source: Source, day: date, among: Sequence[PersonRecord] | None = None
    ) -> None:
        self.source, self.day = source, day
        self._ours = at_or_below(source.agency)
        rows = SourceRecord.objects.filter(source=source)
        who = _of_agency(source.agency)
        if among is not None:
            who &= Q(given_name_th__in={each.given_name_th for each in among})
            digests = [national_id.digest(each.national_id) for each in among if each.national_id]
            keys = {each.key for each in among}
            who |= Q(national_id_digest__in=digests) | Q(
                pk__in=rows.filter(key__in=keys).values("official")
            )
        else:
            who |= Q(pk__in=rows.values("official"))
        self.people: dict[UUID, Person] = {}
        self._read(who)
        if among is not None:
            rows = rows.filter(official__in=self.people)
        self.links = {
            key: Link(official, absences, has_left, leaves or "")
            for key, official, absences, has_left, leaves in rows.values_list(
                "key", "official_id", "absences", "has_left", "facts__leaves"
            )
        }
        self.waiting = _waiting(source.agency)
        self.crossed_over = _crossed_over(source.agency)
        self._linked = {link.official for link in self.links.values()}
        self._by_digest = {each.digest: each for each in self.people.values() if each.digest}
        self._by_name: dict[tuple[str, str], list[Person]] = defaultdict(list)
        for each in self.people.values():
            self._by_name[(str(each.personal[1]), str(each.personal[2]))].append(each)

    def whom(self, record: PersonRecord) -> Person | None:
        """The official a record means, or None for somebody new."""
        if link := self.links.get(record.key):
            return self.people.get(link.official)
        if record.national_id:
            digest = national_id.digest(record.national_id)
            if found := self._by_digest.get(digest):
                return found
        same = [each for each in self.namesakes(record) if _is_surely(each, record)]
        return same[0] if len(same) == 1 else None

    def is_anothers(self, number: str, person: Person) -> bool:
        """Tell whether a national identity number is known to be another official's."""
        found = self._by_digest.get(national_id.digest(number))
        return found is not None and found.pk != person.pk

    def namesakes(self, record: PersonRecord) -> list[Person]:
        """People of this name in the agency whom the source does not mean by another key."""
        named = self._by_name.get((record.given_name_th, record.family_name_th), [])
        return [each for each in named if each.pk not in self._linked]

    def present(self) -> int:
        """How many the source knows as serving: what the thresholds are shares of."""
        return SourceRecord.objects.filter(source=self.source, has_left=False).count()

    def look_elsewhere(self, records: Iterable[PersonRecord | Unreadable]) -> None:
        """Read those of other agencies whose national identity numbers these records name."""
        named = {
            national_id.digest(each.national_id)
            for each in records
            if isinstance(each, PersonRecord) and each.national_id
        }
        unknown = named - self._by_digest.keys()
        rows = Official.objects.order_by("pk").filter(national_id_digest__in=unknown)
        found = list(rows.values_list("pk", flat=True)) if unknown else []
        if found:
            self._read(Q(pk__in=found))
        for person in (self.people[pk] for pk in found):
            if person.digest:
                self._by_digest.setdefault(person.digest, person)

    def _read(self, who: Q) -> None:
        found = Official.objects.filter(who).order_by()
        for pk, digest, *personal in found.values_list("pk", "national_id_digest", *PERSONAL):
            kept = bytes(digest) if digest else None
            self.people[pk] = Person(pk, tuple(personal), kept)
        chosen = found.values("pk")
        self._read_posts(chosen)
        accounts = Account.objects.order_by().filter(official__in=chosen)
        columns = ("official_id", "agency_id", "state", "valid_to")
        for official, agency, state, valid_to in accounts.values_list(*columns):
            person = self.people[official]
            person.agency, person.has_account = agency, True
            person.is_elsewhere = agency not in self._ours
            person.first_day_out = today(valid_to) if valid_to else None
            person.is_gone = state in _GONE or bool(valid_to and today(valid_to) <= self.day)

    def _read_posts(self, chosen: QuerySet[Official, Any]) -> None:
        paths = units.paths(self.source.agency)
        held = Assignment.objects.on(self.day).filter(official__in=chosen).order_by("pk")
        columns = (
            "kind",
            "position__position_number",
            "position__title_th",
            "position__title_en",
            "position__unit_id",
            "grade_id",
            "position__grade_id",
            "position__agency_id",
        )
        for official, kind, number, th, en, unit, grade, of_post, agency in held.values_list(
            "official_id", *columns
        ):
            path = paths.get(unit, ()) if unit else ()
            person = self.people[official]
            person.posts.append(Post(kind, number, th, en, path, grade or of_post, agency))
            if person.agency is None and kind == Assignment.Kind.SUBSTANTIVE:
                person.agency, person.is_elsewhere = agency, agency not in self._ours


class Grades:
    """Grades by the words that files use for them: "อำนวยการ ระดับสูง", "อำนวยการสูง", "S2"."""

    def __init__(self, day: date) -> None:
        known = Grade.objects.filter(
            Q(scheme__valid_from__isnull=True) | Q(scheme__valid_from__lte=day),
            Q(scheme__valid_to__isnull=True) | Q(scheme__valid_to__gte=day),
        ).order_by("pk")
        self._by_word: dict[str, set[int]] = defaultdict(set)
        for pk, *words in known.values_list("pk", "code", "name_th", "name_en"):
            # Lists say "ปฏิบัติการ" for "วิชาการ ปฏิบัติการ": the level alone, where one type has it.
            for word in filter(None, (*words, *(name.split()[-1] for name in words[1:] if name))):
                self._by_word[_folded(word)].add(pk)
        self._names = dict(known.values_list("pk", "name_th"))

    def find(self, word: str) -> int | None:
        """The grade a word means; None if it is none, or one of several schemes."""
        found = self._by_word.get(_folded(word), set())
        return next(iter(found)) if len(found) == 1 else None

    def name(self, pk: int | None) -> str:
        return self._names.get(pk, "") if pk else ""


def serves_under(agency: Agency | None, upper: int) -> bool:
    """Tell whether an agency is this one, by its key, or stands below it."""
    seen: set[int] = set()
    while agency is not None and agency.pk not in seen:
        if agency.pk == upper:
            return True
        seen.add(agency.pk)
        agency = agency.parent
    return False


def at_or_below(agency: Agency) -> set[int]:
    """The keys of an agency and of all below it: those whose people its sources speak for."""
    found = newest = {agency.pk}
    while newest:
        below = Agency.objects.order_by().filter(parent__in=newest)
        newest = set(below.values_list("pk", flat=True)) - found
        found = found | newest
    return found


def _of_agency(agency: Agency) -> Q:
    # Two subqueries, not two joins: a join would give each person once for each post.
    posts = Assignment.objects.filter(position__agency=agency).values("official")
    return Q(pk__in=Account.objects.filter(agency=agency).values("official")) | Q(pk__in=posts)


def _waiting(agency: Agency) -> set[tuple[UUID, str]]:
    """Whose orders of which kind are on file and wait for their day or for the other side."""
    state = PersonnelOrder.State
    orders = PersonnelOrder.objects.order_by().filter(
        Q(from_agency=agency) | Q(to_agency=agency),
        state__in=(state.SCHEDULED, state.AWAITING_SECOND),
    )
    return set(orders.values_list("official_id", "kind"))


def _crossed_over(agency: Agency) -> set[UUID]:
    """Who was transferred out of this agency by an order that has been carried out."""
    orders = PersonnelOrder.objects.order_by().filter(
        from_agency=agency,
        kind=PersonnelOrder.Kind.TRANSFERRED,
        state=PersonnelOrder.State.DONE,
    )
    return set(orders.values_list("official_id", flat=True))


def _is_surely(person: Person, record: PersonRecord) -> bool:
    birth_date = person.personal[PERSONAL.index("birth_date")]
    if record.birth_date and birth_date:
        return birth_date == record.birth_date
    return bool(record.position_number) and any(
        post.position_number == record.position_number for post in person.posts
    )


def _folded(word: str) -> str:
    return re.sub(r"\s|ประเภท|ระดับ|[-()]", "", word).casefold()
