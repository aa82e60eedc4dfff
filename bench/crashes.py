"""kill -9 of worker and LMTP at random during 500 deliveries: lost, and shown twice.

The whole portal runs as `make run` starts it. A sender hands over messages one by
one and repeats each until it is answered 250, as an MTA does; meanwhile the LMTP
door and the worker are killed at random moments and the supervisor starts them
again. Then every message that was answered 250 is looked for in the mailbox.
"""

from __future__ import annotations

import os
import random
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg

from bench.measuring import Figure, at_most
from govmail_portal.running import Portal, Ports

MESSAGES = 500
PATIENCE = 300.0
# Slow enough that both are killed several times before the last message.
PAUSE = 0.1


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="govmail-crashes-"))
    # A worker killed with an arrival in hand holds its lease: a minute, so that we see the end.
    portal = Portal(folder / "var", Ports.free(), {"FILING_LEASE_MINUTES": "1"})
    portal.start()
    try:
        portal.wait_ready(120)
        return _trial(portal)
    finally:
        portal.stop()


def _trial(portal: Portal) -> list[Figure]:
    recipient = _somebody(portal)
    over = threading.Event()
    killed: Counter[str] = Counter()
    killer = threading.Thread(target=_kill, args=(portal, over, killed))
    killer.start()
    begun = time.perf_counter()
    repeated = 0
    for number in range(MESSAGES):
        repeated += _hand_over(portal.ports.lmtp, number, recipient)
        time.sleep(PAUSE)
    handed = time.perf_counter() - begun
    over.set()
    killer.join()
    if not (killed["lmtpd"] and killed["worker"]):
        raise RuntimeError(f"Nothing was tried: {dict(killed)}.")
    shown = _wait_for_all(portal)
    lost = [number for number in range(MESSAGES) if shown[_subject(number)] == 0]
    twice = [subject for subject, count in shown.items() if count > 1]
    return [
        Figure("messages answered with 250", MESSAGES, "messages"),
        Figure("kill -9 of lmtpd", killed["lmtpd"], "times"),
        Figure("kill -9 of worker", killed["worker"], "times"),
        Figure("handed over again after a broken connection", repeated, "times"),
        Figure("time to hand over all", handed, "s"),
        at_most("lost", len(lost), "messages", 0),
        at_most("shown twice", len(twice), "messages", 0),
    ]


def _somebody(portal: Portal) -> str:
    rows = _query(portal, "SELECT address FROM accounts_account WHERE state = 'active'")
    return str(rows[0][0])


def _subject(number: int) -> str:
    return f"crash {number:04d}"


def _hand_over(port: int, number: int, recipient: str) -> int:
    """Repeat one message until its 250; return how often it had to be repeated."""
    raw = (
        f"From: a@outside.test\r\nTo: {recipient}\r\nSubject: {_subject(number)}\r\n"
        f"Message-ID: <crash-{number}@outside.test>\r\n\r\n" + "text of a letter\r\n" * 200
    ).encode()
    tries = 0
    while True:
        try:
            with smtplib.LMTP("127.0.0.1", port, timeout=20) as client:
                client.sendmail("a@outside.test", [recipient], raw)
        except (smtplib.SMTPException, OSError):
            tries += 1
            time.sleep(0.1)
        else:
            return tries


def _kill(portal: Portal, over: threading.Event, killed: Counter[str]) -> None:
    # The same moments in every run would prove little; the seed is not fixed on purpose.
    while not over.wait(random.uniform(2.0, 6.0)):  # noqa: S311  # no secret
        name = random.choice(["lmtpd", "worker"])  # noqa: S311  # no secret
        try:
            os.killpg(portal.pid_of(name), signal.SIGKILL)
        except (KeyError, ProcessLookupError):
            continue  # it is being started again just now
        killed[name] += 1


def _wait_for_all(portal: Portal) -> Counter[str]:
    """Wait until nothing is owed; return how often each subject is shown."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not _query(portal, "SELECT 1 FROM mailbox_arrival WHERE due_at IS NOT NULL LIMIT 1"):
            break
        time.sleep(1)
    return _subjects(portal)


def _subjects(portal: Portal) -> Counter[str]:
    """Open every summary with the web tier's keys, in a process that has them."""
    code = (
        "import django; django.setup()\n"
        "from mailbox.models import Message\n"
        "from mailbox.opening import mailbox_key, open_summary\n"
        "for m in Message.objects.select_related('mailbox', 'content').iterator():\n"
        "    print(open_summary(m, mailbox_key(m.mailbox)).subject)\n"
    )
    environment = portal.environment | {"KEYRING_FILE": str(portal.var / "keys" / "web.json")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return Counter(line for line in done.stdout.splitlines() if line.startswith("crash "))


def _query(portal: Portal, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(portal.environment["DATABASE_URL"]) as connection:
        return connection.execute(sql).fetchall()
