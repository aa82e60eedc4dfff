"""`manage.py rebuild_index`: build the search index of mailboxes anew; say how far each is.

Says ids of mailboxes and figures; never what is in them. Killed, it goes on where it was.
"""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from time import monotonic
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from govmail_portal.errors import PortalError
from mailbox.models import Mailbox, MailboxAddress
from mailbox.opening import mailbox_key
from mailbox.sealing import keyring
from mailbox.searching.segments import rebuilding
from mailbox.searching.segments.merging import Overtaken
from mailbox.searching.segments.rebuilding import MailboxGone, Progress, Stopped
from mailbox.searching.segments.state import state_of

# Seconds between two lines about one mailbox.
EVERY = 5.0
_AWAY = "The database or the disk is away or full; what was built stays."


class Command(BaseCommand):
    help = "Build mailboxes' search indexes anew, while mail flows. Needs web.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("address", nargs="*", default=[], help="of these mailboxes")
        which.add_argument("--all", action="store_true", help="of every mailbox")
        parser.add_argument("--after", type=UUID, metavar="ID", help="go on behind this mailbox")
        parser.add_argument("--missing", action="store_true", help="only where none is in use")
        parser.add_argument("--batch", type=int, default=rebuilding.BATCH, metavar="MESSAGES")
        deed = parser.add_mutually_exclusive_group()
        deed.add_argument("--status", action="store_true", help="say how far each is, and end")
        deed.add_argument("--dry-run", action="store_true", help="say what would be built")

    def handle(self, *args: Any, **options: Any) -> None:
        boxes = _chosen(options)
        if options["status"] or options["dry_run"]:
            for box in boxes:
                self._tell(box, is_dry=options["dry_run"])
            return
        if not keyring.current().opens("storage"):
            raise CommandError(
                "This needs a keyring with the storage key: set KEYRING_FILE to web.json."
            )
        over = threading.Event()
        before = {
            number: signal.signal(number, lambda *_: over.set())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            failed = self._build_all(boxes, over, options["batch"])
        finally:
            for number, was in before.items():
                signal.signal(number, was)
        if failed:
            raise CommandError(f"{failed} mailboxes were not built; the lines above say why.")

    def _build_all(self, boxes: Iterator[Mailbox], over: threading.Event, batch: int) -> int:
        """Build one after the other; how many failed. Each failure is that mailbox's alone."""
        failed, last = 0, UUID(int=0)
        for box in boxes:
            failed += not self._build(box, over, batch)
            if over.is_set():
                raise CommandError(f"Stopped. To go on: the same again, --after {last}.")
            last = box.pk
        return failed

    def _build(self, box: Mailbox, over: threading.Event, batch: int) -> bool:
        """Build one; False where it failed. A line says what came of it."""
        try:
            figure = self._watch(box, over, batch)
        except Stopped:
            return True
        except Overtaken:
            self._say(box, "another process is building it, and goes on.")
            return True
        except MailboxGone as failure:
            self._say(box, str(failure))
            return True
        except (PortalError, OSError, DatabaseError) as failure:
            why = str(failure) if isinstance(failure, PortalError) else _AWAY
            self._say(box, f"not built: {why} ({type(failure).__name__})")
            return False
        partial = f", {figure.partial} of them without all their words" if figure.partial else ""
        self._say(box, f"built, {figure.done} messages{partial}.")
        return True

    def _watch(self, box: Mailbox, over: threading.Event, batch: int) -> Progress:
        """Build one, with a line now and then; its last figure."""
        begun = said = monotonic()
        figure, start = Progress(0, 0), None
        for figure in rebuilding.rebuild(box, mailbox_key(box), batch=batch, is_over=over.is_set):
            start = figure.done if start is None else start
            if monotonic() - said >= EVERY:
                said = monotonic()
                self._say(box, _line(figure, (figure.done - start) / (said - begun)))
            if over.is_set():
                raise Stopped
        return figure

    def _tell(self, box: Mailbox, *, is_dry: bool) -> None:
        state = state_of(box)
        if state.is_building:
            line = f"being built, {state.indexed} of {state.total} messages ({state.percent} %)"
        elif state.is_damaged:
            line = "DAMAGED, a keyholder builds it anew"
        elif state.is_outdated:
            line = "of an older version, a keyholder builds it anew"
        elif state.is_ready:
            line = f"in use, {state.indexed} messages"
        else:
            line = "none yet"
        line += f"; {state.unfolded} wait to be folded"
        line += f", {state.partial} not with all their words" if state.partial else ""
        self._say(box, line + ("; would be built anew." if is_dry else "."))

    def _say(self, box: Mailbox, line: str) -> None:
        self.stdout.write(f"{box.pk}: {line}")
        self.stdout.flush()


def _chosen(options: dict[str, Any]) -> Iterator[Mailbox]:
    """The mailboxes a command was given, in the order of their ids; shredded ones never."""
    addresses = [each.lower() for each in options["address"]]
    rows = Mailbox.objects.exclude(sealed_private_key=b"").filter(is_spare=False).order_by("pk")
    if options["after"]:
        rows = rows.filter(pk__gt=options["after"])
    if addresses:
        found = MailboxAddress.objects.filter(address__in=addresses)
        if len(found) != len(set(addresses)):
            raise CommandError("One of these addresses leads to no mailbox; nothing was done.")
        rows = rows.filter(pk__in=found.values("mailbox"))
    # Ids first: building takes hours, and no statement stays open so long.
    for pk in list(rows.values_list("pk", flat=True)):
        box = Mailbox.objects.filter(pk=pk).first()
        if box is not None and not (options["missing"] and _is_well(box)):
            yield box


def _is_well(box: Mailbox) -> bool:
    state = state_of(box)
    return state.is_ready and not state.is_building


def _line(figure: Progress, rate: float) -> str:
    done = f"{figure.done} of {figure.total} messages ({figure.percent} %)"
    if not rate:
        return f"{done}."
    left = max(0, figure.total - figure.done) / rate
    return f"{done}, {rate:.0f} a second, about {left / 60:.0f} min left."
