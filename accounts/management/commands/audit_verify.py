"""`manage.py audit_verify`: prove that no administrative act was changed or removed (P11)."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.audit import chain, witness
from govmail_portal.errors import PortalError

# Beyond these the chain is not broken but lost; the first say where to look.
MOST_SENTENCES = 100


class Command(BaseCommand):
    help = "Verify the chain of audit events; name every one that was changed or is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--witness",
            type=Path,
            metavar="FILE",
            help="marks of earlier runs, kept on another machine: shows what was cut off the end;"
            " if all is whole, the newest mark is added",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["witness"]
        try:
            marks = witness.kept_in(file) if file else []
        except PortalError as error:
            raise CommandError(str(error)) from None
        # Taken before the walk: acts that are added meanwhile belong to the next run.
        newest = witness.newest()
        breaks = list(islice(chain.verify(), MOST_SENTENCES + 1)) + witness.missed_by(marks)
        for sentence in breaks[:MOST_SENTENCES]:
            self.stderr.write(sentence)
        if breaks:
            more = " or more" if len(breaks) > MOST_SENTENCES else ""
            raise CommandError(f"The audit is broken in {len(breaks)} places{more}.")
        if file:
            witness.keep_in(file, newest, now=timezone.now())
        self.stdout.write(f"The audit is whole: {newest.number} events. Mark: {newest}")
