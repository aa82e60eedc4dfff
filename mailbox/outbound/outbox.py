"""What the author sees of what was sent: every recipient's state, the worst first.

Opened with the author's own key, in the web tier. States and sentences are ours;
the gateway's words are its own, as it said them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
from mailbox.smtp.verdicts import Reason, Verdict

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
# The lists above the outbox, and how long what did not arrive stays in one.
MOST_FIRST = 50
FAILED_STAND_FIRST = timedelta(days=7)

SENTENCES: Mapping[Reason, Promise] = {
    Reason.NO_GATEWAY: _("No gateway has been set up for your agency yet."),
    Reason.UNREACHABLE: _("Your agency's gateway could not be reached."),
    Reason.CERTIFICATE: _(
        "The certificate of your agency's gateway is not the right one; nothing was sent to it."
    ),
    Reason.NO_TLS: _("Your agency's gateway offers no secure connection; nothing was sent to it."),
    Reason.LOGIN: _("Your agency's gateway did not accept the portal's login."),
    Reason.PASSWORD: _("The password for your agency's gateway cannot be used."),
    Reason.NOT_LOOPBACK: _("Your agency's gateway may only be reached over a secure connection."),
    Reason.NOT_GREETED: _("Your agency's gateway closed the connection."),
    Reason.LOST_BEFORE: _("The connection broke before the message was sent."),
    Reason.LOST_AFTER: _("The connection broke while the message was being sent."),
    Reason.NO_8BIT: _("Your agency's gateway does not take this kind of message."),
    Reason.NO_UTF8: _("Your agency's gateway does not know addresses in this script."),
    Reason.MAILBOX_FULL: _("The recipient's mailbox is full."),
    Reason.MAILBOX_CLOSED: _("The recipient's mailbox has been closed."),
    Reason.INTERNAL: _("The portal met an error of its own. An operator has been told."),
}


@dataclass(frozen=True)
class DeliveryView:
    """One recipient's state. label: the state in words; sentence: why, in ours ("" if the
    gateway spoke); words, code, enhanced: the gateway's own. next_try: aware, where
    something is still to come. maybe_twice: an earlier try may have arrived as well.
    opened_at: of colleagues inside, where their agency tells.
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
    doubtful = _doubtful(shown)
    views = [_view(one, submission, key, now=now, was_doubtful=one.pk in doubtful) for one in shown]
    views.sort(key=lambda view: _WORST_FIRST.index(State(view.state)))
    return views, found[size - 1][0] if len(found) > size else None


def deliveries_of(
    submission: Submission, by: Account, *, now: datetime | None = None
) -> list[DeliveryView]:
    """The first page of recipients: see `page_of`."""
    return page_of(submission, by, now=now)[0]


def _doubtful(deliveries: Sequence[Delivery]) -> set[UUID]:
    tries = Attempt.objects.filter(
        delivery__in=[one.pk for one in deliveries], outcome=Attempt.Outcome.UNKNOWN
    )
    return set(tries.values_list("delivery_id", flat=True))


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


def _view(
    delivery: Delivery, submission: Submission, key: bytes, *, now: datetime, was_doubtful: bool
) -> DeliveryView:
    who, reply = open_address(delivery, key), open_reply(delivery, key) or Verdict()
    state = _state(delivery, submission, now)
    return DeliveryView(
        id=delivery.pk,
        name=who.name,
        address=who.address,
        field=delivery.field,
        state=state.value,
        label=str(state.label),
        sentence=str(SENTENCES.get(reply.reason, "")),
        words=reply.text,
        code=delivery.reply_code,
        enhanced=reply.enhanced,
        changed_at=delivery.changed_at,
        next_try=submission.due_at if state in Delivery.OWED else None,
        is_inside=delivery.mailbox_id is not None,
        maybe_twice=was_doubtful and state == State.RELAYED,
        opened_at=delivery.opened_at if delivery.mailbox_id is not None else None,
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
