"""A list of 50,000 officials as XLSX: reading it, the plan of a first import, and the diff of
the next month's list against 50,000 known officials (issue 4: at most 60 s)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.directory import plan
from accounts.directory.files import reading, uploads
from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    Assignment,
    ImportBatch,
    Official,
    OrgUnit,
    Position,
    SourceRecord,
)
from accounts.people import national_id
from accounts.spreadsheets.headings import HEADINGS
from accounts.spreadsheets.writing import as_csv, as_xlsx
from bench.measuring import Figure, at_most

PEOPLE = 50_000
UNITS = 200
# Of the next month's list: so many have another post, another name, and are new.
MOVED, RENAMED, NEW, GONE = 1_500, 1_000, 500, 400
_FACTS = (
    "key",
    "title_th",
    "given_name_th",
    "family_name_th",
    "birth_date",
    "position_number",
    "position_th",
    "unit_above",
    "phone",
    "national_id",
)
Row = list[str | int | float | None]


def measure() -> list[Figure]:
    agency = Agency.objects.create(name_th="กรมทดสอบ", letter_code="ทส", state=Agency.State.LIVE)
    AgencyDomain.objects.create(agency=agency, domain="imports.test")
    head = [HEADINGS[fact][0] for fact in _FACTS]
    file = as_xlsx("x", head, [_row(n) for n in range(PEOPLE)])
    read = _seconds(lambda: sum(1 for _ in reading.records(file)))
    source = uploads.source_of_files(agency)
    first, first_batch = _plan(agency, file)
    assert first_batch.counts["joins"] == PEOPLE
    first_batch.rows.all().delete()
    known = _seconds(lambda: _know(agency, source.pk))
    rows = [_changed(n) for n in range(GONE, PEOPLE + NEW)]
    before = time.process_time()
    second, batch = _plan(agency, as_xlsx("x", head, rows))
    own = time.process_time() - before
    _must_be_right(batch)
    third, _batch = _plan(agency, as_csv(head, rows))
    return [
        Figure(f"people made known beforehand, {PEOPLE:,}", known, "s"),
        Figure(f"reading an XLSX of {PEOPLE:,} rows", read, "s"),
        at_most(f"first import of {PEOPLE:,}, read and planned", first, "s", 60),
        at_most(f"diff of {PEOPLE:,} rows, XLSX, read and planned", second, "s", 60),
        Figure("  of it this process's own time", own, "s"),
        at_most(f"diff of {PEOPLE:,} rows, CSV, read and planned", third, "s", 60),
    ]


def _plan(agency: Agency, data: bytes) -> tuple[float, ImportBatch]:
    source, now = uploads.source_of_files(agency), timezone.now()
    begun = time.perf_counter()
    batch = plan.make(
        source, reading.records(data), by=None, now=now, reads_all=True, file_name="x.xlsx"
    )
    return time.perf_counter() - begun, batch


def _must_be_right(batch: ImportBatch) -> None:
    counts = batch.counts
    assert counts["joins"] == NEW, counts
    assert counts["moves"] == MOVED, counts
    assert counts["changes"] == RENAMED, counts
    assert counts["absent"] == GONE, counts
    assert counts["same"] == PEOPLE - GONE - MOVED - RENAMED, counts


def _row(n: int) -> Row:
    born = date(1967, 1, 1) + timedelta(days=n % 12_000)
    birthday = f"{born.day}/{born.month}/{born.year + 543}"
    unit = f"กองที่ {n % UNITS}"
    return [
        f"{n:07}",
        "นาย",
        f"สมชาย{n % 977}",
        f"ใจดี{n}",
        birthday,
        f"เลขที่ {n}",
        "นักวิเคราะห์นโยบายและแผน",
        unit,
        f"0 2{n:06}",
        _national_id(n),
    ]


def _national_id(n: int) -> str:
    twelve = f"3{n:011}"
    total = sum(int(digit) * weight for digit, weight in zip(twelve, range(13, 1, -1), strict=True))
    return f"{twelve}{(11 - total % 11) % 10}"


def _changed(n: int) -> Row:
    row = _row(n)
    if n < GONE + MOVED:
        row[5] = f"ใหม่ {n}"
    elif n < GONE + MOVED + RENAMED:
        row[3] = f"รักไทย{n}"
    return row


@transaction.atomic
def _know(agency: Agency, source: int) -> None:
    """Everybody of the first list as officials with a post, an account and a record."""
    units = OrgUnit.objects.bulk_create(
        OrgUnit(agency=agency, name_th=f"กองที่ {n}") for n in range(UNITS)
    )
    officials, positions, posts, accounts, records = [], [], [], [], []
    for n in range(PEOPLE):
        _key, title, given, family, _born, number, post, _unit, phone, own = map(str, _row(n))
        official = Official(
            title_th=title,
            given_name_th=given,
            family_name_th=family,
            birth_date=date(1967, 1, 1) + timedelta(days=n % 12_000),
            phone=phone,
            national_id_digest=national_id.digest(own),
        )
        position = Position(
            agency=agency, unit=units[n % UNITS], position_number=number, title_th=post
        )
        officials.append(official)
        positions.append(position)
        posts.append(Assignment(official=official, position=position))
        address = f"p{n}@imports.test"
        accounts.append(
            Account(address=address, agency=agency, official=official, state="active", password="!")
        )
        records.append(
            SourceRecord(source_id=source, key=f"{n:07}", official=official, seen_at=timezone.now())
        )
    Official.objects.bulk_create(officials, batch_size=2000)
    Position.objects.bulk_create(positions, batch_size=2000)
    Assignment.objects.bulk_create(posts, batch_size=2000)
    Account.objects.bulk_create(accounts, batch_size=2000)
    SourceRecord.objects.bulk_create(records, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
