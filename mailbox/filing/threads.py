"""Threads: which conversation of a mailbox a message belongs to.

By the Message-IDs it carries and names (RFC 5322 3.6.4), as keyed digests; the
subject decides only for an answer that names nothing we know (RFC 5256). A message
that names two conversations joins them. A conversation is bounded, so that no
sender can make one that is slow to open; what follows begins a new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from mailbox.mime.rendition import Rendition
from mailbox.mime.threading import base_subject
from mailbox.models import Thread
from mailbox.sealing import keyring, lookup

MOST_MESSAGES = 500
# Answers to letters name long chains; the first and the last ones find the conversation.
MOST_NAMES = 100
SUBJECT_COUNTS_FOR = timedelta(days=90)

_KNOWN = """
SELECT r.mailbox_id, r.thread_id
FROM unnest(%(boxes)s::uuid[], %(digests)s::bytea[]) AS named (mailbox_id, digest)
JOIN mailbox_messagereference r
  ON r.mailbox_id = ANY(%(boxes)s::uuid[])
 AND r.mailbox_id = named.mailbox_id AND r.digest = named.digest
"""
_SAME_SUBJECT = """
SELECT named.mailbox_id, t.id
FROM unnest(%(boxes)s::uuid[], %(digests)s::bytea[]) AS named (mailbox_id, digest)
CROSS JOIN LATERAL (
    SELECT id FROM mailbox_thread
    WHERE mailbox_id = ANY(%(boxes)s::uuid[])
      AND mailbox_id = named.mailbox_id AND subject_digest = named.digest
      AND latest_at >= %(since)s
    ORDER BY latest_at DESC LIMIT 1) t
"""
_SIZES = """
SELECT t.id, t.latest_at, (
    SELECT count(*) FROM mailbox_message m
    WHERE m.mailbox_id = t.mailbox_id AND m.mailbox_id = ANY(%(boxes)s::uuid[])
      AND m.thread_id = t.id)
FROM mailbox_thread t
WHERE t.mailbox_id = ANY(%(boxes)s::uuid[]) AND t.id = ANY(%(threads)s::uuid[])
"""
_NAME = """
INSERT INTO mailbox_messagereference (mailbox_id, digest, thread_id)
SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::uuid[])
ON CONFLICT (mailbox_id, digest) DO UPDATE SET thread_id = excluded.thread_id
WHERE mailbox_messagereference.thread_id <> excluded.thread_id
"""
_JOIN = """
WITH pairs AS (
    SELECT * FROM unnest(%(losers)s::uuid[], %(winners)s::uuid[]) AS p (loser, winner)
), moved AS (
    UPDATE mailbox_message m SET thread_id = p.winner FROM pairs p
    WHERE m.mailbox_id = ANY(%(boxes)s::uuid[]) AND m.thread_id = p.loser
), stuck AS (
    DELETE FROM mailbox_labelling l USING pairs p
    WHERE l.mailbox_id = ANY(%(boxes)s::uuid[]) AND l.thread_id = p.loser
    RETURNING l.mailbox_id, l.label_id, p.winner, l.latest_at
), labelled AS (
    INSERT INTO mailbox_labelling (id, mailbox_id, label_id, thread_id, latest_at)
    SELECT mailbox_new_id(), mailbox_id, label_id, winner, max(latest_at)
    FROM stuck GROUP BY mailbox_id, label_id, winner
    ON CONFLICT (thread_id, label_id, mailbox_id) DO NOTHING
), awake AS (
    DELETE FROM mailbox_snooze s USING pairs p
    WHERE s.mailbox_id = ANY(%(boxes)s::uuid[]) AND s.thread_id = p.loser
    RETURNING s.mailbox_id, p.winner, s.until, s.returns_to_id
), snoozed AS (
    INSERT INTO mailbox_snooze (mailbox_id, thread_id, until, returns_to_id)
    SELECT DISTINCT ON (winner) mailbox_id, winner, until, returns_to_id
    FROM awake ORDER BY winner, until
    ON CONFLICT (thread_id, mailbox_id) DO NOTHING
), muted AS (
    UPDATE mailbox_thread t SET is_muted = true FROM pairs p, mailbox_thread l
    WHERE t.mailbox_id = ANY(%(boxes)s::uuid[]) AND l.mailbox_id = ANY(%(boxes)s::uuid[])
      AND t.id = p.winner AND l.id = p.loser AND l.is_muted AND NOT t.is_muted
)
UPDATE mailbox_messagereference r SET thread_id = p.winner FROM pairs p
WHERE r.mailbox_id = ANY(%(boxes)s::uuid[]) AND r.thread_id = p.loser
"""


@dataclass(frozen=True)
class Ties:
    """What ties a message to a conversation. subject is empty where it may not decide."""

    names: tuple[str, ...]
    subject: str
    is_answer: bool

    @classmethod
    def of(cls, rendition: Rendition) -> Ties:
        named = (rendition.message_id, rendition.in_reply_to, *rendition.references)
        names = tuple(dict.fromkeys(name.strip("<> ") for name in named if name.strip("<> ")))
        if len(names) > MOST_NAMES:
            names = (*names[:3], *names[3 - MOST_NAMES :])
        subject = base_subject(rendition.subject)
        was_prefixed = subject.casefold() != " ".join(rendition.subject.split()).casefold()
        return cls(names, subject, bool(rendition.in_reply_to) or was_prefixed)


@dataclass
class Joined:
    """The conversation of each mailbox, and those that were joined to another."""

    threads: dict[UUID, UUID] = field(default_factory=dict)
    losers: list[UUID] = field(default_factory=list)


def thread_for(mailboxes: Sequence[UUID], ties: Ties, received_at: datetime) -> Joined:
    """Find or begin the conversation in each of these mailboxes, whose locks are held."""
    joined = Joined()
    names = [(box, _named(box, name)) for box in mailboxes for name in ties.names]
    candidates = _candidates(mailboxes, names, ties, received_at)
    sizes = _sizes({thread for found in candidates.values() for thread in found}, mailboxes)
    new: list[Thread] = []
    pairs: list[tuple[UUID, UUID]] = []
    for box in mailboxes:
        winner, losers = _choose(candidates.get(box, set()), sizes)
        if winner is None:
            begun = Thread(
                mailbox_id=box, subject_digest=_subject(box, ties), latest_at=received_at
            )
            new.append(begun)
            winner = begun.pk
        joined.threads[box] = winner
        pairs += [(loser, winner) for loser in losers]
    Thread.objects.bulk_create(new)
    _join(pairs, mailboxes)
    joined.losers = [loser for loser, _ in pairs]
    _name(names, joined.threads)
    return joined


def _named(mailbox: UUID, name: str) -> bytes:
    return lookup.digest(keyring.current().lookup_key, mailbox, "message-id", name)


def _subject(mailbox: UUID, ties: Ties) -> bytes | None:
    if not ties.subject:
        return None
    return lookup.digest(keyring.current().lookup_key, mailbox, "subject", ties.subject.casefold())


def _candidates(
    mailboxes: Sequence[UUID],
    names: Sequence[tuple[UUID, bytes]],
    ties: Ties,
    received_at: datetime,
) -> Mapping[UUID, set[UUID]]:
    """The conversations that the message names, or else one of the same subject."""
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        boxes, digests = [box for box, _ in names], [digest for _, digest in names]
        cursor.execute(_KNOWN, {"boxes": boxes, "digests": digests})
        for box, thread in cursor.fetchall():
            found[box].add(thread)
        rest = [box for box in mailboxes if box not in found]
        if rest and ties.is_answer and ties.subject:
            subjects = [_subject(box, ties) for box in rest]
            since = received_at - SUBJECT_COUNTS_FOR
            cursor.execute(_SAME_SUBJECT, {"boxes": rest, "digests": subjects, "since": since})
            for box, thread in cursor.fetchall():
                found[box].add(thread)
    return found


def _sizes(threads: set[UUID], mailboxes: Sequence[UUID]) -> dict[UUID, tuple[int, datetime]]:
    if not threads:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, {"threads": list(threads), "boxes": list(mailboxes)})
        return {thread: (size, latest_at) for thread, latest_at, size in cursor.fetchall()}


def _choose(
    found: set[UUID], sizes: Mapping[UUID, tuple[int, datetime]]
) -> tuple[UUID | None, list[UUID]]:
    """The conversation to join, and those to be joined to it; None: begin a new one."""
    largest_first = sorted(found, key=lambda thread: (sizes[thread][0], thread), reverse=True)
    if sum(sizes[thread][0] for thread in found) < MOST_MESSAGES:
        return (largest_first[0], largest_first[1:]) if found else (None, [])
    roomy = [thread for thread in found if sizes[thread][0] < MOST_MESSAGES]
    return max(roomy, key=lambda thread: sizes[thread][1], default=None), []


def _join(pairs: Sequence[tuple[UUID, UUID]], mailboxes: Sequence[UUID]) -> None:
    if pairs:
        losers, winners = [loser for loser, _ in pairs], [winner for _, winner in pairs]
        with connection.cursor() as cursor:
            cursor.execute(_JOIN, {"losers": losers, "winners": winners, "boxes": list(mailboxes)})


def _name(names: Sequence[tuple[UUID, bytes]], threads: Mapping[UUID, UUID]) -> None:
    """Remember under which names each conversation is known from now on."""
    if names:
        boxes, digests = [box for box, _ in names], [digest for _, digest in names]
        with connection.cursor() as cursor:
            cursor.execute(_NAME, [boxes, digests, [threads[box] for box in boxes]])
