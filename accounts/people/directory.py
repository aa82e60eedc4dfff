"""Finding people by name, post, agency or address, in Thai and English.

Every word of a query must be found: in the person's names, posts and address,
anywhere in a word from three letters on, at its beginning below that; or in the
names of the agency. Thai writes no spaces between words, so "การเจ้าหน้าที่" must
be found inside "ผู้อำนวยการกองการเจ้าหน้าที่". An index over three-letter pieces
keeps that quick for 100,000 people.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import Account, Agency, Assignment, DirectoryEntry

# Longer queries are pasted by mistake; more words than these narrow nothing.
LONGEST_QUERY = 100
MOST_WORDS = 6
# Not \w: Thai vowels and tones above and below the line are marks, not letters.
_BETWEEN_WORDS = re.compile(r"[\s,;:()<>\"'/|]+")
_INSIDE_WORDS = re.compile(r"[.@_\-]+")


@dataclass(frozen=True)
class FoundPerson:
    """One line of the directory, in the reader's language; code is the agency's letter code."""

    name: str
    position: str
    agency: str
    code: str
    address: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def find(query: str, *, by: Account, limit: int = 10) -> list[FoundPerson]:
    """Return the people and position mailboxes that match every word, for who writes to them."""
    return [_person(account) for account in find_accounts(query, by=by, limit=limit)]


def find_accounts(query: str, *, by: Account, limit: int) -> list[Account]:
    """Return the open accounts that match every word, those of `by`'s agency first.

    Officials, positions, posts and agencies come with them.
    """
    # No name has a NUL in it, and PostgreSQL takes no text that has.
    words = fold(query[:LONGEST_QUERY].replace("\0", " ")).split()[:MOST_WORDS]
    if not words:
        return []
    now = timezone.now()
    # As `Account.is_active`: who retires in half a year is in office until then.
    matching = DirectoryEntry.objects.filter(
        Q(account__valid_from__isnull=True) | Q(account__valid_from__lte=now),
        Q(account__valid_to__isnull=True) | Q(account__valid_to__gt=now),
        account__state__in=Account.OPEN_STATES,
    )
    agencies = _agencies()
    for word in words:
        matching = matching.filter(_holds(word, agencies))
    nearest = matching.annotate(
        begins=_zero_if(Q(text__startswith=f" {words[0]}")),
        near=_zero_if(Q(agency_id=by.agency_id)),
    ).order_by("begins", "near", "text", "pk")
    return [entry.account for entry in _with_names(nearest)[:limit]]


def list_again(accounts: Iterable[Account]) -> None:
    """Write the directory's lines of these accounts anew, after any of their facts changed."""
    entries = [_entry(account) for account in accounts]
    DirectoryEntry.objects.bulk_create(
        entries,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["agency", "text", "pieces"],
    )


def listed(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """The same accounts with everything `list_again` reads, in a handful of queries."""
    assignments = Prefetch("official__assignments", Assignment.objects.select_related("position"))
    return accounts.select_related("agency", "official", "position").prefetch_related(assignments)


def fold(text: str) -> str:
    """Return text as it is compared: compatibility form, without case, one space between words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_BETWEEN_WORDS.split(folded)).strip()


def pieces_of(word: str) -> set[int]:
    """Return the hashes a folded word is found by: its beginnings, and every three letters."""
    return {_hashed(f"^{word[:1]}"), _hashed(f"^{word[:2]}")} | _threes(word)


def _threes(word: str) -> set[int]:
    return {_hashed(word[i : i + 3]) for i in range(len(word) - 2)}


def _hashed(piece: str) -> int:
    # PostgreSQL's integers have a sign.
    return zlib.crc32(piece.encode()) - 2**31


def _holds(word: str, agencies: list[tuple[int, str]]) -> Q:
    if len(word) < 3:
        in_person = Q(pieces__contains=[_hashed(f"^{word}")], text__contains=f" {word}")
    else:
        in_person = Q(pieces__contains=sorted(_threes(word)), text__contains=word)
    sought = word if len(word) > 2 else f" {word}"
    held_by = [pk for pk, names in agencies if len(word) > 1 and sought in f" {names}"]
    return in_person | Q(agency_id__in=held_by) if held_by else in_person


def _agencies() -> list[tuple[int, str]]:
    rows = Agency.objects.order_by().values_list("pk", "letter_code", "name_th", "name_en")
    return [(pk, fold(" ".join(names))) for pk, *names in rows]


def _zero_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())


def _with_names(entries: QuerySet[DirectoryEntry]) -> QuerySet[DirectoryEntry]:
    assignments = Prefetch(
        "account__official__assignments", Assignment.objects.select_related("position")
    )
    whole = entries.select_related("account__official", "account__position", "account__agency")
    return whole.prefetch_related(assignments)


def _person(account: Account) -> FoundPerson:
    return FoundPerson(
        name=account.name,
        position=account.post,
        agency=account.agency.name,
        code=account.agency.tile,
        address=account.address,
    )


def _entry(account: Account) -> DirectoryEntry:
    words = list(dict.fromkeys(_words(account)))
    pieces = set().union(*(pieces_of(word) for word in words))
    text = f" {' '.join(words)} "
    return DirectoryEntry(
        account=account, agency_id=account.agency_id, text=text, pieces=sorted(pieces)
    )


def _words(account: Account) -> Iterator[str]:
    for fact in _facts(account):
        for word in fold(fact).split():
            yield word
            yield from filter(None, _INSIDE_WORDS.split(word))


def _facts(account: Account) -> Iterator[str]:
    position = account.position
    if account.official is not None:
        yield account.official.name_th
        yield account.official.name_en
        position = position or account.official.held_position
    if position is not None:
        yield position.title_th
        yield position.title_en
    yield account.address
