"""Newcomers: whoever comes to use an office's mailbox is made known to those who use it already.

Otherwise somebody who was invented, or given a post by mistake, would read an office's mail and
nobody would notice. It does not matter how they came to it (an order, a list, an identity
system, the administration, a delegation, a day that came): a table says who is known, and
every two minutes it is compared with who reaches the mailboxes today. HR officers are told, too.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.audit import chain
from accounts.mandate.reminders.readers import hr_officers
from accounts.models import Account, Agency, Assignment
from govmail_portal.errors import PortalError
from mailbox.models import Delegation, Mailbox, OfficeReader
from mailbox.people import notices
from mailbox.people.notices import Newcomer

logger = logging.getLogger(__name__)

# So many newcomers at a time: as many rows of the chain, and letters to whom they concern.
PIECE = 200
# Fewer officers than this tell nobody but themselves: those of the agency above are told, too.
ENOUGH_OFFICERS = 2
# One round at a time, wherever it runs: an advisory lock of PostgreSQL.
_LOCK = 4_200_811


@dataclass(frozen=True)
class _Come:
    """One reason for which somebody reaches an office's mailbox."""

    mailbox: UUID
    account: int
    kind: str
    until: date | None
    order_no: str


@dataclass
class _Letters:
    """What is to be written, by the mailbox it is filed in: in the order in which filing locks."""

    to: dict[int, list[Callable[..., None]]] = field(default_factory=lambda: defaultdict(list))

    def file(self, *, now: datetime) -> None:
        """File them; one that cannot be written keeps no other back."""
        boxes = Mailbox.objects.filter(account__in=list(self.to)).order_by("pk")
        for account in boxes.values_list("account", flat=True):
            for letter in self.to[account or 0]:
                try:
                    with transaction.atomic():
                        letter(now=now)
                except PortalError as failure:
                    kind = type(failure).__name__  # its words may quote a name
                    logger.error("account %s: not told of newcomers (%s)", account, kind)


@transaction.atomic
def tell(now: datetime) -> int:
    """Make known who came to use an office's mailbox, at most PIECE; return how many.

    Who uses it no more is forgotten: coming again, they are made known again.
    """
    if not _alone():
        return 0
    day = timezone.localdate(now)
    _forget_gone(day)
    come = _unknown(day)
    if not come:
        return 0
    accounts = _accounts({one.account for one in come})
    offices = _offices({one.mailbox for one in come})
    known = _known(offices)
    newcomers = [_newcomer(one, accounts, offices) for one in come]
    _make_known(come, now)
    letters = _Letters()
    _write_to_those_there(letters, come, newcomers, known)
    _write_to_officers(letters, newcomers, now)
    letters.file(now=now)
    # Last, because the chain has one writer at a time, to the end of its transaction.
    for one in newcomers:
        details = {"who": one.account.address, "kind": one.kind or "delegate"}
        chain.record("office_reader_told", one.office, by=None, now=now, details=details)
    return len(come)


@transaction.atomic
def take_note(now: datetime) -> int:
    """Know everybody who uses an office's mailbox, and write no letter: where all is new."""
    day, noted = timezone.localdate(now), 0
    while come := _unknown(day):
        noted += _make_known(come, now)
    return noted


def _make_known(come: Sequence[_Come], now: datetime) -> int:
    rows = [
        OfficeReader(mailbox_id=one.mailbox, account_id=one.account, known_at=now) for one in come
    ]
    return len(OfficeReader.objects.bulk_create(rows))


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


# --- Who reaches an office's mailbox --------------------------------------


def _held(day: date) -> QuerySet[Assignment]:
    """Posts with a mailbox, as they are held on a day."""
    return Assignment.objects.on(day).filter(
        position__account__mailbox__is_open=True, official__account__isnull=False
    )


def _delegated(day: date) -> QuerySet[Delegation]:
    """Delegations into offices' mailboxes, as they are in force on a day."""
    return Delegation.objects.in_force(day).filter(
        mailbox__is_open=True, mailbox__account__position__isnull=False
    )


def _unknown(day: date) -> list[_Come]:
    """Who reaches an office's mailbox and is not known there: two statements."""
    by_post = _held(day).filter(
        ~_is_known(OuterRef("position__account__mailbox"), OuterRef("official__account"))
    )
    by_leave = _delegated(day).filter(~_is_known(OuterRef("mailbox"), OuterRef("account")))
    posts = by_post.order_by("pk").values_list(
        *("position__account__mailbox", "official__account"), *("kind", "valid_to", "order_no")
    )
    leaves = by_leave.order_by("granted_at", "pk").values_list(
        "mailbox", "account", "valid_to", "reason"
    )
    found: dict[tuple[UUID, int], _Come] = {}
    for box, account, kind, until, order_no in posts[:PIECE]:
        found.setdefault((box, account), _Come(box, account, kind, until, order_no))
    for box, account, until, reason in leaves[: PIECE - len(found)]:
        found.setdefault((box, account), _Come(box, account, "", until, reason))
    return list(found.values())


def _is_known(mailbox: OuterRef, account: OuterRef) -> Exists:
    return Exists(OfficeReader.objects.filter(mailbox=mailbox, account=account))


def _forget_gone(day: date) -> None:
    """Whoever reaches the mailbox no more is not known there any longer."""
    held = _held(day).filter(
        position__account__mailbox=OuterRef("mailbox"), official__account=OuterRef("account")
    )
    given = _delegated(day).filter(mailbox=OuterRef("mailbox"), account=OuterRef("account"))
    OfficeReader.objects.filter(~Exists(held), ~Exists(given)).delete()


def _known(offices: Collection[UUID]) -> Mapping[UUID, list[Account]]:
    """Who is known at each of these mailboxes, their accounts open."""
    found: dict[UUID, list[Account]] = defaultdict(list)
    rows = OfficeReader.objects.filter(mailbox__in=offices).order_by("pk")
    for row in rows.select_related("account__official", "account__agency"):
        if row.account.is_active:
            found[row.mailbox_id].append(row.account)
    return found


def _accounts(keys: Iterable[int]) -> dict[int, Account]:
    rows = Account.objects.get_queryset().filter(pk__in=list(keys))
    return {one.pk: one for one in rows.select_related("official", "position", "agency")}


def _offices(boxes: Collection[UUID]) -> dict[UUID, Account]:
    """The accounts of these offices, by their mailboxes."""
    rows = Account.objects.get_queryset().filter(mailbox__in=boxes)
    with_boxes: QuerySet[Any] = rows.select_related("position", "agency__parent").annotate(
        box=F("mailbox")
    )
    return {one.box: one for one in with_boxes}


def _newcomer(
    one: _Come, accounts: Mapping[int, Account], offices: Mapping[UUID, Account]
) -> Newcomer:
    office = offices[one.mailbox]
    return Newcomer(accounts[one.account], office, one.kind, one.until, one.order_no)


# --- Who is told ----------------------------------------------------------


def _write_to_those_there(
    letters: _Letters,
    come: Sequence[_Come],
    newcomers: Sequence[Newcomer],
    known: Mapping[UUID, Sequence[Account]],
) -> None:
    """One letter of each office's newcomers to each who used it before."""
    by_office: dict[UUID, list[Newcomer]] = defaultdict(list)
    for one, newcomer in zip(come, newcomers, strict=True):
        by_office[one.mailbox].append(newcomer)
    for box, some in by_office.items():
        for reader in known.get(box, ()):
            letter = partial(notices.to_those_there, reader, some[0].office, some)
            letters.to[reader.pk].append(letter)


def _write_to_officers(letters: _Letters, newcomers: Sequence[Newcomer], now: datetime) -> None:
    """One letter of all newcomers of an agency to each of its HR officers."""
    by_agency: dict[int, list[Newcomer]] = defaultdict(list)
    for newcomer in newcomers:
        by_agency[newcomer.office.agency_id].append(newcomer)
    for some in by_agency.values():
        for officer in _officers(some[0].office.agency, now):
            others = [one for one in some if one.account.pk != officer.pk]
            if others:
                letters.to[officer.pk].append(partial(notices.to_officer, officer, others))


def _officers(agency: Agency, now: datetime) -> Iterator[Account]:
    """The HR officers of an agency; of one with a single officer, those above, too."""
    own = hr_officers(agency, now=now)
    yield from own
    if len(own) < ENOUGH_OFFICERS and agency.parent is not None:
        told = {each.pk for each in own}
        yield from (each for each in hr_officers(agency.parent, now=now) if each.pk not in told)
