"""Offices and posts of the government directory: what there is, and who holds a post today.

A person or an agency may hide a telephone; the telephone of an office or a post is never
hidden, and neither is who holds the post.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Account, Agency, Assignment, OrgUnit, Position
from accounts.models.agencies import in_reader_language
from accounts.people.directory import LONGEST_QUERY, MOST_WORDS, fold

_Dated = TypeVar("_Dated", Agency, OrgUnit, Position)

# More lines than these help nobody: a reader types another word.
MOST_OFFICES = 30
# As their index has them; no unit at all is a unit too.
_IN_OFFICE = ("unit_id", "-is_head_of_unit", "title_th", "pk")
MOST_POSTS = 200


@dataclass(frozen=True)
class Holder:
    """Who holds a post: substantive, acting, seconded or besides another; until: the last day."""

    name: str
    kind: Assignment.Kind
    until: date | None
    address: str
    phone: str

    @property
    def is_acting(self) -> bool:
        return self.kind == Assignment.Kind.ACTING


@dataclass(frozen=True)
class Post:
    """A post with its own mailbox and telephone, and everybody who holds it on a day."""

    position: Position
    address: str
    phone: str
    holders: list[Holder] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.position.title

    @property
    def other_title(self) -> str:
        """The title in the language the reader does not read."""
        return other_name(self.position.title_th, self.position.title_en)


def find_agencies(query: str, *, day: date) -> list[Agency]:
    """Return the agencies that exist on a day whose names or letter code hold every word."""
    found = _holding(Agency.objects.all(), query, ("name_th", "name_en", "letter_code"), day)
    return list(found[:MOST_OFFICES])


def find_units(query: str, *, day: date) -> list[OrgUnit]:
    """Return the divisions and groups that hold every word, their own agency's names included."""
    names = ("name_th", "name_en", "agency__name_th", "agency__name_en", "agency__letter_code")
    of_unit = Q()
    for word in _words(query):
        of_unit |= Q(name_th__icontains=word) | Q(name_en__icontains=word)
    found = _holding(OrgUnit.objects.filter(of_unit), query, names, day)
    return list(found.select_related("agency")[:MOST_OFFICES])


def ministries(*, day: date) -> QuerySet[Agency]:
    """Return the agencies that stand below no other, on a day."""
    return _valid(Agency.objects.filter(parent=None), day)


def agencies_below(agency: Agency, *, day: date) -> QuerySet[Agency]:
    """Return the agencies directly below one, on a day."""
    return _valid(Agency.objects.filter(parent=agency), day)


def units_of(agency: Agency, *, parent: OrgUnit | None, day: date) -> QuerySet[OrgUnit]:
    """Return the offices directly below an agency or an office, on a day."""
    return _valid(OrgUnit.objects.filter(agency=agency, parent=parent), day)


def posts_of(agency: Agency, *, unit: OrgUnit | None, day: date) -> list[Post]:
    """Return the posts of an office with their holders, who heads it first."""
    positions = _valid(Position.objects.filter(agency=agency, unit=unit), day)
    return posts(positions.order_by(*_IN_OFFICE)[:MOST_POSTS], day=day)


def posts(positions: QuerySet[Position], *, day: date) -> list[Post]:
    """Return positions as the directory shows them on a day, in a handful of queries."""
    held = Assignment.objects.on(day).select_related("official__account", "official")
    in_force = Prefetch("assignments", held.order_by("pk"), to_attr="in_force")
    whole = positions.select_related("agency", "unit", "account").prefetch_related(in_force)
    return [_post(position) for position in whole]


def above(unit: OrgUnit) -> list[OrgUnit]:
    """Return the offices above one, outermost first."""
    path: list[OrgUnit] = []
    # A circle in the units must not hold up a page.
    while unit.parent is not None and unit.parent not in path:
        unit = unit.parent
        path.insert(0, unit)
    return path


def phone_of(account: Account) -> str:
    """Return the number others see: an official's own unless hidden, or its post's."""
    official = account.official
    if official is None:
        return account.position.phone if account.position else ""
    if official.hides_phone or account.agency.hides_phones:
        return ""
    return official.phone


def other_name(thai: str, english: str) -> str:
    """Return the name the reader's language did not choose; empty if there is but one."""
    other = english if in_reader_language(thai, english) == thai else thai
    return other if thai and english else ""


def _post(position: Position) -> Post:
    account = getattr(position, "account", None)
    unit_phone = position.unit.phone if position.unit else ""
    in_force: Iterable[Assignment] = getattr(position, "in_force", ())
    return Post(
        position=position,
        address=account.address if account and account.is_active else "",
        phone=position.phone or unit_phone,
        holders=sorted(map(_holder, in_force), key=_substantive_first),
    )


def _holder(assignment: Assignment) -> Holder:
    official = assignment.official
    account: Account | None = getattr(official, "account", None)
    is_reachable = account is not None and account.is_active
    hides = official.hides_phone or assignment.position.agency.hides_phones
    return Holder(
        name=official.name,
        kind=Assignment.Kind(assignment.kind),
        until=assignment.valid_to,
        address=account.address if account is not None and is_reachable else "",
        phone="" if hides else official.phone,
    )


def _substantive_first(holder: Holder) -> int:
    return list(Assignment.Kind).index(holder.kind)


def _holding(
    rows: QuerySet[_Dated], query: str, names: Iterable[str], day: date
) -> QuerySet[_Dated]:
    words = _words(query)
    for word in words:
        holds = Q()
        for name in names:
            holds |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(holds)
    return _valid(rows, day) if words else rows.none()


def _valid(rows: QuerySet[_Dated], day: date) -> QuerySet[_Dated]:
    return rows.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day),
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
    )


def _words(query: str) -> list[str]:
    # No name has a NUL in it, and PostgreSQL takes no text that has.
    return fold(query[:LONGEST_QUERY].replace("\0", " ")).split()[:MOST_WORDS]
