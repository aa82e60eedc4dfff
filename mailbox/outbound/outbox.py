"""What the author sees of what was sent: every recipient's state, the worst first.

Opened with the author's own key, in the web tier. States and sentences are ours;
the gateway's words are its own, as it said them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.models import Attempt, Delivery, Mailbox, Message, Submission
from mailbox.models.delegations import rights_in
from mailbox.models.submissions import SubmissionQuerySet
from mailbox.outbound.envelope import (
    key_for_owner,
    open_address,
    open_envelope,
    open_reply,
)
from mailbox.outbound.returning.matching import is_late
from mailbox.outbound.returning.sentences import MAYBE, sentence_for
from mailbox.smtp.verdicts import Verdict

State = Delivery.State

# What stands first in the list: what went wrong, what is unclear, what waits, what is done.
_WORST_FIRST = (
    *(State.FAILED, State.BOUNCED, State.EXPIRED, State.UNKNOWN, State.DEFERRED),
    *(State.SENDING, State.QUEUED, State.SCHEDULED, State.CANCELLED, State.RELAYED, State.FILED),
)
_DONE = frozenset((State.FILED, State.RELAYED))
_BAD = frozenset(Delivery.NOT_REACHED)
# Recipients to a page; a circular has ten thousand.
PAGE = 100
# Tries of a recipient that are shown: the latest.
MOST_TRIES = 10
# The lists above the outbox, and how long what did not arrive stays in one.
MOST_FIRST = 50
FAILED_STAND_FIRST = timedelta(days=7)


@dataclass(frozen=True)
class Try:
    """One try for one recipient. sentence: why it did not do, in ours; gateway: its name."""

    at: datetime
    outcome: str
    label: str
    sentence: str
    code: int | None
    gateway: str


@dataclass(frozen=True)
class DeliveryView:
    """One recipient's state. label: the state in words; sentence: why, in ours, where it has
    not arrived; words, code, enhanced: the server's own. next_try: aware and to come, where
    something is still owed. tries: the latest, newest first. maybe_twice: an earlier try may
    have arrived as well. is_late: a server beyond the gateway is still trying. opened_at: of
    colleagues inside, where their agency tells.
    """

    id: UUID
    name: str
    address: str
    field: str
    state: str
    label: str
    sentence: str
    words: str
    code: int | None
    enhanced: str
    changed_at: datetime
    next_try: datetime | None
    is_inside: bool
    maybe_twice: bool
    opened_at: datetime | None
    is_late: bool = False
    tries: tuple[Try, ...] = ()

    @property
    def is_reported(self) -> bool:
        """Whether the words came back in a report, from a server beyond the gateway."""
        return self.state == State.BOUNCED or self.is_late

    @property
    def is_done(self) -> bool:
        return self.state in _DONE

    @property
    def is_bad(self) -> bool:
        return self.state in _BAD


@dataclass(frozen=True)
class Tally:
    """How many recipients of a submission stand where: for the chip."""

    total: int
    delivered: int
    failed: int
    unknown: int
    waiting: int
    cancelled: int

    @property
    def is_settled(self) -> bool:
        return self.waiting == 0 and self.unknown == 0


@dataclass(frozen=True)
class OutboxRow:
    """A submission as it stands in the list of what was sent."""

    submission: Submission
    subject: str
    to_names: str
    tally: Tally

    @property
    def is_scheduled(self) -> bool:
        """It has not begun to leave yet, and leaves when its author said."""
        sent = self.submission
        return bool(sent.scheduled_for and not sent.attempts and not sent.cancelled_at)

    @property
    def is_held(self) -> bool:
        """Its moment has come, and its author's account was closed."""
        sent = self.submission
        late = sent.scheduled_for and sent.due_at and sent.due_at > sent.scheduled_for
        return self.is_scheduled and bool(late)


@dataclass(frozen=True)
class Place:
    """Where a page of recipients ends: the state (its number in the order) and the position."""

    group: int = 0
    position: int = -1

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Read what `str()` gave; None for anything else."""
        group, dot, position = text.partition(".")
        if not (dot and text.isascii() and group.isdigit() and position.isdigit()):
            return None
        return cls(int(group), int(position)) if len(text) < 20 else None

    def __str__(self) -> str:
        return f"{self.group}.{self.position}"


def page_of(
    submission: Submission,
    by: Account,
    *,
    now: datetime | None = None,
    after: Place | None = None,
    size: int = PAGE,
) -> tuple[list[DeliveryView], Place | None]:
    """A page of recipients, worst first, else as they were written; and where the next begins.

    A keyset over (state, position): the cost does not grow with the letter. NotYours.
    """
    key = _key(submission, by)
    now = now or timezone.now()
    after = after or Place()
    found: list[tuple[Place, Delivery]] = []
    for group, state in enumerate(_WORST_FIRST):
        if group < after.group or len(found) > size:
            continue
        low = after.position if group == after.group else -1
        of_state = submission.deliveries.filter(state=state, position__gt=low)
        for one in of_state.order_by("position")[: size + 1 - len(found)]:
            found.append((Place(group, one.position), one))
    shown = [one for _, one in found[:size]]
    private_key = opening.mailbox_key(submission.mailbox)
    reading = _Reading(submission, key, private_key, _tries(shown), now)
    views = [reading.view(one) for one in shown]
    views.sort(key=lambda view: _WORST_FIRST.index(State(view.state)))
    return views, found[size - 1][0] if len(found) > size else None


def deliveries_of(
    submission: Submission, by: Account, *, now: datetime | None = None
) -> list[DeliveryView]:
    """The first page of recipients: see `page_of`."""
    return page_of(submission, by, now=now)[0]


def _tries(deliveries: Sequence[Delivery]) -> Mapping[UUID, list[Attempt]]:
    """The tries for these recipients, newest first; one query."""
    found: dict[UUID, list[Attempt]] = defaultdict(list)
    ids = [one.pk for one in deliveries if one.state != State.FILED]
    tries = Attempt.objects.filter(delivery__in=ids).select_related("gateway")
    for one in tries.order_by("-started_at", "-id"):
        found[one.delivery_id].append(one)
    return found


def tally(submission: Submission) -> Tally:
    """The chip of one submission: kept beside it, so that nothing is counted here."""
    return _tally(Counter(submission.tally))


def rows(submissions: Sequence[Submission], mailbox: Mailbox) -> list[OutboxRow]:
    """Open the list rows of submissions of one mailbox; the caller has checked its reader."""
    private_key = opening.mailbox_key(mailbox) if submissions else b""
    found = []
    for submission in submissions:
        envelope = open_envelope(submission, key_for_owner(submission, private_key))
        row = OutboxRow(submission, envelope.subject, envelope.to_names, tally(submission))
        found.append(row)
    return found


@dataclass(frozen=True)
class Lists:
    """What stands in the outbox before the rest: still to leave, under way, not arrived."""

    scheduled: Sequence[Submission]
    under_way: Sequence[Submission]
    failed: Sequence[Submission]


def first_of_all(sent: SubmissionQuerySet, now: datetime) -> Lists:
    """What an author looks for first, each list short; sent: what they may read."""
    open_ones = list(sent.filter(due_at__isnull=False).order_by("due_at", "id")[:MOST_FIRST])
    scheduled = [one for one in open_ones if one.scheduled_for and not one.attempts]
    failed = sent.filter(
        has_failed=True, due_at__isnull=True, created_at__gt=now - FAILED_STAND_FIRST
    )
    return Lists(
        scheduled,
        sorted((one for one in open_ones if one not in scheduled), key=_newest_first),
        list(failed.order_by("-created_at", "-id")[:MOST_FIRST]),
    )


def _newest_first(submission: Submission) -> float:
    return -submission.created_at.timestamp()


def submission_of(message: Message) -> Submission | None:
    """The submission behind a copy in Sent, where it was sent from this portal."""
    return message.submissions.order_by("-created_at").first() if message.is_own else None


def _key(submission: Submission, by: Account) -> bytes:
    mailbox = submission.mailbox
    if not rights_in(mailbox, by).may_read:
        raise NotYours
    return key_for_owner(submission, opening.mailbox_key(mailbox))


@dataclass(frozen=True)
class _Reading:
    """What opens the recipients of one submission: its key, and its author's for what came back."""

    submission: Submission
    key: bytes
    private_key: bytes
    tries: Mapping[UUID, Sequence[Attempt]]
    now: datetime

    def view(self, delivery: Delivery) -> DeliveryView:
        who, reply = open_address(delivery, self.key), self._reply(delivery)
        state = _state(delivery, self.submission, self.now)
        tries = self.tries.get(delivery.pk, ())
        is_told = state not in _DONE or is_late(delivery)
        outcomes = Counter(one.outcome for one in tries)
        # Two that were accepted: a worker was overtaken, as where a clock was set forward.
        doubtful = outcomes[Attempt.Outcome.UNKNOWN] or outcomes[Attempt.Outcome.ACCEPTED] > 1
        why = [_sentence(delivery, reply)] if is_told else []
        why += [str(MAYBE)] if doubtful and state in _BAD else []
        return DeliveryView(
            id=delivery.pk,
            name=who.name,
            address=who.address,
            field=delivery.field,
            state=state.value,
            label=str(state.label),
            sentence=" ".join(filter(None, why)),
            words=reply.text,
            code=delivery.reply_code,
            enhanced=delivery.enhanced or reply.enhanced,
            changed_at=delivery.changed_at,
            next_try=self._next_try(delivery) if state in Delivery.OWED else None,
            is_inside=delivery.mailbox_id is not None,
            maybe_twice=bool(doubtful) and state == State.RELAYED,
            opened_at=delivery.opened_at if delivery.mailbox_id is not None else None,
            is_late=is_late(delivery),
            tries=tuple(_try(one) for one in tries[:MOST_TRIES]),
        )

    def _reply(self, delivery: Delivery) -> Verdict:
        box = self.submission.mailbox_id
        reply = open_reply(delivery, self.key, mailbox_id=box, private_key=self.private_key)
        return reply or Verdict()

    def _next_try(self, delivery: Delivery) -> datetime | None:
        """Never in the past: what is due is being done."""
        moment = delivery.due_at or self.submission.due_at
        return moment if moment is not None and moment > self.now else None


def _sentence(delivery: Delivery, reply: Verdict) -> str:
    reason, code = reply.reason or delivery.reason, delivery.reply_code or 0
    return sentence_for(reason, code, delivery.enhanced or reply.enhanced, reply.text)


def _try(attempt: Attempt) -> Try:
    outcome = Attempt.Outcome(attempt.outcome)
    refused = outcome in (Attempt.Outcome.DEFERRED, Attempt.Outcome.REFUSED)
    return Try(
        at=attempt.started_at,
        outcome=outcome.value,
        label=str(outcome.label),
        sentence=sentence_for(attempt.reason, attempt.reply_code or 0) if refused else "",
        code=attempt.reply_code,
        gateway=attempt.gateway.name if attempt.gateway else "",
    )


def _state(delivery: Delivery, submission: Submission, now: datetime) -> Delivery.State:
    """What is being sent by a worker whose lease has run out is known to nobody."""
    state = State(delivery.state)
    lease_is_over = submission.due_at is None or submission.due_at <= now
    return State.UNKNOWN if state == State.SENDING and lease_is_over else state


def _tally(counted: Counter[str]) -> Tally:
    def count(states: Iterable[Delivery.State]) -> int:
        return sum(counted[state.value] for state in states)

    return Tally(
        total=counted.total(),
        delivered=count(_DONE),
        failed=count(_BAD),
        unknown=count([State.UNKNOWN]),
        waiting=count([State.QUEUED, State.SCHEDULED, State.SENDING, State.DEFERRED]),
        cancelled=count([State.CANCELLED]),
    )
