"""One worker's turn with one submission: its lease, its keys, its clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings

from mailbox.errors import SealBroken
from mailbox.mime.rendition import Head, Rendition, read_head, understood
from mailbox.models import Submission
from mailbox.opening import content_reader
from mailbox.outbound.envelope import Envelope, key_for_relay, open_envelope
from mailbox.sealing.content import ContentReader


class LeaseLost(Exception):
    """Another worker has taken the submission; whatever is not sent yet is theirs to send."""


@dataclass(frozen=True)
class Clock:
    """The time of one turn: `began` (aware), and as much later as the turn has lasted."""

    began: datetime
    _started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.lasted())

    def lasted(self) -> float:
        """Seconds since the turn began."""
        return time.monotonic() - self._started


@dataclass
class Work:
    """key is the submission key; content and message are opened when first needed.

    held_since: from when the lease runs. is_first: nobody has been offered it before.
    """

    submission: Submission
    key: bytes
    envelope: Envelope
    clock: Clock
    held_since: datetime
    is_first: bool

    @classmethod
    def begin(cls, submission: Submission, now: datetime, clock: Clock | None = None) -> Work:
        """Open a claimed submission, the head of its content too; KeyMissing or SealBroken.

        now: from when its lease runs. clock: of the turn it is a part of.
        """
        key = key_for_relay(submission)
        # Who was offered it leaves the states it was posted with.
        is_first = set(submission.tally) <= {"queued", "scheduled"}
        envelope = open_envelope(submission, key)
        work = cls(submission, key, envelope, clock or Clock(now), now, is_first)
        start, end = work.head.raw
        if end - start != submission.size:
            raise SealBroken
        return work

    def now(self) -> datetime:
        """The moment of the call, as far from the turn's begin as it has lasted."""
        return self.clock.now()

    def hold_lease(self) -> None:
        """Keep the lease, and have it run from now where much of it is used up.

        LeaseLost where it is no longer ours. The number of attempts is the lease's token:
        every claim adds one. Needs a transaction, and keeps others from claiming until it ends.
        """
        mine = Submission.objects.filter(
            pk=self.submission.pk, attempts=self.submission.attempts, due_at__isnull=False
        )
        if not self.needs_longer():
            if not mine.select_for_update(no_key=True).values_list("pk").first():
                raise LeaseLost
        elif not mine.update(due_at=self.now() + settings.RELAY_LEASE):
            raise LeaseLost
        else:
            self.held_since = self.now()

    def needs_longer(self) -> bool:
        """Whether a quarter of the lease is used up: writing it anew costs every index."""
        return bool(self.now() - self.held_since > settings.RELAY_LEASE / 4)

    @cached_property
    def reader(self) -> ContentReader:
        return content_reader(self.submission.content, self.envelope.content_key)

    @cached_property
    def head(self) -> Head:
        return read_head(self.reader.read)

    @cached_property
    def rendition(self) -> Rendition:
        return understood(self.head)

    @cached_property
    def message(self) -> bytes:
        """The message as it was built, byte for byte."""
        return self.reader.read(*self.head.raw)

    def forget_message(self) -> None:
        """Let go of the bytes: ten letters in hand may have 25 MB each."""
        self.__dict__.pop("message", None)
        self.__dict__.pop("reader", None)
