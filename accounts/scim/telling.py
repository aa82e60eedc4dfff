"""What an identity system said becomes a plan like any other source's, and is carried out.

Writes by SCIM change rows of ours only. What they say of people goes the way of every import:
compared, held against the thresholds, and above them left to two officers. While an import of
the agency is carried out, or one of this source waits for officers, what comes in waits, too:
it is kept, in order, and nothing is half done.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.directory import applying, plan
from accounts.models import ImportBatch, ImportRow, ScimResource, Source
from accounts.scim.people import as_record
from accounts.scim.storage import USER

# Users in one plan; a first synchronisation of a large agency takes several.
A_PLAN = 2_000
# How long a deleted user is remembered, should its plan have to be made anew.
REMEMBERED = timedelta(days=30)

_State = ImportBatch.State
_UNDER_WAY = (_State.APPROVED, _State.APPLYING)
_UNDECIDED = (_State.READING, _State.PLANNED, _State.AWAITING_SECOND)


def tell(source: Source, *, now: datetime) -> ImportBatch | None:
    """Plan what this source's users say since the last time, and carry it out if it may be.

    Returns the batch, or None where nothing is owed or it must wait. Idempotent: a kill leaves
    users that are due, or a plan that the next call takes up.
    """
    batch = _next_plan(source, now)
    if batch is None or batch.why_second:
        return batch
    try:
        applying.approve(batch, by=None, now=now)
    except (applying.ImportUnderWay, applying.NotWaiting):
        # Its turn comes; or another worker, or an officer, was quicker.
        return batch
    except applying.PlanOutdated:
        _owe_again(batch, now)
        return batch
    return applying.apply(batch, now=now)


def owed(now: datetime) -> QuerySet[Source]:
    """Return the sources with users that no plan has heard of, or a plan nobody took up."""
    due = ScimResource.objects.due(now).values("source")
    left = ImportBatch.objects.filter(state=_State.PLANNED, why_second=[]).values("source")
    sources = Source.objects.filter(kind=Source.Kind.SCIM, is_enabled=True)
    return sources.filter(pk__in=due) | sources.filter(pk__in=left)


@transaction.atomic
def _next_plan(source: Source, now: datetime) -> ImportBatch | None:
    held = (
        Source.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=source.pk).first()
    )
    if held is None or _must_wait(held):
        return None
    left = held.batches.filter(state=_State.PLANNED).order_by("pk").first()
    return left or _plan(held, now)


def _must_wait(source: Source) -> bool:
    of_agency = ImportBatch.objects.filter(source__agency=source.agency, state__in=_UNDER_WAY)
    undecided = source.batches.filter(state__in=_UNDECIDED).exclude(why_second=[])
    return of_agency.exists() or undecided.exists()


def _plan(source: Source, now: datetime) -> ImportBatch | None:
    _forget(source, now)
    due = ScimResource.objects.due(now).filter(source=source, kind=USER)
    rows = list(due.order_by("due_at", "pk")[:A_PLAN])
    if not rows:
        return None
    today = timezone.localdate(now)
    records = [as_record(row, number, today=today) for number, row in enumerate(rows, start=1)]
    batch = plan.make(source, records, by=None, now=now, reads_all=False)
    _tick_off(rows)
    return batch


def _tick_off(rows: list[ScimResource]) -> None:
    """Nothing more is owed, but of a user that was changed again meanwhile."""
    versions: dict[int, list[ScimResource]] = {}
    for row in rows:
        versions.setdefault(row.version, []).append(row)
    for version, of_version in versions.items():
        told = ScimResource.objects.filter(pk__in=[row.pk for row in of_version], version=version)
        told.update(due_at=None)


def _owe_again(batch: ImportBatch, now: datetime) -> None:
    with transaction.atomic():
        keys = ImportRow.objects.filter(batch=batch).exclude(key="").values_list("key", flat=True)
        ScimResource.objects.filter(source=batch.source, pk__in=list(keys)).update(due_at=now)
        applying.withdraw(batch, by=None, now=now)


def _forget(source: Source, now: datetime) -> None:
    long_gone = ScimResource.objects.filter(
        source=source, deleted_at__lt=now - REMEMBERED, due_at__isnull=True
    )
    long_gone.delete()
