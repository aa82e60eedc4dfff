"""What of a query the rows in clear can answer, as SQL; the rest needs opened messages.

Folder, flags, dates and sizes are in clear (ADR 0001). Conjuncts of these alone
narrow the rows; inside an OR they become a yes or no beside each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Case, F, Q, Value, When

from mailbox.models import Folder, Labelling
from mailbox.searching import operators
from mailbox.searching.query import All, Any, Field, Node, Not, Problem, Query, Words, wanted
from mailbox.searching.spellings import with_spellings
from mailbox.searching.values import Days

UNSEARCHED = (Folder.Kind.SPAM, Folder.Kind.TRASH)
_IS: Mapping[str, Q] = {
    "unread": Q(is_read=False),
    "read": Q(is_read=True),
    "starred": Q(is_starred=True),
    "urgent": Q(urgency__gt=0),
    "snoozed": Q(folder__kind=Folder.Kind.SNOOZED),
    # The mailbox said twice: only its conversations are looked through.
    "muted": Q(thread__is_muted=True, thread__mailbox=F("mailbox")),
}


@dataclass(frozen=True)
class Places:
    """Where a mailbox's mail lies, by normalised name: own folders, labels (some share a name)."""

    mailbox: UUID | None = None
    folders: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    labels: Mapping[str, Sequence[UUID]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A query made ready. where: for the rows; asked: names of the annotations beside them.

    hidden: whether spam and bin are left out, because the query names no place. since, until:
    what is asked for was received at or after the one and before the other, if they are set.
    """

    root: Node
    where: Q
    asked: Mapping[Field, str]
    notes: Mapping[str, Case]
    hidden: bool
    problems: Sequence[Problem]
    since: datetime | None = None
    until: datetime | None = None

    @property
    def has_words(self) -> bool:
        """Whether rows in clear cannot answer all of it."""
        return bool(_children(self.root))

    @property
    def marks(self) -> list[str]:
        """The words a reader would see in what was found: to be marked."""
        return list(wanted(self.root))


def plan(query: Query, places: Places) -> Plan:
    """Divide a query. A folder or label that is not there becomes a word, and a problem."""
    settler = _Settler(places)
    root = with_spellings(settler.settled(query.root))
    where, rest = Q(), []
    for one in _children(root):
        clear = _clear(one, settler.meaning)
        if clear is None:
            rest.append(one)
        else:
            where &= clear
    names_a_place = _names_a_place(root)
    if not names_a_place:
        where &= ~Q(folder__kind__in=UNSEARCHED)
    asked = {one: f"asked_{at}" for at, one in enumerate(settler.meaning)}
    used = set(_fields(All(tuple(rest))))
    notes = {name: _as_note(settler.meaning[one]) for one, name in asked.items() if one in used}
    problems = (*query.problems, *settler.problems)
    since, until = _span(_children(root))
    return Plan(
        All(tuple(rest)), where, asked, notes, not names_a_place, problems, since=since, until=until
    )


def _children(root: Node) -> tuple[Node, ...]:
    return root.children if isinstance(root, All) else (root,)


def _span(children: Iterable[Node]) -> tuple[datetime | None, datetime | None]:
    """The time that every message asked for was received in, as far as it is limited."""
    days = [(one.name, one.value) for one in children if isinstance(one, Field)]
    since = [one.start for name, one in days if name in ("after", "on") and isinstance(one, Days)]
    until = [one.end for name, one in days if name == "on" and isinstance(one, Days)]
    until += [one.start for name, one in days if name == "before" and isinstance(one, Days)]
    return max(since, default=None), min(until, default=None)


class _Settler:
    """Finds what each field means in this mailbox."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.meaning: dict[Field, Q] = {}
        self.problems: list[Problem] = []

    def settled(self, node: Node) -> Node:
        match node:
            case Not(child):
                return Not(self.settled(child))
            case All(children) | Any(children):
                return replace(node, children=tuple(map(self.settled, children)))
            case Field(name, value):
                return self._field(node, name, value)
        return node

    def _field(self, node: Field, name: str, value: str | int | Days) -> Node:
        meaning = self._place(name, value) if name in ("in", "label") else _by_column(name, value)
        if meaning is not None:
            self.meaning[node] = meaning
        elif name in ("in", "label"):
            self.problems.append(Problem("place" if name == "in" else "label", str(value)))
            return Words(str(value))
        return node

    def _place(self, name: str, value: str | int | Days) -> Q | None:
        word = str(value)
        if name == "in" and (place := operators.PLACES.get(word)):
            return Q() if place == operators.EVERYWHERE else Q(folder__kind=place)
        if name == "in" and (folders := self.places.folders.get(word)):
            return Q(folder__in=folders)
        if labels := self.places.labels.get(word):
            threads = Labelling.objects.filter(
                mailbox=self.places.mailbox, label__in=labels
            ).values("thread")
            return Q(thread__in=threads)
        return None


def _by_column(name: str, value: str | int | Days) -> Q | None:
    match name, value:
        case "is", str(state):
            return _IS[state]
        case "before", Days():
            return Q(received_at__lt=value.start)
        case "after", Days():
            return Q(received_at__gte=value.start)
        case "on", Days():
            return Q(received_at__gte=value.start, received_at__lt=value.end)
        case "larger", int(size):
            return Q(size__gt=size)
        case "smaller", int(size):
            return Q(size__lt=size)
    return None


def _clear(node: Node, meaning: Mapping[Field, Q]) -> Q | None:
    """The node as a condition on rows, or None if rows in clear cannot tell."""
    match node:
        case Field():
            return meaning.get(node)
        case Not(child):
            inner = _clear(child, meaning)
            return None if inner is None else ~inner if inner else Q(pk__in=[])
        case All(children) | Any(children):
            parts = [_clear(one, meaning) for one in children]
            if any(part is None for part in parts):
                return None
            joined = Q()
            for part in parts:
                if isinstance(node, Any) and not part:
                    return Q()
                joined = joined | (part or Q()) if isinstance(node, Any) else joined & (part or Q())
            return joined
    return None


def _names_a_place(node: Node) -> bool:
    """Whether it says where to look; -in:spam says only where not."""
    match node:
        case Field("in"):
            return True
        case All(children) | Any(children):
            return any(_names_a_place(child) for child in children)
    return False


def _fields(node: Node) -> list[Field]:
    match node:
        case Field():
            return [node]
        case Not(child):
            return _fields(child)
        case All(children) | Any(children):
            return [one for child in children for one in _fields(child)]
    return []


def _as_note(condition: Q) -> Case:
    yes, no = Value(True), Value(False)
    if not condition:
        return Case(default=yes, output_field=BooleanField())
    return Case(When(condition, then=yes), default=no, output_field=BooleanField())
