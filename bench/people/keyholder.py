"""Spare mailboxes: what making one costs a keyholder, and giving one out a worker (ADR 0012)."""

from __future__ import annotations

import statistics
import time
import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Agency
from bench.measuring import Figure, at_most, median_ms
from bench.population import account
from mailbox.filing import spares
from mailbox.models import Mailbox
from mailbox.sealing import hpke, keyring

MADE, ROUNDS, GIVEN = 500, 5, 200


def measure() -> list[Figure]:
    agency = account("keyholder").agency
    key_pair = median_ms(_key_pair, times=200)
    spares.fill(spares.BATCH)  # the first pays for what is loaded once
    making = statistics.median(_make() for _round in range(ROUNDS))
    giving, statements = _give(agency)
    return [
        Figure("a key pair made and wrapped, no table", key_pair, "ms"),
        Figure("spare mailboxes made in a round", MADE, "mailboxes"),
        at_most("one made and committed, in batches of 100", making, "ms", 5),
        Figure("so many a second", 1000 / making, "/s"),
        at_most("one given out and committed", giving, "ms", 20),
        Figure("statements to give one out", statements, ""),
    ]


def _key_pair() -> None:
    private_key = hpke.new_private_key()
    hpke.public_key_of(private_key)
    keyring.current().wrap_mailbox_key(private_key, uuid.uuid4())


def _make() -> float:
    """Milliseconds for each mailbox of one round."""
    there = Mailbox.objects.spare().count()
    begun = time.perf_counter()
    made = spares.fill(there + MADE)
    return (time.perf_counter() - begun) * 1000 / made


def _give(agency: Agency) -> tuple[float, int]:
    """The median of giving one out, in milliseconds, and the statements of one."""
    taken = []
    for number in range(GIVEN):
        to = _without_mailbox(agency, number)
        begun = time.perf_counter()
        assert spares.give_out(to, [to.address]) is not None
        taken.append((time.perf_counter() - begun) * 1000)
    last = _without_mailbox(agency, GIVEN)
    with CaptureQueriesContext(connection) as asked:
        spares.give_out(last, [last.address])
    return statistics.median(taken), len(asked)


def _without_mailbox(agency: Agency, number: int) -> Account:
    made = Account(address=f"spare{number}@bench.test", agency=agency, state=Account.State.RESERVED)
    made.set_unusable_password()
    made.save()
    return made
