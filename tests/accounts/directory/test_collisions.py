"""Two at once: readers, officers who withdraw or agree, deeds that want the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from accounts.audit import chain
from accounts.directory import applying, plan
from accounts.directory.files import reading, uploads
from accounts.directory.records import PersonRecord
from accounts.models import ImportBatch, ImportUpload, Official, Source
from tests.accounts.directory.office import gather_office
from tests.accounts.directory.people import (
    NOW,
    imported,
    official,
    planned,
    record,
    row,
    verdicts,
)
from tests.cast import Cast

State = ImportBatch.State
LATER = NOW + timedelta(days=1)


# --- While it is read -----------------------------------------------------


@pytest.fixture
def read(cast: Cast) -> ImportBatch:
    """A file that waits for its reader."""
    return uploads.receive(
        b"x", cast.transport, by=cast.hana, now=NOW, reads_all=True, file_name="x.csv"
    )


@pytest.mark.django_db
def test_withdrawn_while_it_is_read_it_stays_withdrawn(cast: Cast, read: ImportBatch) -> None:
    def people() -> Iterator[PersonRecord]:
        yield record(1)
        applying.withdraw(ImportBatch.objects.get(), by=cast.hana, now=NOW)
        yield record(2)

    plan.fill(read, people(), now=NOW)
    assert (read.state, read.rows.count()) == (State.WITHDRAWN, 0)


@pytest.mark.django_db
def test_a_reader_that_was_taken_for_dead_lets_go(cast: Cast, read: ImportBatch) -> None:
    def people() -> Iterator[PersonRecord]:
        yield record(1)
        other = ImportBatch.objects.get()
        assert other.claim(NOW + plan.LEASE, plan.LEASE)
        plan.fill(other, [record(1)], now=NOW + plan.LEASE)
        yield record(2)

    plan.fill(read, people(), now=NOW)
    assert (read.state, verdicts(read)) == (State.PLANNED, ["join"])


@pytest.mark.django_db
def test_a_reading_that_goes_on_keeps_its_lease(
    cast: Cast, read: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PIECE", 1)
    due: list[Any] = []

    def people() -> Iterator[PersonRecord]:
        for number in (1, 2, 3):
            yield record(number)
            due.append(ImportBatch.objects.get().due_at)

    plan.fill(read, people(), now=NOW)
    assert NOW + plan.LEASE < due[0] < due[1] < due[2]


@pytest.mark.django_db
def test_a_reading_that_fails_as_nobody_thought_of_leaves_no_file_behind(
    cast: Cast, read: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_data: bytes) -> Iterator[PersonRecord]:
        yield record(1)
        raise RuntimeError

    monkeypatch.setattr(reading, "records", broken)
    with pytest.raises(RuntimeError):
        uploads.read(read, now=NOW)
    assert (read.state, read.failure) == (State.FAILED, "It broke off.")
    assert not ImportUpload.objects.exists()


@pytest.mark.django_db
def test_a_reader_that_is_killed_leaves_the_file_to_the_next(
    cast: Cast, read: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_data: bytes) -> Iterator[PersonRecord]:
        yield record(1)
        raise SystemExit

    monkeypatch.setattr(reading, "records", killed)
    with pytest.raises(SystemExit):
        uploads.read(read, now=NOW)
    assert ImportBatch.objects.get().state == State.READING
    assert ImportUpload.objects.exists()


# --- While it is carried out ----------------------------------------------


@pytest.mark.django_db
def test_a_row_that_collided_is_carried_out_once_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    carry_out, collisions = applying.carry_out, iter([True])

    def collides(*args: Any, **more: Any) -> None:
        if next(collisions, False):
            raise OperationalError from Deadlock()
        carry_out(*args, **more)

    monkeypatch.setattr(applying, "carry_out", collides)
    assert verdicts(imported(cast, record(1), record(2))) == ["join", "join"]


@pytest.mark.django_db
def test_whom_another_list_told_of_meanwhile_by_name_and_birth_date_joins_once(
    cast: Cast,
) -> None:
    batch = planned(cast, record(1))
    directory = Source.objects.create(agency=cast.transport, kind=Source.Kind.LDAP, name="x")
    other = plan.make(directory, [record(1, key="uuid")], by=None, now=NOW, reads_all=False)
    applying.approve(other, by=None, now=NOW)
    applying.apply(other, now=NOW)
    applying.approve(batch, by=cast.hana, now=NOW)
    applying.apply(batch, now=NOW)

    assert "Changed by somebody else" in row(batch, 1).words
    assert Official.objects.filter(family_name_th=record(1).family_name_th).count() == 1


def beside(deed: Callable[[], Any]) -> Callable[[], Any]:
    """The deed for a thread of its own, with a connection of its own."""

    def in_a_thread() -> Any:
        try:
            return deed()
        finally:
            connection.close()

    return in_a_thread


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_approved_in_the_same_moment_one_has_to_wait() -> None:
    cast = gather_office()
    directory = Source.objects.create(agency=cast.transport, kind=Source.Kind.LDAP, name="x")
    batches = [
        planned(cast, record(1)),
        plan.make(directory, [record(2)], by=cast.hana, now=NOW, reads_all=True),
    ]
    start = Barrier(2)

    def approve(batch: ImportBatch) -> str:
        start.wait(30)
        try:
            return applying.approve(batch, by=cast.hana, now=NOW).state
        except applying.ImportUnderWay:
            return "has to wait"

    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(beside(partial(approve, each))) for each in batches]
    assert sorted(each.result() for each in answers) == ["approved", "has to wait"]


@pytest.mark.django_db(transaction=True)
def test_an_import_waits_for_an_officer_at_work_and_neither_is_turned_away() -> None:
    """The officer holds an official and then writes into the audit, as every deed does."""
    cast = gather_office()
    imported(cast, record(1), record(2))
    batch = planned(cast, record(1, phone="02 1"), record(2, phone="02 2"), now=LATER)
    applying.approve(batch, by=cast.hana, now=LATER)
    second = official("k2")
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            Official.objects.select_for_update().get(pk=second.pk)
            running = thread.submit(beside(lambda: applying.apply(batch, now=LATER)))
            until = monotonic() + 30
            while not _somebody_waits() and not running.done():
                assert monotonic() < until, "They never met."
            chain.record("looked", second, by=None, now=LATER, agency=cast.transport)
        running.result(30)
    assert verdicts(batch) == ["change", "change"]
    assert official("k2").phone == "02 2"


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks"
            " JOIN pg_database ON oid = database WHERE datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
