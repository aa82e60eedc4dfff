"""A slapd of 10,000 officials with Thai names: planned, carried out, changed, killed in mid-page.

Each step is told as it would be to an officer; the figures are what became of it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accounts.directory import applying, ldap_source, sync
from accounts.ldap.connection import connect
from accounts.ldap.errors import DirectoryAway
from accounts.models import Account, Agency, AgencyDomain, Assignment, ImportBatch, Official, Source
from bench.measuring import Figure, at_least
from tests import slapd
from tests.slapd import Directory, Values

PEOPLE, RENAMED, MOVED, GONE = 10_000, 100, 200, 60
UNITS = [f"กองที่ {number}" for number in range(1, 101)]


def _unit(number: int) -> str:
    return UNITS[number % len(UNITS)]


def _entries() -> Iterator[tuple[str, Values]]:
    for name in UNITS:
        yield slapd.unit(name)
    for number in range(PEOPLE):
        title = f"นักวิเคราะห์นโยบายและแผน {number}"
        yield slapd.person(f"u{number}", f"สมชาย{number}", "ใจดี", unit=_unit(number), title=title)


def _officer(agency: Agency, name: str) -> Account:
    return Account.objects.create(
        address=f"{name}@carried-out.test", agency=agency, state=Account.State.ACTIVE, password="!"
    )


def _change(directory: Directory) -> None:
    """Some marry, some are moved to another unit, some are gone."""
    import ldap

    with directory.as_admin() as link:
        for number in range(RENAMED):
            name = slapd.name_of(f"u{number}", _unit(number))
            link.modify_s(name, [(ldap.MOD_REPLACE, "sn", ["สมรส".encode()])])
        for number in range(RENAMED, RENAMED + MOVED):
            old = slapd.name_of(f"u{number}", _unit(number))
            below = slapd.name_of(f"u{number}", _unit(number + 1)).partition(",")[2]
            link.rename_s(old, old.partition(",")[0], below)
        for number in range(PEOPLE - GONE, PEOPLE):
            link.delete_s(slapd.name_of(f"u{number}", _unit(number)))


class _Story:
    """One agency's directory, and what its officers do; `figures` tells it."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.agency = Agency.objects.create(
            name_th="กรมทดลอง", letter_code="ทล", state=Agency.State.LIVE
        )
        AgencyDomain.objects.create(agency=self.agency, domain="carried-out.test")
        self.officers = [_officer(self.agency, name) for name in ("first", "second")]
        self.source = Source.objects.create(
            agency=self.agency,
            kind=Source.Kind.LDAP,
            name="bench",
            settings=directory.settings(),
        )
        ldap_source.seal_password(self.source, slapd.PASSWORD)
        self.now = timezone.now()
        self.figures: list[Figure] = []

    def plan(self, what: str) -> ImportBatch:
        self.source.refresh_from_db()
        self.now += timedelta(days=1)  # who is missing is missed once a day, twice in all
        begun = time.perf_counter()
        batch = sync.sync(self.source, now=self.now, everybody=True)
        self.figures.append(Figure(f"{what}: read and planned", time.perf_counter() - begun, "s"))
        return batch

    def count(self, batch: ImportBatch, verdict: str, expected: int) -> None:
        self.figures.append(
            at_least(f"  {verdict} in the plan", batch.counts[verdict], "people", expected)
        )

    def carry_out(self, batch: ImportBatch) -> None:
        applying.approve(batch, by=self.officers[0], now=self.now)
        if batch.why_second:
            applying.second(batch, by=self.officers[1], now=self.now)
        begun = time.perf_counter()
        batch.refresh_from_db()
        applying.apply(batch, now=self.now)
        batch.refresh_from_db()
        assert batch.state == ImportBatch.State.APPLIED, batch.state
        taken = time.perf_counter() - begun
        self.figures.append(Figure("  carried out by one process", taken, "s"))

    def kill_in_mid_page(self) -> None:
        before = _everything()
        access = ldap_source.access_to(self.source)
        met = 0
        try:
            with connect(access.server) as session:
                found = session.search(access.base, access.people, access.map.wanted)
                for number, _entry in enumerate(found):
                    if number == PEOPLE // 2:
                        self.directory.kill()
        except DirectoryAway:
            met += 1
        try:
            sync.sync(self.source, now=self.now + timedelta(hours=1), everybody=True)
        except DirectoryAway:
            met += 1
        unchanged = met == 2 and _everything() == before
        self.figures.append(
            at_least("killed in mid-page: nothing changed, and it is said", float(unchanged), "", 1)
        )


def _everything() -> tuple[int, ...]:
    tables = (Official, Account, Assignment, ImportBatch)
    return tuple(table.objects.count() for table in tables)


def measure() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="govmail-slapd-") as folder,
        slapd.running(Path(folder) / "slapd", _entries()) as directory,
    ):
        story = _Story(directory)
        first = story.plan("first reading of 10,000")
        story.count(first, "joins", PEOPLE)
        story.carry_out(first)
        _change(directory)
        second = story.plan("after 100 names, 200 units and 60 people changed")
        story.count(second, "changes", RENAMED)
        story.count(second, "moves", MOVED)
        story.count(second, "absent", GONE)
        story.carry_out(second)
        third = story.plan("a day later")
        story.count(third, "same", PEOPLE - GONE)
        story.count(third, "leaves", GONE)
        stopped = float(bool(third.why_second))
        story.figures.append(at_least("  stopped for a second officer", stopped, "", 1))
        story.carry_out(third)
        story.kill_in_mid_page()
    return story.figures
