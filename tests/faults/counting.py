"""Counting: what was posted, what the far side has, what came twice, what the sender sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from mailbox.models import Attempt, Delivery, Submission
from mailbox.outbound.outbox import DeliveryView, deliveries_of
from mailbox.outbound.returning import paths
from tests.cast import Cast
from tests.faults.far_side import FarSide, Kept

State = Delivery.State
WAITING = {State.QUEUED, State.DEFERRED, State.UNKNOWN, State.SENDING}


@dataclass(frozen=True)
class Row:
    """One fault of the table. messages, relayed, failed: recipients, at the end; deferred: put off
    while the fault lasted; unknown: of the duplicates, those of an attempt that was in doubt.
    """

    fault: str
    messages: int
    relayed: int
    deferred: int
    failed: int
    lost: int
    duplicates: int
    unknown: int
    sees: str


def count(
    fault: str, posted: Sequence[Submission], far_side: FarSide, people: Cast, **more: object
) -> Row:
    """Compare rows, what the far side has, and the sender's page; more: of the row as it is."""
    came = _came(far_side.kept)
    now, tally = timezone.now(), Counter[str]()
    for submission in posted:
        sent = Submission.objects.get(pk=submission.pk)
        for view in deliveries_of(sent, people.amina, now=now):
            copies, doubts = came[sent.pk, view.address], _doubts(view)
            tally["messages"] += 1
            tally[view.state] += 1
            tally["lost"] += is_lost(view, copies)
            tally["duplicates"] += max(copies - 1, 0)
            tally["unknown"] += min(max(copies - 1, 0), doubts)
            assert_is_true(view, copies, doubts)
    values = {
        "relayed": tally["relayed"],
        "deferred": tally["deferred"],
        "failed": tally["failed"] + tally["expired"],
        "sees": "",
        **more,
    }
    return Row(
        fault,
        messages=tally["messages"],
        lost=tally["lost"],
        duplicates=tally["duplicates"],
        unknown=tally["unknown"],
        **values,  # type: ignore[arg-type]  # as the row has them
    )


def is_lost(view: DeliveryView, copies: int) -> bool:
    """Nobody has it, nobody will try it, and nobody has told the sender why."""
    told = view.is_bad and view.sentence != ""
    return not copies and State(view.state) not in WAITING and not told


def assert_is_true(view: DeliveryView, copies: int, doubts: int) -> None:
    """The sender's page says what is so, whatever has happened."""
    state = State(view.state)
    if state == State.RELAYED:
        assert copies, "relayed, and the far side has it not"
        assert view.maybe_twice == (doubts > 0 or copies > 1), "it may be there twice, or not"
    elif state in (State.DEFERRED, State.FAILED):
        assert view.sentence, f"{state}, and no reason is given"
        assert not copies or doubts, f"{state}, and the far side has it"
    elif state == State.QUEUED:
        assert not copies, "queued, and the far side has it"


def seen(posted: Sequence[Submission], people: Cast) -> list[DeliveryView]:
    """What the sender sees of these, in the order of the letters."""
    now = timezone.now()
    return [
        view
        for one in posted
        for view in deliveries_of(Submission.objects.get(pk=one.pk), people.amina, now=now)
    ]


def said(posted: Sequence[Submission], people: Cast) -> str:
    """The same in words, for the table: each state once, with its sentence."""
    words = dict.fromkeys(
        ": ".join(filter(None, [view.label, view.sentence]))
        + " (it may have come twice)" * view.maybe_twice
        for view in seen(posted, people)
    )
    return " / ".join(words)


def _came(kept: Sequence[Kept]) -> Counter[tuple[UUID, str]]:
    """How often each letter came for each recipient; always the same octets."""
    came: Counter[tuple[UUID, str]] = Counter()
    octets: dict[UUID, set[bytes]] = {}
    for one in kept:
        pk = paths.submission_of(one.sender.partition("@")[0], timezone.now().date())
        assert pk is not None, "a return path that is not ours"
        octets.setdefault(pk, set()).add(one.content)
        came.update((pk, address) for address in one.recipients)
    assert all(len(each) == 1 for each in octets.values()), "another letter at the second try"
    return came


def _doubts(view: DeliveryView) -> int:
    tries = Attempt.objects.filter(delivery=view.id, outcome=Attempt.Outcome.UNKNOWN)
    return tries.count()
