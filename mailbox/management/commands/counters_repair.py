"""`manage.py counters_repair`: put counters right; without `--carry-out` only says which."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from mailbox.inspecting import counters
from mailbox.management.progress import (
    Progress,
    chosen_mailboxes,
    takes_carry_out,
    takes_mailboxes,
)


class Command(BaseCommand):
    help = "Counts again what is kept beside the rows, and puts it right, while mail flows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        takes_mailboxes(parser)
        takes_carry_out(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr, "mailboxes")
        rows: Counter[str] = Counter()
        for box in chosen_mailboxes(options):
            wrong = counters.drifts(box)
            for drift in wrong:
                self.stderr.write(str(drift))
            if wrong and options["carry_out"]:
                rows.update(counters.mend(box, now=timezone.now()))
            else:
                rows.update(drift.kind for drift in wrong)
            progress.step(box)
        did = "Mended" if options["carry_out"] else "Would mend"
        if options["json"]:
            told = {"mailboxes": progress.done, "rows": dict(rows), "last": progress.last}
            self.stdout.write(json.dumps(told | {"carried_out": bool(options["carry_out"])}))
        else:
            self.stdout.write(f"{did} {rows.total()} rows of {progress.done} mailboxes.")
