"""A directory of 100,000 people: read whole and planned, then 200 changes; and one killed.

The people are written as the portal would have them after the first reading was carried out, so
that the figures are of reading and comparing: carrying out is measured where people join.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.directory import ldap_source, sync
from accounts.ldap.connection import connect
from accounts.ldap.errors import DirectoryAway
from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    Assignment,
    ImportBatch,
    Official,
    OrgUnit,
    Position,
    Source,
    SourceRecord,
)
from bench.measuring import Figure, at_least, at_most
from tests import slapd
from tests.slapd import Directory, Values

PEOPLE, CHANGED = 100_000, 200
UNITS = [f"กองที่ {number}" for number in range(1, 101)]
BATCH = 5_000
STAMPED = datetime(2026, 1, 1, tzinfo=UTC)


def _key(number: int) -> str:
    return str(uuid.UUID(int=0x1000_0000 + number))


def _unit(number: int) -> str:
    return UNITS[number % len(UNITS)]


def _entries() -> Iterator[tuple[str, Values]]:
    for name in UNITS:
        yield slapd.unit(name)
    for number in range(PEOPLE):
        dn, values = slapd.person(
            f"u{number}",
            f"สมชาย{number}",
            "ใจดี",
            unit=_unit(number),
            title=f"นักวิเคราะห์นโยบายและแผน {number}",
            entryUUID=_key(number),
            # Each changed at another moment, or the last second's would be all of them.
            modifyTimestamp=f"{STAMPED + timedelta(seconds=number):%Y%m%d%H%M%SZ}",
        )
        yield dn, {name: value for name, value in values.items() if name != "userPassword"}


def _source(directory: Directory) -> Source:
    agency = Agency.objects.create(name_th="กรมวัดผล", letter_code="วล", state=Agency.State.LIVE)
    AgencyDomain.objects.create(agency=agency, domain="directory.test")
    source = Source.objects.create(
        agency=agency, kind=Source.Kind.LDAP, name="bench", settings=directory.settings()
    )
    ldap_source.seal_password(source, slapd.PASSWORD)
    return source


def _as_carried_out(source: Source, now: datetime) -> None:
    """Write everybody down as they are after the first plan."""
    agency = source.agency
    units = {name: OrgUnit.objects.create(agency=agency, name_th=name) for name in UNITS}
    for first in range(0, PEOPLE, BATCH):
        numbers = range(first, min(first + BATCH, PEOPLE))
        officials = Official.objects.bulk_create(
            Official(given_name_th=f"สมชาย{number}", family_name_th="ใจดี") for number in numbers
        )
        positions = Position.objects.bulk_create(
            Position(
                agency=agency,
                unit=units[_unit(number)],
                title_th=f"นักวิเคราะห์นโยบายและแผน {number}",
            )
            for number in numbers
        )
        Assignment.objects.bulk_create(
            Assignment(official=official, position=position, valid_from=timezone.localdate(now))
            for official, position in zip(officials, positions, strict=True)
        )
        Account.objects.bulk_create(
            Account(
                address=f"u{number}@directory.test",
                official=official,
                agency=agency,
                state=Account.State.ACTIVE,
                password="!",
            )
            for number, official in zip(numbers, officials, strict=True)
        )
        SourceRecord.objects.bulk_create(
            SourceRecord(source=source, key=_key(number), official=official, seen_at=now)
            for number, official in zip(numbers, officials, strict=True)
        )


def _timed(source: Source, now: datetime, **how: Any) -> tuple[float, ImportBatch]:
    source.refresh_from_db()
    begun = time.perf_counter()
    batch = sync.sync(source, now=now, **how)
    return time.perf_counter() - begun, batch


def _change(directory: Directory) -> None:
    import ldap

    with directory.as_admin() as link:
        for number in range(CHANGED):
            name = slapd.name_of(f"u{number * 7}", _unit(number * 7))
            link.modify_s(name, [(ldap.MOD_REPLACE, "telephoneNumber", [b"02 123 4567"])])


def _seconds_to_read(source: Source) -> float:
    """The limit: the directory's own answer, every page of it, without looking at a row."""
    access = ldap_source.access_to(source)
    begun = time.perf_counter()
    with connect(access.server) as session:
        read = sum(1 for _ in session.search(access.base, access.people, access.map.wanted))
    assert read == PEOPLE, read
    return time.perf_counter() - begun


def _killed(directory: Directory, source: Source, now: datetime) -> bool:
    """Whether a server killed in mid-page leaves everything as it was."""
    before = ImportBatch.objects.filter(source=source).count(), source.records.count()
    access = ldap_source.access_to(source)
    try:
        with connect(access.server) as session:
            found = session.search(access.base, access.people, access.map.wanted)
            for number, _entry in enumerate(found):
                if number == PEOPLE // 2:
                    directory.kill()
        return False
    except DirectoryAway:
        pass
    try:
        sync.sync(source, now=now)
        return False
    except DirectoryAway:
        after = ImportBatch.objects.filter(source=source).count(), source.records.count()
        return before == after


def measure() -> list[Figure]:
    now = timezone.now()
    with (
        tempfile.TemporaryDirectory(prefix="govmail-slapd-") as folder,
        slapd.running(Path(folder) / "slapd", _entries()) as directory,
    ):
        source = _source(directory)
        _as_carried_out(source, now)
        alone = _seconds_to_read(source)
        whole, batch = _timed(source, now + timedelta(hours=1), everybody=True)
        assert batch.reads_all
        same = batch.counts["same"]
        _change(directory)
        some, changes = _timed(source, now + timedelta(hours=2))
        assert not changes.reads_all
        assert changes.rows.count() <= CHANGED + 1
        found = changes.counts["changes"]
        kept = _killed(directory, source, now + timedelta(hours=3))
    return [
        Figure(f"limit: slapd's answer alone, {PEOPLE:,} entries in pages", alone, "s"),
        at_most(f"whole plan of {PEOPLE:,} people", whole, "s", 300),
        at_least("of them found unchanged", same, "people", PEOPLE),
        at_most("incremental reading and plan, 200 changes", some, "s", 30),
        at_least("changes found", found, "people", CHANGED),
        at_least("killed in mid-page, nothing changed", float(kept), "yes", 1),
    ]
