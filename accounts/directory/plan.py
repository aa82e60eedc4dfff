"""What a source's records would change: a batch of rows with verdicts, before any deed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.directory.records import PersonRecord, Unreadable
from accounts.models import Account, ImportBatch, Source


def make(
    source: Source,
    records: Iterable[PersonRecord | Unreadable],
    *,
    by: Account | None,
    now: datetime,
    reads_all: bool,
    file_name: str = "",
) -> ImportBatch:
    """Compare records with our officials and write down what would change; nobody is changed.

    The batch comes back PLANNED, with rows, `counts` by verdict and `why_second`. If `records`
    raises while it is read (a directory away in mid-page), the batch is FAILED, has no rows,
    and the error goes on.
    """
    return fill(
        begin(source, by=by, now=now, reads_all=reads_all, file_name=file_name), records, now=now
    )


def begin(
    source: Source, *, by: Account | None, now: datetime, reads_all: bool, file_name: str = ""
) -> ImportBatch:
    """Open a batch that is being read; for readings that a worker carries out later."""
    raise NotImplementedError


def fill(
    batch: ImportBatch, records: Iterable[PersonRecord | Unreadable], *, now: datetime
) -> ImportBatch:
    """Read records into a batch that was begun; begins anew should a kill have left rows."""
    raise NotImplementedError
