"""The demo's DNS: knows the records of the demo's signing keys, so that nobody else is asked.

A key that is made in a demo is "pasted" two minutes later, as by the agency's people; the one
that shows what waiting looks like never is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django.utils import timezone
from dns import exception, flags, message, rcode, rdatatype, rrset

from mailbox.demo.people import TOP_LEVEL
from mailbox.demo.relaying.keys import WAITING
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns as records

PASTED_AFTER = timedelta(minutes=2)
# What a TXT record says by its name in lower case, without a dot at the end; None: no such name.
Find = Callable[[str], str | None]


def record_at(name: str) -> str | None:
    """The record of a key of the demo, once it has been pasted."""
    selector, _, domain = name.partition("._domainkey.")
    if domain == f"{WAITING}.{TOP_LEVEL}":
        return None
    key = SigningKey.objects.filter(
        selector=selector, domain__domain=domain, created_at__lte=timezone.now() - PASTED_AFTER
    ).first()
    return None if key is None else records.record_of(key)


def answered(question: bytes, find: Find) -> bytes | None:
    """The answer to a question as it came (RFC 1035); None where it is none."""
    try:
        asked = message.from_wire(question)
        (what,) = asked.question
    except (exception.DNSException, ValueError):
        return None
    answer = message.make_response(asked)
    answer.flags |= flags.RA
    text = find(what.name.to_text(omit_final_dot=True).lower())
    if text is None:
        answer.set_rcode(rcode.NXDOMAIN)
    elif what.rdtype == rdatatype.TXT:
        # A string of a TXT record has at most 255 octets.
        strings = [f'"{text[start : start + 250]}"' for start in range(0, len(text), 250)]
        answer.answer.append(rrset.from_text(what.name, 60, "IN", "TXT", " ".join(strings)))
    return answer.to_wire()


class _Door(asyncio.DatagramProtocol):
    def __init__(self, find: Find) -> None:
        self._find = find
        self._under_way: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own transport is one, and does not say so.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(data, addr))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        if (answer := await asyncio.to_thread(answered, data, self._find)) is not None:
            self._transport.sendto(answer, addr)


async def listen(host: str, port: int, find: Find) -> asyncio.BaseTransport:
    """Answer on a UDP port until what is returned is closed; OSError where it is taken."""
    loop = asyncio.get_running_loop()
    made, _ = await loop.create_datagram_endpoint(lambda: _Door(find), local_addr=(host, port))
    return made
