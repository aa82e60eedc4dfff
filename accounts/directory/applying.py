"""Carrying out a plan: one officer or two agree, then row after row, each whole or not at all.

States: PLANNED -approve-> APPROVED, or AWAITING_SECOND -second-> APPROVED; -apply-> APPLYING ->
APPLIED. `withdraw` ends any of them, also while rows are being carried out.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.directory import absences, leave_codes, nudges
from accounts.directory.carrying_out import carry_out
from accounts.directory.matching import Grades, at_or_below
from accounts.models import (
    Account,
    ImportBatch,
    ImportRow,
    ImportUpload,
    Official,
    Position,
    ProvisioningJob,
    Source,
    SourceRecord,
)
from accounts.people.days import today
from accounts.people.reach import is_within_reach
from govmail_portal.errors import NotYours, PortalError

logger = logging.getLogger(__name__)

State = ImportBatch.State
Verdict = ImportRow.Verdict

# Rows of one transaction: few, because the chain of audit has one writer at a time.
PIECE = 25
# How long a worker may be silent before another goes on.
LEASE = timedelta(minutes=5)
# So often a piece that collided with somebody else's deed is begun anew, then left to the lease.
MOST_COLLISIONS = 5


class SecondOfficerNeeded(PortalError):
    message = _("Another officer must agree to this import.")


class ImportUnderWay(PortalError):
    message = _("Another import of this agency is being carried out. Try again when it is done.")
    status = 409


class PlanOutdated(PortalError):
    message = _("Another import was carried out since this one was read. Read it again.")
    status = 409


class NotWaiting(PortalError):
    message = _("This import is not waiting for that.")
    status = 409


def approve(batch: ImportBatch, *, by: Account | None, now: datetime) -> ImportBatch:
    """An officer agrees. Without `why_second` it is APPROVED and due, else AWAITING_SECOND.

    by None: the portal itself, for syncs; refused (SecondOfficerNeeded) if `why_second`.
    Raises ImportUnderWay, PlanOutdated, NotWaiting, NotYours.
    """
    with transaction.atomic():
        held = _held(batch, by, State.PLANNED)
        if held.why_second and by is None:
            raise SecondOfficerNeeded
        held.approved_by = by
        if held.why_second:
            held.state = State.AWAITING_SECOND
            held.save(update_fields=["approved_by", "state"])
            _note("import_approved_first", held, by=by, now=now)
        else:
            _release(held, now=now)
            _note("import_approved", held, by=by, now=now)
    batch.refresh_from_db()
    return batch


def second(batch: ImportBatch, *, by: Account, now: datetime) -> ImportBatch:
    """Another officer agrees; by whoever approved: SecondOfficerNeeded."""
    with transaction.atomic():
        held = _held(batch, by, State.AWAITING_SECOND)
        if held.approved_by_id == by.pk:
            raise SecondOfficerNeeded
        held.second_by = by
        _release(held, now=now)
        _note("import_approved", held, by=by, now=now)
    batch.refresh_from_db()
    return batch


def withdraw(batch: ImportBatch, *, by: Account | None, now: datetime) -> ImportBatch:
    """End a batch. Rows already carried out stand; no further row begins."""
    with transaction.atomic():
        held = _held(batch, by, *set(State) - set(ImportBatch.OVER))
        if held.applied_rows:
            held.applied_at = now
        held.state, held.due_at = State.WITHDRAWN, None
        held.save(update_fields=["state", "due_at", "applied_at"])
        ImportUpload.objects.filter(batch=held).delete()
        _note("import_withdrawn", held, by=by, now=now)
    batch.refresh_from_db()
    return batch


def apply(batch: ImportBatch, *, now: datetime, most: int | None = None) -> ImportBatch:
    """Carry out an approved batch; idempotent, and goes on where a kill left off.

    Rows that fail become ERROR with a sentence and spoil no other. Synchronous: SCIM and
    commands may call it at once; the web leaves it to the worker. most: rows in this call; the
    batch is due again, at once, if that was not all.
    """
    language = batch.asked_by.language if batch.asked_by else translation.get_language()
    grades, last, done = Grades(today(now)), 0, 0
    begun = time.monotonic()
    with translation.override(language):
        while most is None or done < most:
            elapsed = timedelta(seconds=time.monotonic() - begun)
            numbers = _piece_by_itself(batch, last, grades, now=now + elapsed)
            if not numbers:
                break
            last, done = numbers[-1], done + len(numbers)
        else:
            ImportBatch.objects.filter(pk=batch.pk, state=State.APPLYING).update(due_at=now)
    batch.refresh_from_db()
    return batch


def _piece_by_itself(batch: ImportBatch, last: int, grades: Grades, *, now: datetime) -> list[int]:
    """A piece, begun anew where the database gave way to somebody it had collided with."""
    for _collision in range(MOST_COLLISIONS):
        try:
            return _piece(batch, last, grades, now=now)
        except OperationalError as failure:
            if not _is_collision(failure):
                raise
            logger.warning("A piece of import %s collided and is begun anew", batch.pk)
    return _piece(batch, last, grades, now=now)


@transaction.atomic
def _piece(batch: ImportBatch, last: int, grades: Grades, *, now: datetime) -> list[int]:
    """Carry out a few rows behind the last number; their numbers, none if it is over.

    The batch's row is held: whoever withdraws waits for the end of the piece, and two workers
    whose lease overlapped take turns.
    """
    held = ImportBatch.objects.select_for_update(of=("self",)).select_related("source__agency")
    held_batch = held.filter(pk=batch.pk, state__in=(State.APPROVED, State.APPLYING)).first()
    if held_batch is None:
        return []
    rows = held_batch.rows.filter(applied_at__isnull=True, number__gt=last)
    some = list(rows.exclude(verdict=Verdict.ERROR).select_related("official")[:PIECE])
    if not some:
        _finish(held_batch, now=now)
        return []
    seen = [row for row in some if row.verdict in (Verdict.SAME, Verdict.ABSENT)]
    _hold([row for row in some if row not in seen], held_batch)
    _note_seen(seen, held_batch, now=now)
    for row in some:
        if row not in seen:
            _one(row, held_batch, grades, now=now)
    held_batch.state, held_batch.due_at = State.APPLYING, now + LEASE
    held_batch.applied_rows += len(some)
    held_batch.save(update_fields=["state", "due_at", "applied_rows"])
    return [row.number for row in some]


def _hold(rows: list[ImportRow], batch: ImportBatch) -> None:
    """Lock whom and what the rows are about, before the first of them writes into the audit.

    Everybody else locks people first and the chain of audit last; a piece that held the chain
    and then wanted the next official would wait for them, and they for it.
    """
    keys = SourceRecord.objects.filter(source=batch.source, key__in=[row.key for row in rows])
    theirs = Q(pk__in=[row.official_id for row in rows]) | Q(pk__in=keys.values("official"))
    people = _locked(Official.objects.filter(theirs))
    accounts = Account.objects.get_queryset().filter(official__in=people)
    # Before their accounts, as the queue's workers do.
    _locked(ProvisioningJob.objects.open().filter(account__in=accounts.values("pk")))
    _locked(accounts)
    numbers = {row.parsed["position_number"] for row in rows if row.parsed.get("position_number")}
    _locked(Position.objects.filter(agency=batch.source.agency, position_number__in=numbers))


def _locked(rows: QuerySet[Any]) -> list[Any]:
    """The keys of rows that are held from now on; in one order everywhere."""
    return list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def _is_collision(failure: OperationalError) -> bool:
    """Deadlock or serialisation failure (SQLSTATE class 40): the same again may well succeed."""
    return str(getattr(failure.__cause__, "sqlstate", None) or "").startswith("40")


def _one(row: ImportRow, batch: ImportBatch, grades: Grades, *, now: datetime) -> None:
    row.applied_at = now
    try:
        with transaction.atomic():
            carry_out(row, batch, grades=grades, now=now)
    except PortalError as refusal:
        _spoil(row, str(refusal))
    except Exception as failure:
        if isinstance(failure, OperationalError) and _is_collision(failure):
            raise
        # One row that nobody thought of never holds up the others.
        logger.exception("Row %s of import %s could not be carried out", row.number, batch.pk)
        _spoil(row, _("This row could not be carried out. Ask the operators."))
    row.save(update_fields=["applied_at", "verdict", "words", "official"])


def _spoil(row: ImportRow, words: object) -> None:
    row.verdict, row.words = Verdict.ERROR, str(words)[:400]
    # The official of a row that was rolled back may not be there.
    row.official = ImportRow.objects.get(pk=row.pk).official


def _note_seen(rows: list[ImportRow], batch: ImportBatch, *, now: datetime) -> None:
    """Rows that change nobody: who was seen, who was missing, and who is gone for good."""
    records = SourceRecord.objects.filter(source=batch.source)
    absent = {row.key for row in rows if row.verdict == Verdict.ABSENT}
    absent -= absences.counted_on(today(now), batch.source, absent)
    records.filter(key__in=absent).update(absences=F("absences") + 1)
    same = [row for row in rows if row.verdict == Verdict.SAME and row.official_id]
    seen = {row.key: row for row in same if row.parsed}
    known = set(records.filter(key__in=seen).values_list("key", flat=True))
    records.filter(key__in=known).update(absences=0, seen_at=now)
    serving = [key for key in known if _serves(seen[key])]
    _note_gone([row.key for row in same if not row.parsed], serving, batch, now=now)
    SourceRecord.objects.bulk_create(
        SourceRecord(
            source=batch.source,
            key=row.key,
            official=row.official,
            facts=row.parsed,
            seen_at=now,
        )
        for row in seen.values()
        if row.official is not None
        and row.key not in known
        and row.parsed.get("kind", "substantive") == "substantive"
    )
    ImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(applied_at=now)


def _note_gone(
    missing: list[str], serving: list[str], batch: ImportBatch, *, now: datetime
) -> None:
    """A list that no longer names who has left, or serves elsewhere, is done with them."""
    records = SourceRecord.objects.filter(source=batch.source)
    back = records.filter(key__in=serving, has_left=True)
    if not missing and not back.exists():
        return
    records.filter(key__in=missing).update(absences=0)
    ours = at_or_below(batch.source.agency)
    gone = Account.objects.filter(Q(valid_to__lte=now) | ~Q(agency__in=ours)).values("official")
    records.filter(key__in=missing, official__in=gone).update(has_left=True)
    back.exclude(official__in=gone.filter(official__isnull=False)).update(has_left=False)


def _serves(row: ImportRow) -> bool:
    said = leave_codes.meaning(str(row.parsed.get("leaves", "")))
    return said in ("", leave_codes.SERVES)


def _finish(batch: ImportBatch, *, now: datetime) -> None:
    failed = batch.rows.filter(verdict=Verdict.ERROR, applied_at__isnull=False).count()
    batch.counts = batch.counts | {"failed": failed}
    batch.state, batch.due_at, batch.applied_at = State.APPLIED, None, now
    batch.save(update_fields=["state", "due_at", "applied_at", "counts"])
    _note("import_applied", batch, by=None, now=now)


def _held(batch: ImportBatch, by: Account | None, *states: str) -> ImportBatch:
    """The batch's row, locked, if it is in one of these states and within the officer's reach."""
    locked = ImportBatch.objects.select_for_update(of=("self",)).select_related("source__agency")
    held = locked.get(pk=batch.pk)
    if by is not None and not is_within_reach(by, held.source.agency):
        raise NotYours
    if held.state not in states:
        raise NotWaiting
    return held


def _release(batch: ImportBatch, *, now: datetime) -> None:
    """Make it due: unless another is under way, or was carried out since this one was read."""
    # Whoever approves another plan of this agency in this moment waits here.
    sources = Source.objects.filter(agency=batch.source.agency).order_by("pk")
    list(sources.select_for_update(no_key=True).values_list("pk"))
    others = ImportBatch.objects.exclude(pk=batch.pk)
    if others.filter(source=batch.source, applied_at__gt=batch.created_at).exists():
        raise PlanOutdated
    under_way = (State.APPROVED, State.APPLYING)
    if others.filter(source__agency=batch.source.agency, state__in=under_way).exists():
        raise ImportUnderWay
    batch.state, batch.due_at = State.APPROVED, now
    try:
        with transaction.atomic():
            batch.save(update_fields=["state", "due_at", "approved_by", "second_by"])
    except IntegrityError as error:
        raise ImportUnderWay from error
    nudges.apply_soon(batch.pk)


def _note(act: str, batch: ImportBatch, *, by: Account | None, now: datetime) -> None:
    details = {name: count for name, count in batch.counts.items() if count}
    chain.record(act, batch, by=by, now=now, agency=batch.source.agency, details=details)
