"""What becomes of runs that are over: their evidence goes first, then they themselves.

Of each domain the newest run and the one before it stay whole, and so does every run that a
decision cites or a standing rests on, however old: what was decided can be judged again for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import AvailabilityDay, GateDecision, RuleResult, RuleStanding, ScanRun

# Rows a transaction: a worker that is killed loses one batch.
BATCH = 500
Rows = QuerySet[Any]


class Forgotten(NamedTuple):
    """How many rows lost their evidence, and how many are gone."""

    evidence: int
    runs: int
    availability: int


def forget(now: datetime, *, most: int) -> Forgotten:
    """Let go of what is past its time, at most so many rows of each kind.

    Whoever is stopped half-way is gone on with; another worker beside it does no harm.
    """
    return Forgotten(
        evidence=_in_batches(_with_evidence(now), _empty, most),
        runs=_in_batches(_runs(now), _delete, most),
        availability=_in_batches(_availability(now), _delete, most),
    )


# --- What is past its time ------------------------------------------------


def _with_evidence(now: datetime) -> Rows:
    return _over(now - timedelta(days=settings.READINESS_EVIDENCE_DAYS)).exclude(evidence=b"")


def _runs(now: datetime) -> Rows:
    return _over(now - timedelta(days=settings.READINESS_RUNS_DAYS))


def _availability(now: datetime) -> Rows:
    first = timezone.localdate(now) - timedelta(days=settings.READINESS_RUNS_DAYS)
    return AvailabilityDay.objects.filter(day__lt=first).order_by("day", "pk")


def _over(before: datetime) -> Rows:
    """Runs that were over before a moment, and that nothing needs."""
    newer = ScanRun.objects.done().filter(
        domain=OuterRef("domain"), finished_at__gt=OuterRef("finished_at")
    )
    second_newer = newer.order_by("finished_at").values("pk")[1:2]
    standings = RuleStanding.objects.order_by()
    known = RuleResult.objects.order_by().filter(
        Exists(standings.filter(result=OuterRef("pk"))), run=OuterRef("pk")
    )
    return (
        ScanRun.objects.filter(finished_at__lt=before)
        .alias(second_newer=Subquery(second_newer))
        .filter(Q(second_newer__isnull=False) | Q(stage=ScanRun.Stage.FAILED))
        .exclude(Exists(standings.filter(run=OuterRef("pk"))))
        .exclude(Exists(known))
        .exclude(pk__in=_cited())
        .order_by("finished_at", "pk")
    )


def _cited() -> set[int]:
    """The runs that decisions cite, refused ones, too: some few for each."""
    return set(chain.from_iterable(GateDecision.objects.values_list("runs", flat=True)))


# --- Letting go -----------------------------------------------------------


def _empty(rows: Rows) -> None:
    """The digest stays: who has kept a copy can still show that it is the one."""
    rows.update(evidence=b"", subject={})


def _delete(rows: Rows) -> None:
    rows.delete()


def _in_batches(past: Rows, deed: Callable[[Rows], None], most: int) -> int:
    done = 0
    while done < most:
        with transaction.atomic():
            found = list(past.values_list("pk", flat=True)[: min(BATCH, most - done)])
            if not found:
                break
            deed(past.model._default_manager.filter(pk__in=found))
        done += len(found)
    return done
