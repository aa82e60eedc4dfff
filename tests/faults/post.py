"""Posting: letters of Amina's to people outside, by a gateway of her ministry's."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone

from mailbox.errors import DraftAlreadySent
from mailbox.models import Delivery, Draft, Gateway, Submission
from mailbox.operating import deeds
from mailbox.operating.deeds import Hand
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach
from mailbox.outbound.gateways import breaker
from mailbox.outbound.submission import send
from tests.cast import Cast
from tests.faults.far_side import FarSide
from tests.faults.plant import LEASE, Plant

State = Delivery.State


def gateway_to(people: Cast, port: int, **values: object) -> Gateway:
    """A gateway of Amina's ministry on this machine."""
    named = {"name": "far side", "host": "127.0.0.1", "port": port, "security": "loopback"}
    return Gateway.objects.create(agency=people.transport, **{**named, **values})


def post(people: Cast, count: int, to: Sequence[str] = (), *, size: int = 0) -> list[Submission]:
    """Letters of Amina's that are due, each to one person outside, or to these.

    size: of an enclosure, in octets.
    """
    return [
        post_one(people, list(to) or [f"person{number}@else.example"], f"Letter {number}", size)
        for number in range(count)
    ]


def post_one(people: Cast, to: list[str], subject: str, size: int = 0) -> Submission:
    """One letter; pressed "send" again, as a person does, where the portal was away."""
    draft: Draft | None = None
    end = time.monotonic() + 60
    while True:
        assert time.monotonic() < end, "nothing can be posted"
        try:
            earlier = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
            if draft is None:
                box = people.mailbox_of(people.amina)
                draft = drafting.start(box, by=people.amina, now=earlier, to=to)
                typed = {"subject": subject, "text": "เรียน ทุกท่าน\n\n" + "น้ำมาแล้ว " * 300}
                drafting.save(draft, typed, version=draft.version, now=earlier)
                if size:
                    data = os.urandom(size)
                    attach(draft, name="a.bin", type="application/octet-stream", data=data)
            draft.refresh_from_db()
            return draft.submission or send(draft, by=people.amina, now=earlier)
        except DraftAlreadySent:
            continue
        except OperationalError:
            connections.close_all()


def are_owed(posted: Sequence[Submission]) -> bool:
    ids = [one.pk for one in posted]
    return Submission.objects.filter(pk__in=ids, due_at__isnull=False).exists()


def are_answered(posted: Sequence[Submission]) -> bool:
    """Whether every recipient was tried, and no worker has one in hand."""
    in_hand = Delivery.objects.filter(state__in=(State.QUEUED, State.SENDING))
    return not in_hand.filter(submission__in=[one.pk for one in posted]).exists()


def settle(plant: Plant, posted: Sequence[Submission]) -> None:
    """Wait until nothing is owed for these any more."""
    plant.until(lambda: not are_owed(posted), "letters are owed for ever", revive=True)


def go_on(plant: Plant, posted: Sequence[Submission]) -> None:
    """After a kill: the lease runs out, a worker comes, and everything leaves."""
    plant.stop_worker()
    plant.passes(LEASE)
    plant.start_worker()
    settle(plant, posted)


def mend(far_side: FarSide, gateway: Gateway, posted: Sequence[Submission]) -> None:
    """The gateway is well again; an officer has it used at once, and the letters tried now."""
    far_side.is_well()
    breaker.reset(gateway.pk)
    letters = Submission.objects.filter(pk__in=[one.pk for one in posted])
    deeds.retry(letters, Hand(None, timezone.now(), "mended"))
