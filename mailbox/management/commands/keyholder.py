"""Keep spare mailboxes ready for workers to give out: `manage.py keyholder [--once]` (ADR 0012)."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, close_old_connections

from accounts.models import ProvisioningJob
from mailbox.errors import KeyMissing
from mailbox.filing import spares

logger = logging.getLogger(__name__)

# Seconds between two looks; a worker that finds no spare mailbox looks again after ten.
PAUSE = 2.0
# Never more ahead than this, however many accounts are asked for.
MOST = 5_000


class Command(BaseCommand):
    help = "Make mailboxes ready for new accounts, until SIGTERM. Needs the storage key."

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
        while not options["once"] and not over.wait(PAUSE):
            close_old_connections()
            try:
                self._fill()
            except (OperationalError, InterfaceError) as failure:  # away, and comes back
                logger.warning("no spare mailboxes made: %s", type(failure).__name__)

    def _fill(self) -> int:
        try:
            return spares.fill(wanted())
        except KeyMissing as error:
            raise CommandError("This needs a keyring with the storage key.") from error


def wanted() -> int:
    """How many should be ready: the usual stock, and one for each account in the queue."""
    waiting = ProvisioningJob.objects.filter(state=ProvisioningJob.State.WAITING).count()
    return int(min(MOST, settings.SPARE_MAILBOXES + waiting))
