"""Arrivals: a message is taken in, and later filed.

`take_in` makes the promise of the 250: sealed to the ingest key, on disk, committed.
`file_arrival` keeps it, in a worker: it opens the arrival, reads it within limits,
and has it filed for every mailbox, or for nobody where it is a report on a letter that
has left, or a test letter of the readiness gate. What cannot be read is held for an
operator, never dropped. LMTP and the workers seal; neither can open a mailbox (promise P5).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from mailbox.errors import KeyMissing
from mailbox.filing.contents import forget_file, keep_sealed, load_content, store_content
from mailbox.filing.indexed.words import words_of
from mailbox.filing.messages import BATCH
from mailbox.ids import new_id
from mailbox.inbound import forwarding
from mailbox.inbound.letters import Copy, Letter
from mailbox.mime.reading_process import ReadingFailed, ReadingProcess
from mailbox.mime.trust import hops
from mailbox.models import Arrival
from mailbox.models.keys import is_of_retired_key
from mailbox.nudges import file_later
from mailbox.outbound.returning import arrived as returned
from mailbox.readiness import arriving as readiness
from mailbox.sealing import infos, keyring, records
from mailbox.sealing.content import new_key

logger = logging.getLogger(__name__)

# What is away comes back; meanwhile nothing is held and nothing is lost.
AWAY = (KeyMissing, OSError, OperationalError, InterfaceError)


def take_in(
    raw: bytes,
    *,
    sender: str,
    mailboxes: Sequence[UUID],
    recipients: Sequence[str],
    options: Sequence[str] = (),
    returned_to: UUID | None = None,
    test_letter: int | None = None,
    now: datetime,
    nudge: Callable[[Arrival], None] = file_later,
) -> Arrival:
    """Keep a message for its mailboxes, and return when it is committed.

    raw: the message as it came, dots removed. sender: the envelope's return path,
    empty for a bounce. options: of its MAIL command, in upper case. returned_to: the
    submission whose return path it came to, test_letter: the one whose address, both with
    no mailboxes. May be called again after a lost connection. Raises whatever database,
    keyring or disk raise: the caller answers 451.
    """
    pk = new_id()
    key = new_key()
    ingest_key_id, sealed_key = keyring.current().seal_to("ingest", key, infos.for_arrival(pk))
    envelope: dict[str, Any] = {
        "sender": sender,
        "recipients": list(recipients),
        "options": list(options),
    }
    arrival = Arrival(
        id=pk,
        mailbox_ids=list(dict.fromkeys(mailboxes)),
        returned_to=returned_to,
        test_letter=test_letter,
        ingest_key_id=ingest_key_id,
        sealed_key=sealed_key,
        sealed_envelope=records.seal_record(envelope, key, purpose="arrival", binding=str(pk)),
        size=len(raw),
        received_at=now,
        due_at=now,
    )
    # One INSERT, committed when it returns; large content is on disk before it. If that
    # fails, its file stays for the sweep: the row may be there and only the answer lost.
    kept = keep_sealed(raw, key, pk)
    arrival.row, arrival.file = kept.row, kept.file
    arrival.insert()
    nudge(arrival)
    return arrival


def file_arrival(arrival: Arrival, *, reader: ReadingProcess, now: datetime) -> bool:
    """File an arrival for all its mailboxes and delete it; False where another worker has it.

    A reading that fails puts it off, and after FILING_ATTEMPTS tries has it held.
    What else is raised is the caller's to give to `put_off`.
    """
    if not arrival.claim(now, now + settings.FILING_LEASE):
        return False
    if arrival.attempts > settings.FILING_ATTEMPTS:
        _hold(arrival, "WorkerLost", now)  # each try so far ended without a word
        return True
    raw, return_path = _open(arrival)
    if arrival.test_letter is not None:
        _take_test(arrival, arrival.test_letter, raw)
        return True
    # Whoever wrote our MTA's name into a message shall not be quoted under it either.
    raw = hops.without_forged(raw, settings.AUTHSERV_ID)
    if arrival.returned_to is not None:
        with transaction.atomic():
            returned.take(arrival, raw, now)
            _finish(arrival)
        return True
    try:
        packed, rendition = reader.read(raw)
    except ReadingFailed as failure:
        put_off(arrival, failure, now=now)
        return True
    letter = Letter(raw, rendition, return_path, arrival.received_at)
    _file(arrival, letter, packed, forwarding.prepared(arrival.mailbox_ids, letter, reader))
    return True


def _take_test(arrival: Arrival, letter: int, raw: bytes) -> None:
    """Take the facts of a test letter from what came to it, and forget the message."""
    facts = readiness.look(letter, raw, is_last=arrival.attempts >= settings.FILING_ATTEMPTS)
    with transaction.atomic():
        readiness.write_down(letter, facts, arrival.received_at)
        _finish(arrival)


def _file(
    arrival: Arrival, letter: Letter, packed: bytes, onward: Sequence[forwarding.Onward]
) -> None:
    """File a letter for all its mailboxes, and forget the arrival, in one transaction.

    For more mailboxes than are locked at a time in several: who has it is passed over
    when it is done again, so dying half-way neither loses nor doubles.
    """
    is_small = len(arrival.mailbox_ids) <= BATCH
    words = words_of(letter.rendition, packed)
    with transaction.atomic() if is_small else nullcontext():
        key = new_key()
        content = store_content(packed, key, new_id(), words=words)
        copy = Copy(content, key, letter, words)
        if is_small:
            copy.file_for(arrival.mailbox_ids)
        for one in onward:
            forwarding.pass_on(one, copy)
        if not is_small:
            copy.file_for(arrival.mailbox_ids)
        with transaction.atomic():
            _finish(arrival)


def put_off(arrival: Arrival, failure: Exception, *, now: datetime) -> None:
    """After a try that failed: try again later, or hold it for an operator.

    A key, a disk or a database that is away is not the message's fault: it waits for
    them as long as it takes. So with a worker whose key file is older than the keys.
    What is written down is the name of a class or a limit.
    """
    reason = failure.reason if isinstance(failure, ReadingFailed) else type(failure).__name__
    if is_of_retired_key(failure):
        reason, is_away = "this worker's key file has retired keys", True
    else:
        is_away = isinstance(failure, AWAY) and not isinstance(failure, FileNotFoundError)
    if is_away:
        wait, tries = timedelta(minutes=5), 0
    elif arrival.attempts >= settings.FILING_ATTEMPTS:
        _hold(arrival, reason, now)
        return
    else:
        wait, tries = arrival.attempts * timedelta(minutes=1), arrival.attempts
    logger.warning("arrival %s: %s, next try in %s", arrival.pk, reason, wait)
    Arrival.objects.filter(pk=arrival.pk).update(due_at=now + wait, attempts=tries)


def release(arrival: Arrival, *, now: datetime) -> None:
    """Try a held arrival again, at an operator's wish, as if for the first time."""
    changed = Arrival.objects.held().filter(pk=arrival.pk)
    if changed.update(due_at=now, attempts=0, held_at=None, held_reason=""):
        file_later(arrival)


def _hold(arrival: Arrival, reason: str, now: datetime) -> None:
    if arrival.test_letter is not None:
        logger.error("arrival %s to a test letter cannot be read: %s", arrival.pk, reason)
        with transaction.atomic():
            readiness.give_up(arrival.test_letter, arrival.received_at)
            _finish(arrival)
        return
    logger.error("arrival %s is held: %s", arrival.pk, reason)
    Arrival.objects.filter(pk=arrival.pk).update(due_at=None, held_at=now, held_reason=reason[:100])


def _open(arrival: Arrival) -> tuple[bytes, str]:
    """The message as it came, and its return path.

    Raises KeyMissing, SealBroken, or OSError where the file is away.
    """
    info = infos.for_arrival(arrival.pk)
    key = keyring.current().unseal_from(
        "ingest", arrival.ingest_key_id, bytes(arrival.sealed_key), info
    )
    envelope = records.open_record(
        bytes(arrival.sealed_envelope), key, purpose="arrival", binding=str(arrival.pk)
    )
    return load_content(arrival, key, arrival.pk), envelope["sender"]


def _finish(arrival: Arrival) -> None:
    """Forget what is filed: the row with the transaction, the file after it."""
    Arrival.objects.filter(pk=arrival.pk).delete()
    forget_file(arrival)
