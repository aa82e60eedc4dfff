"""What commands that walk over everything have in common: arguments, and a word now and then."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from uuid import UUID

from django.core.management.base import CommandError

from mailbox.inspecting import counters
from mailbox.models import MailboxAddress

_EVERY = 10.0


class _Writes(Protocol):
    def write(self, msg: str) -> object: ...


class Progress:
    """Says every ten seconds how far a walk has come, and where to go on (`--after`)."""

    def __init__(self, out: _Writes, what: str) -> None:
        self._out, self._what = out, what
        self._said_at = time.monotonic()
        self.done = 0
        self.last = ""

    def step(self, last: UUID | str, many: int = 1) -> None:
        """So many more are done, the last of them this one."""
        self.done += many
        self.last = str(last)
        if time.monotonic() - self._said_at >= _EVERY:
            self._said_at = time.monotonic()
            self._out.write(f"{self.done:,} {self._what}; after {self.last}")


def takes_mailboxes(parser: ArgumentParser) -> None:
    """ADDRESS, --after ID, --json."""
    parser.add_argument("address", nargs="*", help="only the mailboxes of these addresses")
    parser.add_argument("--after", type=UUID, metavar="ID", help="go on behind this mailbox")
    takes_json(parser)


def takes_json(parser: ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")


def takes_carry_out(parser: ArgumentParser) -> None:
    """--carry-out, without which nothing is changed; --dry-run says so."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--dry-run", action="store_true", help="change nothing (the default)")
    which.add_argument("--carry-out", action="store_true", help="change it")


def chosen_mailboxes(options: Mapping[str, Any]) -> Iterator[UUID]:
    """The mailboxes a command was given, or all; CommandError for an address nobody has."""
    addresses = [each.lower() for each in options["address"]]
    if not addresses:
        return counters.mailboxes(options["after"])
    found = MailboxAddress.objects.filter(address__in=addresses)
    boxes = sorted(set(found.values_list("mailbox", flat=True)))
    if len(found) != len(set(addresses)):
        raise CommandError("One of these addresses leads to no mailbox; nothing was done.")
    return iter(boxes)
