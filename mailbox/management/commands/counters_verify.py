"""`manage.py counters_verify`: count again what is kept beside the rows; changes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mailbox.inspecting import counters
from mailbox.management.progress import Progress, chosen_mailboxes, takes_mailboxes


class Command(BaseCommand):
    help = "Counts again what folders, conversations, letters and mailboxes say; reads only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        takes_mailboxes(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr, "mailboxes")
        found: Counter[str] = Counter()
        for box in chosen_mailboxes(options):
            for drift in counters.drifts(box):
                found[drift.kind] += 1
                self.stderr.write(str(drift))
            progress.step(box)
        told = {"mailboxes": progress.done, "drifted": dict(found), "last": progress.last}
        if options["json"]:
            self.stdout.write(json.dumps(told))
        if found:
            raise CommandError(f"{found.total()} rows count wrongly: {dict(found)}.")
        if not options["json"]:
            self.stdout.write(f"The counters of {progress.done} mailboxes are right.")
