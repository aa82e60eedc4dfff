"""One worker's turn with one submission: its lease, its keys, its clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings

from mailbox.errors import SealBroken
from mailbox.mime.rendition import Rendition, read_raw, unpack_head
from mailbox.models import Submission
from mailbox.opening import content_reader
from mailbox.outbound.envelope import Envelope, key_for_relay, open_envelope
from mailbox.sealing.content import ContentReader


class LeaseLost(Exception):
    """Another worker has taken the submission; whatever is not sent yet is theirs to send."""


@dataclass
class Work:
    """key is the submission key; content and message are opened when first needed."""

    submission: Submission
    key: bytes
    envelope: Envelope
    began: datetime
    _started: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, submission: Submission, now: datetime) -> Work:
        """Open a claimed submission, the head of its content too; KeyMissing or SealBroken."""
        key = key_for_relay(submission)
        work = cls(submission, key, open_envelope(submission, key), now)
        if work.rendition.raw_length != submission.size:
            raise SealBroken
        return work

    def now(self) -> datetime:
        """The moment of the call, as far from `began` as this turn has lasted."""
        return self.began + timedelta(seconds=time.monotonic() - self._started)

    def hold_lease(self) -> None:
        """Have the lease run from now; LeaseLost where it is no longer ours.

        The number of attempts is the lease's token: every claim adds one. Inside a
        transaction this also keeps others from claiming until the commit.
        """
        mine = Submission.objects.filter(
            pk=self.submission.pk, attempts=self.submission.attempts, due_at__isnull=False
        )
        if not mine.update(due_at=self.now() + settings.RELAY_LEASE):
            raise LeaseLost

    @cached_property
    def reader(self) -> ContentReader:
        return content_reader(self.submission.content, self.envelope.content_key)

    @cached_property
    def rendition(self) -> Rendition:
        return unpack_head(self.reader.read)

    @cached_property
    def message(self) -> bytes:
        """The message as it was built, byte for byte."""
        return read_raw(self.reader.read, self.rendition)
