"""`manage.py keyholder [--once]`: what needs mailboxes' keys and no person to wait for it.

It keeps spare mailboxes ready for workers to give out (ADR 0012), and search indexes in order
(ADR 0020): between two looks at the spares a few seconds of work, while there is any.
"""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from accounts.models import ProvisioningJob
from mailbox.errors import KeyMissing
from mailbox.filing import spares
from mailbox.searching.segments.keeping import Keeper

logger = logging.getLogger(__name__)

# Seconds between two looks; a worker that finds no spare mailbox looks again after ten.
PAUSE = 2.0
# Seconds of work on indexes before it looks at the spares again.
TURN = 2.0
# Never more ahead than this, however many accounts are asked for.
MOST = 5_000


class Command(BaseCommand):
    help = "Make mailboxes for new accounts, keep search indexes in order. Needs the storage key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="fill up once and end")

    def handle(self, *args: Any, **options: Any) -> None:
        over = threading.Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: over.set())
        made = self._fill()
        self.stdout.write(f"Spare mailboxes: {made} made, {wanted()} are kept.")
        self.stdout.flush()  # whoever started us waits for this line
        keeper = Keeper(over.is_set)
        did = self._turn(keeper)
        while not options["once"] and not over.wait(0 if did else PAUSE):
            close_old_connections()
            did = 0
            try:
                self._fill()
                did = self._turn(keeper)
            except (OperationalError, InterfaceError) as failure:  # away, and comes back
                logger.warning("the keyholder waits: %s", type(failure).__name__)

    def _turn(self, keeper: Keeper) -> int:
        until = monotonic() + TURN
        return keeper.turn(now=timezone.now(), stop=lambda: monotonic() > until)

    def _fill(self) -> int:
        try:
            return spares.fill(wanted())
        except KeyMissing as error:
            raise CommandError("This needs a keyring with the storage key.") from error


def wanted() -> int:
    """How many should be ready: the usual stock, and one for each account in the queue."""
    waiting = ProvisioningJob.objects.filter(state=ProvisioningJob.State.WAITING).count()
    return int(min(MOST, settings.SPARE_MAILBOXES + waiting))
