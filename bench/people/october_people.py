"""The people of the night of 1 October, and what is said of them afterwards."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

import psycopg
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from accounts.mandate import obligations
from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    Assignment,
    DirectorOrAbove,
    Official,
    PersonnelOrder,
    Position,
)
from accounts.people import directory
from accounts.people.days import midnight
from mailbox.filing.mailboxes import open_mailbox

AGENCIES = 100
# By which the people of this night are known among those of other measurements.
FAMILY = "october"
FIRST_OF_OCTOBER = date(2026, 10, 1)
SPRING = midnight(date(2026, 6, 1))
# Every so many of the moves is one to another agency, and every so many a promotion.
TRANSFER_EACH, PROMOTION_EACH = 12, 10
_AT_ONCE = 1000
# What may be asked of both nights, in words that do not depend on who came first.
_QUESTIONS = (
    """SELECT o.given_name_en, a.address, a.state, a.valid_to, a.agency_id
       FROM accounts_official o
       JOIN accounts_account a ON o.id IN (a.official_id, a.former_official_id)""",
    """SELECT o.given_name_en, s.position_id, s.kind, s.valid_from, s.valid_to
       FROM accounts_official o JOIN accounts_assignment s ON s.official_id = o.id""",
    """SELECT o.given_name_en, p.kind, p.state, p.effective_on, p.done_at IS NULL
       FROM accounts_official o JOIN accounts_personnelorder p ON p.official_id = o.id""",
    """SELECT o.given_name_en, d.rule_id, d.state, d.began_on, d.due_on, d.agency_id
       FROM accounts_official o JOIN accounts_obligation d ON d.official_id = o.id""",
    """SELECT act, kind, object_name, agency_id FROM accounts_auditevent""",
    """SELECT a.address, v.is_official, v.is_enabled, v.ends_at
       FROM mailbox_vacation v JOIN mailbox_mailbox m ON m.id = v.mailbox_id
       JOIN accounts_account a ON a.id = m.account_id""",
    """SELECT a.address, t.address, f.until
       FROM mailbox_forwarding f JOIN mailbox_mailbox m ON m.id = f.mailbox_id
       JOIN accounts_account a ON a.id = m.account_id
       JOIN accounts_account t ON t.id = f.target_id""",
    """SELECT a.address, j.queue_class, j.state
       FROM accounts_provisioningjob j JOIN accounts_account a ON a.id = j.account_id""",
    """SELECT a.address, e.text FROM accounts_directoryentry e
       JOIN accounts_account a ON a.id = e.account_id""",
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_CLOSED = """SELECT count(*) FROM accounts_official o JOIN accounts_account a
             ON a.official_id = o.id WHERE o.retires_on IS NOT NULL
             AND (a.state NOT IN ('active', 'leaving') OR a.valid_to <= %s)"""


def make(*, leavers: int, moves: int) -> None:
    """Officials in service: so many born in time to retire, so many with an order to move."""
    agencies = [_agency(number) for number in range(AGENCIES)]
    numbers = iter(range(leavers + moves))
    while some := list(islice(numbers, _AT_ONCE)):
        with transaction.atomic():
            _serve(some, agencies, leavers)
    _order_moves(leavers, moves, agencies)
    ours = Official.objects.filter(family_name_en=FAMILY)
    obligations.recompute(ours, now=SPRING, cause="joined")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def extend(count: int) -> None:
    """Give so many of those who are to retire a longer time, after their orders were written."""
    keys = PersonnelOrder.objects.filter(kind=PersonnelOrder.Kind.RETIRED).order_by("pk")
    officials = list(keys.values_list("official", flat=True)[:count])
    Official.objects.filter(pk__in=officials).update(retires_on=date(2028, 9, 30))


def differing(one: str, other: str) -> int:
    """Count what two databases say differently: facts, and how many rows each table has."""
    return sum(((facts := _facts(one)) - (more := _facts(other))).values()) + sum(
        (more - facts).values()
    )


def extended_but_closed(url: str, night: datetime) -> int:
    with psycopg.connect(url) as database:
        return int(database.execute(_CLOSED, [night]).fetchall()[0][0])


def _facts(url: str) -> Counter[tuple[object, ...]]:
    with psycopg.connect(url) as database:
        facts: Counter[tuple[object, ...]] = Counter()
        for question in _QUESTIONS:
            facts.update(database.execute(question.encode()).fetchall())
        for (table,) in database.execute(_TABLES).fetchall():
            facts.update(_size(database, str(table)))
    return facts


def _size(
    database: psycopg.Connection[tuple[object, ...]], table: str
) -> Iterator[tuple[object, ...]]:
    count_all = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    (count,) = database.execute(count_all).fetchall()[0]
    yield (table, count)


def _agency(number: int) -> Agency:
    made = Agency.objects.create(name_th=f"กรมที่ {number}", state=Agency.State.LIVE)
    AgencyDomain.objects.create(agency=made, domain=f"a{number}.october.test")
    return made


def _serve(numbers: list[int], agencies: list[Agency], leavers: int) -> None:
    officials = [_official(number, number < leavers) for number in numbers]
    positions = [
        Position(
            agency=agencies[number % AGENCIES],
            title_th=f"ตำแหน่งที่ {number}",
            is_director_or_above=DirectorOrAbove.NO if number % 20 else DirectorOrAbove.YES,
        )
        for number in numbers
    ]
    Official.objects.bulk_create(officials)
    Position.objects.bulk_create(positions)
    Assignment.objects.bulk_create(
        Assignment(official=one, position=post, valid_from=date(2020, 10, 1))
        for one, post in zip(officials, positions, strict=True)
    )
    accounts = [
        Account(
            address=f"{one.given_name_en}@{agencies[number % AGENCIES].domains.get().domain}",
            official=one,
            agency=agencies[number % AGENCIES],
            state=Account.State.ACTIVE,
            password="!",  # unusable
        )
        for number, one in zip(numbers, officials, strict=True)
    ]
    Account.objects.bulk_create(accounts)
    directory.list_again(
        directory.listed(Account.objects.filter(pk__in=[each.pk for each in accounts]))
    )
    for number, account in zip(numbers, accounts, strict=True):
        if number < leavers or number % TRANSFER_EACH == 0:
            open_mailbox(account, [account.address])


def _official(number: int, leaves: bool) -> Official:
    return Official(
        id=uuid.uuid5(uuid.NAMESPACE_DNS, str(number)),
        given_name_th=f"คนที่{number}",
        family_name_th="ทดสอบ",
        given_name_en=f"p{number:06d}",
        family_name_en=FAMILY,
        birth_date=date(1966, 9, 1) if leaves else date(1980, 1, 1),
    )


def _order_moves(leavers: int, moves: int, agencies: list[Agency]) -> None:
    people = {each.given_name_en: each for each in Official.objects.filter(family_name_en=FAMILY)}
    posts: dict[int, list[Position]] = {}
    for position in Position.objects.filter(agency__in=agencies).order_by("pk"):
        posts.setdefault(position.agency_id, []).append(position)
    orders = []
    for number in range(leavers, leavers + moves):
        home = agencies[number % AGENCIES]
        goes = number % TRANSFER_EACH == 0
        goal = agencies[(number + 1) % AGENCIES] if goes else home
        kinds = PersonnelOrder.Kind
        within = kinds.MOVED if number % PROMOTION_EACH else kinds.PROMOTED
        orders.append(
            PersonnelOrder(
                official=people[f"p{number:06d}"],
                kind=kinds.TRANSFERRED if goes else within,
                effective_on=FIRST_OF_OCTOBER,
                from_agency=home,
                to_agency=goal,
                position=posts[goal.pk][(number + 7) % len(posts[goal.pk])],
                recorded_at=timezone.now() - timedelta(days=1),
                due_at=midnight(FIRST_OF_OCTOBER),
            )
        )
    PersonnelOrder.objects.bulk_create(orders, batch_size=_AT_ONCE)
