"""A file waits sealed, is read once, and is gone; a killed reader is followed by another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from accounts import tasks
from accounts.directory import plan
from accounts.directory.files import uploads
from accounts.models import ImportBatch, ImportRow, ImportUpload
from tests.accounts.directory.people import NOW
from tests.cast import Cast

pytestmark = pytest.mark.django_db

LIST = "รหัสบุคลากร,ชื่อ-สกุล,ตำแหน่ง\n1,นายสมชาย ใจดี,นิติกร\n".encode()


@pytest.fixture
def batch(cast: Cast) -> ImportBatch:
    cache.clear()
    return uploads.receive(
        LIST, cast.transport, by=cast.hana, now=NOW, reads_all=True, file_name="x.csv"
    )


def test_the_worker_reads_what_is_due(batch: ImportBatch) -> None:
    tasks.read_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.counts["joins"]) == (ImportBatch.State.PLANNED, 1)


def test_a_reader_that_was_killed_is_followed_by_another(batch: ImportBatch) -> None:
    assert batch.claim(NOW, plan.LEASE)
    later = NOW + plan.LEASE + timedelta(minutes=1)
    assert ImportBatch.objects.due(later).get() == batch


def test_reading_again_begins_anew(batch: ImportBatch) -> None:
    ImportRow.objects.create(batch=batch, number=1, key="of the reader that was killed")
    uploads.read(batch, now=NOW)
    assert [row.key for row in batch.rows.all()] == ["1"]


def test_a_reading_without_its_file_broke_off(batch: ImportBatch) -> None:
    ImportUpload.objects.all().delete()
    uploads.read(batch, now=NOW)
    assert batch.state == ImportBatch.State.FAILED
    assert "broke off" in batch.failure


def test_under_another_key_the_file_stays_shut(
    batch: ImportBatch, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.conf.settings.SECRET_KEY", "another key, after all was rotated")
    uploads.read(batch, now=NOW)
    assert "cannot be opened any more" in batch.failure


def test_more_than_twenty_megabytes_are_refused(cast: Cast) -> None:
    with pytest.raises(uploads.TooLarge):
        uploads.receive(
            bytes(20 * 1024**2 + 1),
            cast.transport,
            by=cast.hana,
            now=NOW,
            reads_all=True,
            file_name="x.csv",
        )


def test_the_sweep_rings_for_what_is_due(
    batch: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr("accounts.directory.nudges.read_soon", rung.append)
    tasks.imports_due()
    assert rung == [batch.pk]
