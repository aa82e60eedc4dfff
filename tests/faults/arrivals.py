"""Arrivals: an MTA that hands a letter over until it hears 250, and what lies in the mailbox."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from mailbox import opening
from mailbox.models import Arrival, Mailbox, Message
from tests.faults.counting import Row
from tests.faults.plant import Plant
from tests.mailbox.door import Caller
from tests.mailbox.post import raw_letter

BRUNO = "bruno@transport.example"
# What cannot be pressed is kept in a file, not in the row.
LARGE = "\r\n".join(os.urandom(30).hex() for _ in range(4_000))


def letter(name: str, *, is_large: bool = False) -> bytes:
    """A letter of Dara's; large ones are kept in a file, small ones in the row."""
    return raw_letter(name=f"{name}@elsewhere.example", body=LARGE if is_large else "เรียน ทุกท่าน")


def hand_over(port: Callable[[], int], raw: bytes, over: threading.Event | None = None) -> int:
    """Offer a letter until every answer is 250, as an MTA does; return how often it was offered."""
    tries = 0
    while True:
        tries += 1
        if _is_taken(port(), raw):
            return tries
        assert tries < 2_000 and not (over and over.is_set()), "nobody takes the letter"
        threading.Event().wait(0.05)


def _is_taken(port: int, raw: bytes) -> bool:
    try:
        caller = Caller(port)
    except OSError:
        return False
    try:
        caller.hello()
        return [reply[:3] for reply in caller.deliver(raw, BRUNO)] == ["250"]
    except (OSError, AssertionError):
        return False
    finally:
        caller.close()


def names_in(mailbox: Mailbox) -> Counter[str]:
    """How often each Message-ID is in a mailbox, as its reader sees it."""
    private_key = opening.mailbox_key(mailbox)
    messages = Message.objects.filter(mailbox=mailbox, is_own=False)
    renditions = [
        opening.open_rendition(message, private_key)
        for message in messages.select_related("content", "mailbox")
    ]
    return Counter(
        one.message_id.strip("<>").partition("@")[0]
        for one in renditions
        if one.message_id.strip("<>").endswith("@elsewhere.example")
    )


def are_filed() -> bool:
    return not Arrival.objects.exists()


def settle_arrivals(plant: Plant) -> None:
    plant.until(are_filed, "arrivals are never filed", revive=True)


def count_arrivals(fault: str, answered: Sequence[str], mailbox: Mailbox, sees: str = "") -> Row:
    """Of the names that were answered 250: how many are lost, or shown twice."""
    shown = names_in(mailbox)
    assert set(shown) <= set(answered), "what nobody sent"
    return Row(
        fault,
        messages=len(answered),
        relayed=sum(1 for name in answered if shown[name]),
        deferred=0,
        failed=0,
        lost=sum(1 for name in answered if not shown[name]),
        duplicates=sum(shown[name] - 1 for name in answered if shown[name]),
        unknown=0,
        sees=sees,
    )
