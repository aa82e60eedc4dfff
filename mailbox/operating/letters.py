"""One letter as those see it who look after the queue: its recipients by number, never by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from mailbox.models import Attempt, Delivery, Submission
from mailbox.operating.queue import COLUMNS, Reach

# The states of those still owed, of those not reached, and the rest.
_OWED_FIRST = (
    tuple(Delivery.OWED),
    tuple(Delivery.NOT_REACHED),
    tuple(set(Delivery.State) - {*Delivery.OWED, *Delivery.NOT_REACHED}),
)


@dataclass(frozen=True)
class Recipient:
    """One of a letter's, with the tries for them, the newest first; of sealed columns none."""

    delivery: Delivery
    tries: Sequence[Attempt]

    @property
    def number(self) -> int:
        """Their place among the letter's recipients, from 1."""
        return self.delivery.position + 1


def letter(reach: Reach, pk: UUID) -> Submission | None:
    """A letter within reach, owed or done with; None where there is none."""
    rows = Submission.objects.only(*COLUMNS, "cancelled_at").select_related("agency")
    if reach is not None:
        rows = rows.filter(agency__in=reach)
    return rows.filter(pk=pk).first()


def recipients(submission: Submission, *, most: int, tries: int) -> list[Recipient]:
    """Those still owed first, then those not reached; so many, each with their latest tries."""
    found = _first(submission, most)
    known: dict[UUID, list[Attempt]] = {}
    made = Attempt.objects.filter(delivery__in=[one.pk for one in found])
    for attempt in made.select_related("gateway").order_by("-started_at", "-pk"):
        mine = known.setdefault(attempt.delivery_id, [])
        if len(mine) < tries:
            mine.append(attempt)
    return [Recipient(one, known.get(one.pk, ())) for one in found]


def _first(submission: Submission, most: int) -> list[Delivery]:
    """The first recipients, group by group; each state from its own place in the index."""
    found: list[Delivery] = []
    for states in _OWED_FIRST:
        rows = _unsealed(submission).order_by("position")
        short = most - len(found)
        group = (
            [one for state in states for one in rows.filter(state=state)[:short]] if short else []
        )
        found += sorted(group, key=lambda one: one.position)[:short]
    return found


def _unsealed(submission: Submission) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(submission=submission).select_related("gateway")
    return rows.defer("sealed_address", "sealed_reply", "address_digest")
