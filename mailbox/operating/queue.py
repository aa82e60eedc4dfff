"""The queue as those see it who look after it: counts, ages, states and reasons; never a letter.

Nothing sealed leaves the database for this. Whose a letter is, is told by its agency alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Count, Min, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from accounts.models import Agency
from mailbox.models import Arrival, Delivery, Lane, Submission

# Agencies within reach; None: all, and what belongs to none.
Reach = Collection[int] | None

_OWED = [state.value for state in Delivery.OWED]
# The sums of `tally`, so that no page counts a hundred thousand deliveries.
_RECIPIENTS = """
SELECT s.agency_id, t.key, sum(t.value::bigint)::bigint
FROM (SELECT agency_id, tally FROM mailbox_submission
      WHERE due_at IS NOT NULL AND cancelled_at IS NULL AND (%s OR agency_id = ANY(%s))
      ORDER BY created_at, id LIMIT %s) s, jsonb_each_text(s.tally) t
WHERE t.key = ANY(%s)
GROUP BY 1, 2
"""
# Of each arrival, whatever their number: there may be as many as LMTP_BACKLOG lets in.
_OF_BOXES = """
SELECT {}(coalesce(a.agency_id = ANY(%s::bigint[]), false))
FROM unnest(mailbox_ids) AS box (id) LEFT JOIN mailbox_mailbox m ON m.id = box.id
LEFT JOIN accounts_account a ON a.id = m.account_id
"""
# What waits is counted up to here: after a night without gateways there may be a million.
MOST_COUNTED = 10_000
COLUMNS = (
    *("id", "agency", "lane", "size", "attempts", "created_at", "undo_until", "due_at"),
    *("expires_at", "held_at", "scheduled_for", "tally", "has_failed", "is_automatic"),
)


@dataclass(frozen=True)
class Standing:
    """What one agency has in the queue. oldest: since when its oldest letter should have left.

    recipients: by state, those owed only. held: letters of suspended officials.
    """

    agency: Agency | None
    letters: int
    urgent: int
    held: int
    oldest: datetime | None
    recipients: dict[str, int] = field(default_factory=dict)

    @property
    def owed(self) -> int:
        return sum(self.recipients.values())


@dataclass(frozen=True)
class Waiting:
    """One letter in the queue: its row without what is sealed, and why it is still there.

    reasons: of `smtp.verdicts.Reason`, each once. gateways: names of those last tried.
    """

    submission: Submission
    reasons: Sequence[str]
    gateways: Sequence[str]

    @property
    def owed(self) -> dict[str, int]:
        """Recipients by state, those owed only."""
        return {state: n for state, n in self.submission.tally.items() if state in _OWED}


def owed_letters(reach: Reach) -> QuerySet[Submission]:
    """Letters still owed to somebody, within reach; sealed columns stay in the database."""
    rows = Submission.objects.filter(due_at__isnull=False, cancelled_at__isnull=True).only(*COLUMNS)
    return rows if reach is None else rows.filter(agency__in=reach)


def standings(reach: Reach, *, now: datetime) -> list[Standing]:
    """Agencies that have something in the queue; who has waited longest comes first.

    Of a longer queue, the oldest `MOST_COUNTED` letters count.
    """
    recipients = _recipients(reach)
    oldest = owed_letters(reach).order_by("created_at", "pk").values("pk")[:MOST_COUNTED]
    found = (
        Submission.objects.filter(pk__in=oldest)
        .order_by()
        .values("agency")
        .annotate(
            letters=Count("pk"),
            urgent=Count("pk", filter=Q(lane=Lane.URGENT)),
            held=Count("pk", filter=Q(held_at__isnull=False)),
            oldest=Min(
                Coalesce("scheduled_for", "created_at"),
                filter=Q(undo_until__lte=now) & _should_have_left(now),
            ),
        )
    )
    rows = list(found)
    agencies = Agency.objects.in_bulk([row["agency"] for row in rows if row["agency"]])
    made = [
        Standing(
            agencies.get(row["agency"]),
            row["letters"],
            row["urgent"],
            row["held"],
            row["oldest"],
            recipients.get(row["agency"], {}),
        )
        for row in rows
    ]
    return sorted(made, key=lambda one: (one.oldest is None, one.oldest, -one.letters))


def letters(
    reach: Reach, *, agency: int | None = None, state: str = "", most: int
) -> list[Waiting]:
    """Letters in the queue, the oldest first; of one agency and with somebody in that state."""
    rows = owed_letters(reach).select_related("agency")
    if agency is not None:
        rows = rows.filter(agency=agency)
    if state:
        rows = rows.filter(tally__has_key=state)
    return told(list(rows.order_by("created_at", "pk")[:most]))


def told(submissions: Sequence[Submission]) -> list[Waiting]:
    """These letters with the reasons and gateways of their recipients; two statements."""
    reasons: dict[UUID, list[str]] = {}
    gateways: dict[UUID, list[str]] = {}
    those = Delivery.objects.owed().filter(submission__in=[one.pk for one in submissions])
    known = those.values_list("submission_id", "reason", "gateway__name").distinct().order_by()
    for pk, reason, gateway in known:
        for said, into in ((reason, reasons), (gateway, gateways)):
            if said and said not in into.setdefault(pk, []):
                into[pk].append(said)
    return [
        Waiting(one, sorted(reasons.get(one.pk, ())), sorted(gateways.get(one.pk, ())))
        for one in submissions
    ]


def arrivals(reach: Reach, *, wholly: bool = False) -> QuerySet[Arrival]:
    """Arrivals not yet filed that are for mailboxes within reach, held ones first.

    wholly: for no mailbox beyond it either; whoever keeps one back keeps it back from all.
    Reports on letters (`returned_to`) are for no mailbox: of those the portal itself takes care.
    """
    rows = Arrival.objects.only(
        *("id", "size", "received_at", "due_at", "attempts", "held_at", "held_reason")
    ).order_by("held_at", "received_at")
    if reach is None:
        return rows
    asked = _OF_BOXES.format("bool_and" if wholly else "bool_or")
    return rows.filter(RawSQL(asked, [list(reach)], BooleanField()))  # noqa: S611  # our own words


def _recipients(reach: Reach) -> dict[int | None, dict[str, int]]:
    found: dict[int | None, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RECIPIENTS, [reach is None, list(reach or ()), MOST_COUNTED, _OWED])
        for agency, state, count in cursor.fetchall():
            found.setdefault(agency, {})[state] = count
    return found


def _should_have_left(now: datetime) -> Q:
    return Q(scheduled_for__isnull=True) | Q(scheduled_for__lte=now)
