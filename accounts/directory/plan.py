"""What a source's records would change: a batch of rows with verdicts, before any deed.

Safety (readiness-provisioning.md, B3): missing from a whole reading is not having left: only the
second time running counts; above the thresholds (`thresholds`) two officers must agree.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.directory import absences, differences, thresholds, units
from accounts.directory.differences import Finding, Verdict
from accounts.directory.matching import Grades, Known
from accounts.directory.records import PersonRecord, Unreadable
from accounts.models import Account, ImportBatch, ImportRow, Source
from accounts.people import national_id
from govmail_portal.errors import PortalError

# Missing in so many whole readings running counts as having left.
ABSENCES_TO_LEAVE = 2

# How long a worker may be silent while it reads before another may begin anew.
LEASE = timedelta(minutes=15)
# So long the rows of people whom a reading left as they were are kept; a directory that is
# read every day would else add all of its people to the table each day.
KEPT = timedelta(days=30)
PIECE = 1000
# Up to here an incremental reading asks for the people it names, not for all.
A_HANDFUL = 500

Record = PersonRecord | Unreadable
Facts = dict[str, object]

COUNTED = {
    Verdict.JOIN: "joins",
    Verdict.MOVE: "moves",
    Verdict.LEAVE: "leaves",
    Verdict.CHANGE: "changes",
    Verdict.SAME: "same",
    Verdict.ABSENT: "absent",
    Verdict.ERROR: "errors",
}


def make(
    source: Source,
    records: Iterable[Record],
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
    batch = begin(source, by=by, now=now, reads_all=reads_all, file_name=file_name)
    return fill(batch, records, now=now)


class _NotOurs(Exception):
    """The batch was withdrawn while it was read, or another worker has begun it anew."""


def begin(
    source: Source, *, by: Account | None, now: datetime, reads_all: bool, file_name: str = ""
) -> ImportBatch:
    """Open a batch that is being read; for readings that a worker carries out later."""
    _forget_unchanged(source, now)
    return ImportBatch.objects.create(
        source=source,
        state=ImportBatch.State.READING,
        reads_all=reads_all,
        file_name=file_name[:200],
        asked_by=by,
        created_at=now,
        due_at=now + LEASE,
    )


def fill(batch: ImportBatch, records: Iterable[Record], *, now: datetime) -> ImportBatch:
    """Read records into a batch that was begun; begins anew should a kill have left rows.

    Withdrawn meanwhile it stays so, and keeps no row; begun anew by another worker, this one
    lets go of it.
    """
    batch.rows.all().delete()
    try:
        with _in_language_of(batch):
            _compare_all(batch, records, now)
    except _NotOurs:
        batch.refresh_from_db()
        if batch.state in ImportBatch.OVER:
            batch.rows.all().delete()
    except Exception as failure:
        fail(batch, failure)
        raise
    return batch


def fail(batch: ImportBatch, failure: Exception) -> None:
    """Nothing of a reading that broke off is kept but a sentence why; one that is over, stays."""
    with _in_language_of(batch):
        words = failure.message if isinstance(failure, PortalError) else _("It broke off.")
        said = str(words)[:300]
    state = ImportBatch.State
    read = ImportBatch.objects.filter(pk=batch.pk, state=state.READING, due_at=batch.due_at)
    if read.update(state=state.FAILED, due_at=None, counts={}, failure=said):
        batch.rows.all().delete()
    batch.refresh_from_db()


def _forget_unchanged(source: Source, now: datetime) -> None:
    over = source.batches.filter(state__in=ImportBatch.OVER, created_at__lt=now - KEPT)
    ImportRow.objects.filter(batch__in=over, verdict=Verdict.SAME).delete()


def _in_language_of(batch: ImportBatch) -> translation.override:
    """Sentences are kept as they are written: in the language of whoever asked."""
    asked_by = batch.asked_by
    return translation.override(asked_by.language if asked_by else translation.get_language())


def _compare_all(batch: ImportBatch, records: Iterable[Record], now: datetime) -> None:
    """Write the rows and, at their end, that the batch is planned. Raises _NotOurs."""
    day, begun = timezone.localdate(now), time.monotonic()
    named = None
    if not batch.reads_all:
        records = list(records)
        if len(records) <= A_HANDFUL:
            named = [each for each in records if isinstance(each, PersonRecord)]
    known, grades = Known(batch.source, day, named), Grades(day)
    reading = _Reading(batch, known, grades)
    rows = reading.rows(records)
    while piece := list(islice(rows, PIECE)):
        elapsed = timedelta(seconds=time.monotonic() - begun)
        _write(batch, piece, counts=dict(reading.counts), due_at=now + elapsed + LEASE)
    reading.refuse_first_of_doubles()
    _write(
        batch,
        state=ImportBatch.State.PLANNED,
        due_at=None,
        counts=dict(reading.counts),
        why_second=thresholds.above(batch, present=known.present(), now=now),
    )


def _write(batch: ImportBatch, rows: Sequence[ImportRow] = (), **values: Any) -> None:
    """Write into a batch that is still being read, and by nobody else."""
    ours = ImportBatch.objects.filter(
        pk=batch.pk, state=ImportBatch.State.READING, due_at=batch.due_at
    )
    with transaction.atomic():
        if not ours.update(**values):
            raise _NotOurs
        ImportRow.objects.bulk_create(rows)
    for name, value in values.items():
        setattr(batch, name, value)


class _Reading:
    """One pass over a source's records, remembering what rows say of each other."""

    def __init__(self, batch: ImportBatch, known: Known, grades: Grades) -> None:
        self.batch, self.known, self.grades = batch, known, grades
        self.counts = dict.fromkeys(COUNTED.values(), 0)
        self.units = units.Tree()
        # Where each post of each person was told first, and with which verdict.
        self.told: dict[tuple[str, ...], tuple[int, Verdict]] = {}
        self.meant: dict[object, str] = {}
        self.told_twice: set[int] = set()
        self.joined: set[str] = set()
        self.seen: set[str] = set()
        self.some_are_unknown = False
        self.last = 0

    def rows(self, records: Iterable[Record]) -> Iterator[ImportRow]:
        coming = iter(records)
        while piece := list(islice(coming, PIECE)):
            self.known.look_elsewhere(piece)
            for record in piece:
                self.last = max(self.last, record.number)
                yield self._row(record)
        if self.batch.reads_all and not self.some_are_unknown:
            yield from self._missing()

    def refuse_first_of_doubles(self) -> None:
        """Of two rows that say different things of one person, neither is carried out."""
        firsts = ImportRow.objects.filter(batch=self.batch, number__in=self.told_twice)
        for row in firsts.exclude(verdict=Verdict.ERROR):
            self.counts[COUNTED[Verdict(row.verdict)]] -= 1
            self.counts["errors"] += 1
        firsts.update(
            verdict=Verdict.ERROR, diff={}, words=_("This number stands in another row, too.")
        )

    def _row(self, record: Record) -> ImportRow:
        if isinstance(record, PersonRecord):
            finding = self._finding(record)
            parsed = differences.as_json(record)
        else:
            finding, parsed = differences.refused(record.words), {}
            self.some_are_unknown |= not record.key
        self.seen.add(record.key)
        raw = {name: _hidden(value) for name, value in record.raw.items()}
        return self._written(record.number, record.key, finding, parsed, raw)

    def _finding(self, record: PersonRecord) -> Finding:
        if broken := self._contradiction(record):
            return differences.refused(broken)
        if record.kind != "substantive" and record.key in self.joined:
            return differences.further_post(record)
        finding = differences.compare(record, self.known, self.grades)
        if meant := finding.official.pk if finding.official else record.national_id:
            other = self.meant.setdefault(meant, record.key)
            if other != record.key:
                return differences.refused(
                    _("“%(key)s” means the same official.") % {"key": other}, finding.official
                )
        if finding.verdict == Verdict.JOIN:
            self.joined.add(record.key)
        self.told[_what(record)] = (record.number, finding.verdict)
        return finding

    def _contradiction(self, record: PersonRecord) -> str:
        if not record.key:
            return _("The official's own number is missing.")
        if first := self.told.get(_what(record)):
            self.told_twice.add(first[0])
            return _("This number stands in row %(row)d, too.") % {"row": first[0]}
        if len(record.unit) > units.DEEPEST:
            return _("The unit has %(levels)d levels; %(most)d are read at most.") % {
                "levels": len(record.unit),
                "most": units.DEEPEST,
            }
        if pair := self.units.cycle(record.unit):
            return _(
                "“%(upper)s” stands above “%(lower)s” here, and below it in this or another row."
            ) % {"upper": pair[0], "lower": pair[1]}
        return ""

    def _missing(self) -> Iterator[ImportRow]:
        """Whom a whole reading did not name; numbered behind the rows it has."""
        links = sorted(self.known.links.items())
        missing = [key for key, link in links if link.absences and key not in self.seen]
        counted_today = absences.counted_on(self.known.day, self.batch.source, missing)
        for key, link in links:
            if key in self.seen or link.has_left:
                continue
            self.last += 1
            person = self.known.people.get(link.official)
            finding = Finding(Verdict.ABSENT, person, words=_("Missing for the first time."))
            if person and (person.is_gone or person.first_day_out or person.is_elsewhere):
                # An order says when they leave, or where to; a list that names them no more
                # says the same.
                finding = Finding(Verdict.SAME, person)
            elif key in counted_today:
                finding = Finding(
                    Verdict.ABSENT, person, words=_("Missing, and counted today already.")
                )
            elif link.absences + 1 >= ABSENCES_TO_LEAVE:
                counted = [link.absences, link.absences + 1]
                diff: differences.Diff = {"leaves": ["", "resigned"], "absences": counted}
                finding = Finding(Verdict.LEAVE, person, diff, _("Missing twice running."))
            yield self._written(self.last, key, finding, {}, {})

    def _written(
        self, number: int, key: str, finding: Finding, parsed: Facts, raw: Facts
    ) -> ImportRow:
        self.counts[COUNTED[finding.verdict]] += 1
        return ImportRow(
            batch=self.batch,
            number=number,
            key=key[:128],
            raw=raw,
            parsed=parsed,
            official_id=finding.official.pk if finding.official else None,
            diff=finding.diff,
            verdict=finding.verdict,
            words=finding.words[:400],
        )


def _hidden(value: object) -> object:
    """Sources repeat what came; national identity numbers are kept nowhere."""
    return national_id.masked(value) if isinstance(value, str) else value


def _what(record: PersonRecord) -> tuple[str, ...]:
    """What a row is about: a person's own post, or one further post of theirs."""
    if record.kind == "substantive":
        return (record.key,)
    return (record.key, record.kind, record.position_number or record.position_th)
