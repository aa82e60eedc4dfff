"""The relay against smtp-sink: rates beside a bare client's and Postfix's, latency, memory.

Workers run as in production, Celery and all. Everything is measured in the same minutes as its
limit: `smtplib` in a loop over one connection, and Postfix with its durable queue.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accounts.models import Account, Agency, AgencyDomain
from bench import engines
from bench.measuring import Figure, at_least, at_most
from bench.population import account
from bench.relay import postfix
from bench.relay.letters import Writer, gateway_of
from bench.relay.sinks import Listener, bare_rate, smtp_sink
from mailbox.models import Delivery, Gateway, Lane, SigningKey, Submission
from mailbox.nudges import relay_line_later
from mailbox.outbound.domains import keys

SECONDS = float(os.environ.get("BENCH_RELAY_SECONDS", "6"))
LETTERS = int(os.environ.get("BENCH_RELAY_LETTERS", "6000"))
BACKLOG = int(os.environ.get("BENCH_RELAY_BACKLOG", "100000"))
URGENT = 40
_FAR = timedelta(days=1)


def measure() -> list[Figure]:
    author = account("author")
    with smtp_sink() as port:
        gateway_of(author.agency, port)
        figures = _latency_when_idle(author)
        figures += _rates(author, port)
        figures += _with_a_backlog(author, port)
    return figures


# --- Rates --------------------------------------------------------------------


def _rates(author: Account, port: int) -> list[Figure]:
    """Bare, ours, bare again, ours signed, bare again: noise meets all alike."""
    bare = [bare_rate(port, SECONDS)]
    plain = _relayed(author, LETTERS)
    bare.append(bare_rate(port, SECONDS))
    _sign_for(author)
    signed = _relayed(author, LETTERS)
    bare.append(bare_rate(port, SECONDS))
    limit = statistics.mean(bare)
    figures = [
        Figure("limit: smtplib, one connection, 8 kB", limit, "/s"),
        Figure("relay, DKIM off", plain, "/s"),
        at_least("relay, DKIM off, of the bare client", plain / limit, "ratio", 0.6),
        Figure("relay, RSA-2048", signed, "/s"),
        at_least("relay, RSA-2048, of the bare client", signed / limit, "ratio", 0.4),
    ]
    queue = postfix.rate(port)
    if queue is not None:
        figures += [
            Figure("peer: Postfix with its durable queue", queue, "/s"),
            at_least("relay, DKIM off, of Postfix", plain / queue, "ratio", 1.0),
        ]
    return figures


def _relayed(author: Account, count: int) -> float:
    """Letters a second from the first nudge until nothing is owed; four worker processes."""
    Writer(author).write(count, due_at=timezone.now() + _FAR)
    with _workers("mail,urgent", 4):
        _wait_until_idle(author)
        now = timezone.now()
        owed = Submission.objects.filter(due_at__isnull=False)
        Delivery.objects.filter(submission__in=owed).update(due_at=now)
        owed.update(due_at=now)
        begun = time.perf_counter()
        relay_line_later(Lane.ORDINARY, author.agency_id)
        _wait_for_none(Lane.ORDINARY, author.agency)
        taken = time.perf_counter() - begun
    states = set(Delivery.objects.values_list("state", flat=True))
    if states != {Delivery.State.RELAYED}:
        raise RuntimeError(f"Not everything left: {states}.")
    return count / taken


def _sign_for(author: Account) -> None:
    """Give the author's domain an RSA key, as if its record had been seen in DNS."""
    domain, now = AgencyDomain.objects.get(agency=author.agency), timezone.now()
    keys.make(domain, SigningKey.Algorithm.RSA, by=None, now=now)
    SigningKey.objects.update(state=SigningKey.State.ACTIVE, active_from=now)


# --- Latency --------------------------------------------------------------------


def _latency_when_idle(author: Account) -> list[Figure]:
    """From the moment a letter is posted to the moment the gateway has it."""
    listener = Listener()
    gateway_of(author.agency, listener.port)
    Gateway.objects.filter(agency=author.agency).exclude(port=listener.port).update(
        is_enabled=False
    )
    with _workers("mail,urgent", 2):
        _wait_until_idle(author)
        taken = _times(author, listener, 30, Lane.ORDINARY)
    Gateway.objects.filter(port=listener.port).delete()
    Gateway.objects.update(is_enabled=True)
    listener.close()
    return [at_most("submit to gateway, idle, p50", statistics.median(taken), "ms", 150)]


def _times(author: Account, listener: Listener, count: int, lane: Lane) -> list[float]:
    """Post letters one by one; milliseconds until each was taken."""
    found = []
    for number in range(count):
        writer = Writer(author)
        listener.came.clear()
        begun = time.perf_counter()
        writer.write(1, due_at=timezone.now(), lane=lane)
        relay_line_later(lane, author.agency_id)
        while not listener.came:
            if time.perf_counter() - begun > 60:
                raise RuntimeError(f"Letter {number} never came.")
            time.sleep(0.001)
        found.append((next(iter(listener.came.values())) - begun) * 1000)
        time.sleep(0.05)
    return found


def _with_a_backlog(author: Account, port: int) -> list[Figure]:
    """Another agency's urgent letters while one has a hundred thousand; a worker's memory."""
    Writer(author, shares=True).write(BACKLOG, due_at=timezone.now() + _FAR)
    other = _somebody_else()
    listener = Listener()
    gateway_of(other.agency, listener.port)
    with _workers("mail,urgent", 2), _workers("urgent", 1, "urgent"):
        _wait_until_idle(author)
        now = timezone.now()
        Delivery.objects.filter(due_at__gt=now).update(due_at=now)
        Submission.objects.filter(due_at__gt=now).update(due_at=now)
        relay_line_later(Lane.ORDINARY, author.agency_id)
        _wait_for_relayed(LETTERS * 2 + BACKLOG // 50)
        before = _memory()
        taken = _times(other, listener, URGENT, Lane.URGENT)
        ordinary = _times(other, listener, URGENT // 2, Lane.ORDINARY)
        left = Submission.objects.filter(due_at__isnull=False).count()
        _wait_for_relayed(min(50_000, BACKLOG // 2))
        after = _memory()
    listener.close()
    worst = sorted(taken)[int(len(taken) * 0.95) - 1]
    return [
        Figure("backlog of another agency, left at the end of the next line", left, "letters"),
        at_most("urgent letter, with that backlog, p95", worst, "ms", 2000),
        Figure("ordinary letter, with that backlog, p50", statistics.median(ordinary), "ms"),
        Figure("memory of the largest worker, early", before, "MiB"),
        at_most("memory of the largest worker, 50,000 later, growth", after - before, "MiB", 10),
    ]


def _somebody_else() -> Account:
    agency = Agency.objects.create(name_th="กองอื่น", letter_code="กอ", state=Agency.State.LIVE)
    AgencyDomain.objects.create(domain="other.test", agency=agency)
    other = account("other")
    Account.objects.filter(pk=other.pk).update(agency=agency)
    other.refresh_from_db()
    return other


# --- Workers --------------------------------------------------------------------


@contextmanager
def _workers(queues: str, count: int, name: str = "bench") -> Iterator[subprocess.Popen[bytes]]:
    os.environ["RELAY_PROCESSES"] = str(count)
    process = engines.spawn_workers(queues, count, name)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _wait_until_idle(author: Account) -> None:
    """Until a worker has heard a nudge: an urgent one, so that those for it are up as well."""
    from django.core.cache import cache

    for lane in (Lane.ORDINARY, Lane.URGENT):
        relay_line_later(lane, author.agency_id)
        while cache.get(f"relay-line:{lane}:{author.agency_id}"):
            time.sleep(0.05)
    time.sleep(1.0)


def _wait_for_none(lane: Lane, agency: Agency) -> None:
    owed = Submission.objects.filter(lane=lane, agency=agency, due_at__isnull=False)
    while owed.exists():
        time.sleep(0.02)


def _wait_for_relayed(count: int) -> None:
    """Until so many letters more are through, or all."""
    owed = Submission.objects.filter(due_at__isnull=False)
    target = owed.count() - count
    while owed.count() > max(target, 0):
        time.sleep(0.5)


def _memory() -> float:
    """Resident memory of the largest worker process, in MiB."""
    sizes = [0]
    for status in Path("/proc").glob("[0-9]*/statm"):
        try:
            command = (status.parent / "cmdline").read_bytes()
            if b"celery" in command and os.environ["VAR_DIR"].encode() in _environment(status):
                sizes.append(int(status.read_text().split()[1]))
        except OSError:
            continue
    return max(sizes) * resource.getpagesize() / 2**20


def _environment(status: Path) -> bytes:
    return (status.parent / "environ").read_bytes()
