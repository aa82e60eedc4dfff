"""How much one officer alone may let a plan change (readiness-provisioning.md, B3; ADR 0014).

Above 50 people or 5 in a hundred who leave, or 20 in a hundred who move, two officers must
agree. One person alone is never a share: in an office of twelve a single resignation is the
day's work, not a file gone wrong. What the portal has carried out by itself in the last day
counts along, so that a system gone mad is not let through in slices.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import ImportBatch, ImportRow

MOST_LEAVE_SHARE = 0.05
MOST_LEAVE = 50
MOST_MOVE_SHARE = 0.20
# So many are nobody's share, however small the office.
NEVER_A_SHARE = 1
BY_ITSELF_WITHIN = timedelta(days=1)

_State = ImportBatch.State
Reason = dict[str, Any]


def above(batch: ImportBatch, *, present: int, now: datetime) -> list[Reason]:
    """Return the thresholds a batch with its rows is above, for `why_second`.

    present: how many the source knows as serving. Of a source that is read for the first time
    it is those its rows mean.
    """
    known = batch.rows.order_by().filter(official__isnull=False).values("official")
    present = max(present, known.distinct().count())
    leaves = known.filter(verdict=ImportRow.Verdict.LEAVE).distinct().count()
    moves = known.filter(verdict=ImportRow.Verdict.MOVE).distinct().count()
    earlier = _by_itself(batch, now)
    return [
        *_leaving(leaves, earlier["leaves"], present),
        *_moving(moves, earlier["moves"], present),
    ]


def reasons(batch: ImportBatch) -> list[str]:
    """Why two officers must agree, as sentences; empty if one is enough."""
    sentences = {
        "leaves": _("%(count)s people would leave; above %(limit)s two officers must agree."),
        "leaves_share": _(
            "%(count)s of %(of)s people would leave; above %(limit)s %% two officers must agree."
        ),
        "moves_share": _(
            "%(count)s of %(of)s people would move; above %(limit)s %% two officers must agree."
        ),
    }
    along = _("%(earlier)s of them in the last 24 hours, without an officer.")
    return [
        " ".join([sentences[each["why"]] % each, *([along % each] if each.get("earlier") else [])])
        for each in batch.why_second
    ]


def _leaving(leaves: int, earlier: int, present: int) -> list[Reason]:
    if not leaves:
        return []
    count = leaves + earlier
    found: list[Reason] = []
    facts = {"count": count, "of": present, "earlier": earlier}
    if count > MOST_LEAVE:
        found.append({"why": "leaves", "limit": MOST_LEAVE, **facts})
    if count > max(NEVER_A_SHARE, present * MOST_LEAVE_SHARE):
        found.append({"why": "leaves_share", "limit": round(MOST_LEAVE_SHARE * 100), **facts})
    return found


def _moving(moves: int, earlier: int, present: int) -> list[Reason]:
    count = moves + earlier
    if not moves or count <= max(NEVER_A_SHARE, present * MOST_MOVE_SHARE):
        return []
    limit = round(MOST_MOVE_SHARE * 100)
    facts = {"count": count, "of": present, "earlier": earlier}
    return [{"why": "moves_share", "limit": limit, **facts}]


def _by_itself(batch: ImportBatch, now: datetime) -> dict[str, int]:
    """How many this source let leave and move within a day, no officer being asked."""
    found = {"leaves": 0, "moves": 0}
    recent = ImportBatch.objects.order_by().filter(
        source=batch.source_id,
        approved_by=None,
        state__in=(_State.APPROVED, _State.APPLYING, _State.APPLIED),
        created_at__gt=now - BY_ITSELF_WITHIN,
    )
    for counts in recent.exclude(pk=batch.pk).values_list("counts", flat=True):
        for name in found:
            found[name] += counts.get(name, 0)
    return found
