"""Records and imports that the tests of this room share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.directory import applying, plan
from accounts.directory.files import uploads
from accounts.directory.records import PersonRecord
from accounts.models import Account, ImportBatch, ImportRow, Official
from tests.cast import Cast

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
GIVEN = ("สมชาย", "สมหญิง", "ปรีชา", "มานี", "ชูใจ", "วีระ", "ปิติ", "ดวงใจ", "แก้ว", "กล้า")


def record(number: int, **facts: Any) -> PersonRecord:
    """The n-th official of a list, with a post of their own."""
    usual = PersonRecord(
        number=number,
        key=f"k{number}",
        title_th="นาย",
        given_name_th=GIVEN[number % 10],
        family_name_th=f"ใจดี{'กขคงจฉชซ'[number // 10 % 8] * (number // 10)}",
        birth_date=date(1970, 1, 1) + timedelta(days=number),
        position_number=f"p{number}",
        position_th="นักวิเคราะห์นโยบายและแผน",
        unit=("กองแผนงาน",),
    )
    return replace(usual, **facts)


def planned(
    cast: Cast,
    *records: Any,
    now: datetime = NOW,
    reads_all: bool = True,
    by: Account | None = None,
) -> ImportBatch:
    source = uploads.source_of_files(cast.transport)
    return plan.make(source, records, by=by or cast.hana, now=now, reads_all=reads_all)


def imported(cast: Cast, *records: Any, now: datetime = NOW, reads_all: bool = True) -> ImportBatch:
    """Plan, approve and carry out; a second officer agrees where one is needed."""
    batch = planned(cast, *records, now=now, reads_all=reads_all)
    applying.approve(batch, by=cast.hana, now=now)
    if batch.state == ImportBatch.State.AWAITING_SECOND:
        applying.second(batch, by=other_officer(cast), now=now)
    return applying.apply(batch, now=now)


def other_officer(cast: Cast) -> Account:
    """Bruno, made an HR officer besides Hana."""
    bruno = cast.bruno
    bruno.is_staff = True
    bruno.save(update_fields=["is_staff"])
    bruno.groups.set(cast.hana.groups.all())
    return bruno


def verdicts(batch: ImportBatch) -> list[str]:
    return [str(row.verdict) for row in batch.rows.order_by("number")]


def row(batch: ImportBatch, number: int) -> ImportRow:
    return batch.rows.get(number=number)


def official(key: str) -> Official:
    return Official.objects.get(source_records__key=key)
