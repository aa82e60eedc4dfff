"""LMTP to 250: 8 kB, four connections, into small mailboxes and into one of 100,000 messages."""

from __future__ import annotations

import os
import smtplib
import socket
import sys
import threading
import time

from bench import engines
from bench.measuring import Figure, at_least
from bench.population import account, fill, letter
from mailbox.models import Arrival, Mailbox

SECONDS = 10.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("lmtpd did not open its port.")


def deliver(port: int, recipients: list[str], seconds: float = SECONDS) -> float:
    """Return messages a second that got their 250, one connection a recipient."""
    taken: list[int] = []

    def one(recipient: str) -> None:
        client = smtplib.LMTP("127.0.0.1", port, timeout=60)
        client.ehlo("bench.test")
        messages = [letter(8192, number, recipient) for number in range(50)]
        count, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            client.sendmail("somchai@outside.test", [recipient], messages[count % 50])
            count += 1
        taken.append(count)
        client.quit()

    threads = [threading.Thread(target=one, args=(recipient,)) for recipient in recipients]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken) / (time.perf_counter() - begun)


def measure() -> list[Figure]:
    port = _free_port()
    os.environ["LMTP_PORT"] = str(port)
    small = [account(f"lmtp{number}").address for number in range(4)]
    large = account("lmtplarge")
    fill(Mailbox.objects.get(account=large), 100_000)
    door = engines.spawn(sys.executable, "manage.py", "lmtpd", role="lmtp")
    _wait_for(port)
    try:
        deliver(port, small, 2.0)
        four = deliver(port, small)
        one = deliver(port, [large.address] * 4)
    finally:
        door.terminate()
        door.wait(20)
    kept = Arrival.objects.count()
    return [
        at_least("LMTP to 250, 8 kB, 4 connections, 4 small mailboxes", four, "/s", 400),
        at_least("LMTP to 250, 8 kB, 4 connections, 1 mailbox of 100,000", one, "/s", 400),
        Figure("arrivals kept by the end", kept, "rows"),
    ]
