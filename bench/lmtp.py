"""LMTP to 250: 8 kB, four connections, into small mailboxes and into one of 100,000 messages.

And beside a bare aiosmtpd that discards, and Dovecot, in the same run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import threading
import time

from bench import engines
from bench.measuring import Figure, at_least
from bench.peers import dovecot
from bench.population import account, fill, letter
from mailbox.models import Arrival, Mailbox

SECONDS = 10.0
ROUNDS, MESSAGES = 3, 1_500


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(1_200):
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


def _pushed(port: int, recipient: str, count: int) -> float:
    """Return messages a second taken from Postfix's own load generator, on four connections.

    A client in C: one in Python would be the limit itself, and every server equal to it.
    """
    command = ["smtp-source", "-L", "-d", "-s", "4", "-l", "8192", "-m", str(count)]
    command += ["-f", "somchai@outside.test", "-t", recipient, f"inet:127.0.0.1:{port}"]
    begun = time.perf_counter()
    subprocess.run(command, check=True)
    return count / (time.perf_counter() - begun)


def against_peers(port: int, recipient: str) -> list[Figure]:
    """Ours, a bare aiosmtpd that discards, and Dovecot's LMTP, in turn, in the same minute."""
    if shutil.which("smtp-source") is None:
        return []
    with contextlib.ExitStack() as servers:
        bare = _free_port()
        process = engines.spawn(
            sys.executable, "-m", "bench.peers.bare_lmtp", str(bare), role="web"
        )
        servers.callback(process.kill)
        ports = {"ours": port, "bare": bare}
        if dovecot.is_here():
            ports["dovecot"] = _free_port()
            servers.enter_context(dovecot.running(ports["dovecot"]))
        rates: dict[str, list[float]] = {name: [] for name in ports}
        for name in ports:
            _wait_for(ports[name])
            _pushed(ports[name], recipient, 100)
        for _ in range(ROUNDS):
            for name, at in ports.items():
                rates[name].append(_pushed(at, recipient, MESSAGES))
    median = {name: statistics.median(taken) for name, taken in rates.items()}
    figures = [
        Figure("LMTP to 250, 8 kB, smtp-source, 4 connections", median["ours"], "/s"),
        Figure("  bare aiosmtpd that discards", median["bare"], "/s"),
        at_least("  ours as a share of it", median["ours"] / median["bare"], "", 0.4),
    ]
    if "dovecot" in median:
        figures += [
            Figure("  Dovecot's LMTP, Maildir", median["dovecot"], "/s"),
            at_least("  ours as a share of it", median["ours"] / median["dovecot"], "", 1.0),
        ]
    return figures


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
        compared = against_peers(port, small[0])
    finally:
        door.terminate()
        door.wait(20)
    kept = Arrival.objects.count()
    return [
        at_least("LMTP to 250, 8 kB, 4 connections, 4 small mailboxes", four, "/s", 400),
        at_least("LMTP to 250, 8 kB, 4 connections, 1 mailbox of 100,000", one, "/s", 400),
        *compared,
        Figure("arrivals kept by the end", kept, "rows"),
    ]
