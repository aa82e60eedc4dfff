"""Letters to be relayed, made quickly: real sealed rows, each with a key of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Account, Agency
from bench.population import letter
from mailbox.filing.contents import store_content
from mailbox.ids import new_id
from mailbox.mime.parse import parse
from mailbox.mime.rendition import Address, pack
from mailbox.models import Content, Delivery, Gateway, Lane, Mailbox, Submission
from mailbox.outbound.envelope import Envelope, seal_address, seal_envelope, seal_key
from mailbox.sealing.content import new_key

SIZE = 8192
_BATCH = 1_000


def gateway_of(agency: Agency, port: int) -> Gateway:
    """A gateway on the loopback, without TLS: what is measured is us."""
    return Gateway.objects.create(
        agency=agency,
        name=f"sink {port}",
        host="127.0.0.1",
        port=port,
        security=Gateway.Security.LOOPBACK,
    )


class Writer:
    """Writes letters of one author. shares: all of them have one content, as a circular's have."""

    def __init__(self, author: Account, *, shares: bool = False) -> None:
        self.author, self.shares = author, shares
        self.mailbox = Mailbox.objects.get(account=author)
        self._content: tuple[Content, bytes, int] | None = None

    def write(self, count: int, *, due_at: datetime, lane: Lane = Lane.ORDINARY) -> None:
        """Make so many letters to one recipient outside each, due then."""
        for start in range(0, count, _BATCH):
            submissions, deliveries = [], []
            for number in range(start, min(count, start + _BATCH)):
                submission, delivery = self._one(number, due_at, lane)
                submissions.append(submission)
                deliveries.append(delivery)
            Submission.objects.bulk_create(submissions)
            Delivery.objects.bulk_create(deliveries)

    def _one(self, number: int, due_at: datetime, lane: Lane) -> tuple[Submission, Delivery]:
        content, content_key, size = self._stored(number)
        now, key = timezone.now(), new_key()
        submission = Submission(
            id=new_id(),
            mailbox=self.mailbox,
            agency_id=self.author.agency_id,
            content=content,
            size=size,
            lane=lane,
            created_at=now,
            undo_until=now,
            due_at=due_at,
            expires_at=due_at + timedelta(days=5),
            tally={"queued": 1},
        )
        seal_key(submission, key, self.mailbox)
        envelope = Envelope(content_key, self.author.address, b"-" * 32, f"Letter {number}")
        submission.sealed_envelope = seal_envelope(envelope, key, submission)
        delivery = Delivery(
            id=new_id(),
            submission=submission,
            position=0,
            state=Delivery.State.QUEUED,
            due_at=due_at,
            changed_at=now,
        )
        who = Address("Somebody", f"person{number}@outside.test")
        delivery.sealed_address = seal_address(who, key, delivery)
        return submission, delivery

    def _stored(self, number: int) -> tuple[Content, bytes, int]:
        if self.shares and self._content is not None:
            return self._content
        raw = letter(SIZE, number).replace(b"somchai@outside.test", self.author.address.encode())
        rendition, sections = parse(raw)
        key = new_key()
        content = store_content(pack(rendition, raw, sections), key, new_id())
        self._content = (content, key, len(raw))
        return self._content
