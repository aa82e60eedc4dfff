"""Filing: 8 kB text with two worker processes, and a mix with newsletters beside it."""

from __future__ import annotations

import time

from django.utils import timezone

from bench import engines
from bench.measuring import Figure, at_least, median_ms
from bench.population import account, letter
from mailbox.inbound.arrivals import take_in
from mailbox.mime.sanitise import sanitise
from mailbox.models import Arrival, Mailbox
from mailbox.nudges import Bell

TEXTS, MIX = 1500, 300


def newsletter(number: int) -> bytes:
    """Return an HTML message of some 40 kB."""
    link = '<a href="https://news.test/a">ข่าวประชาสัมพันธ์ ประจำสัปดาห์</a>'
    cell = f'<tr><td style="padding:8px;color:#123456">{link} รายละเอียด</td></tr>'
    html = f"<html><body><table>{cell * 220}</table></body></html>"
    head = letter(300, number).split(b"\r\n\r\n")[0].replace(b"text/plain", b"text/html")
    return head + b"\r\n\r\n" + html.encode()


def _take_in(messages: list[bytes], mailboxes: list[Mailbox]) -> None:
    bell = Bell()  # rings as the LMTP door does
    for number, raw in enumerate(messages):
        box = mailboxes[number % len(mailboxes)]
        take_in(
            raw,
            sender="somchai@outside.test",
            mailboxes=[box.id],
            recipients=["x@bench.test"],
            options=[],
            now=timezone.now(),
            nudge=bell.file_later,
        )
    bell.stop()


def _drain() -> float:
    waiting = Arrival.objects.count()
    begun = time.perf_counter()
    while Arrival.objects.exists():
        if time.perf_counter() - begun > 300:
            raise RuntimeError(f"{Arrival.objects.count()} of {waiting} were never filed.")
        time.sleep(0.05)
    return waiting / (time.perf_counter() - begun)


def measure() -> list[Figure]:
    Arrival.objects.all().delete()
    boxes = [Mailbox.objects.get(account=account(f"filing{number}")) for number in range(20)]
    # The rows first, the workers after: what is measured is filing alone, not LMTP beside it.
    _take_in([letter(8192, number) for number in range(TEXTS)], boxes)
    workers = engines.spawn_workers("mail,urgent")
    while Arrival.objects.count() > TEXTS - 50:
        time.sleep(0.05)
    texts = _drain()
    _take_in([newsletter(n) if n % 10 == 0 else letter(8192, n) for n in range(MIX)], boxes)
    mix = _drain()
    workers.terminate()
    workers.wait(30)
    html = newsletter(0).split(b"\r\n\r\n", 1)[1].decode()
    share = median_ms(lambda: sanitise(html), times=10, warm=2)
    return [
        at_least("filed, 8 kB text, two worker processes", texts, "/s", 100),
        Figure("filed while arriving, 1 newsletter of 40 kB in 10", mix, "/s"),
        Figure("the sanitiser alone, one newsletter", share, "ms"),
    ]
