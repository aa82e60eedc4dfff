"""`manage.py content_repair`: take away what nobody has; say who lost what is not there.

A file that has gone cannot be made again: bring it back from a backup, under its name. Nothing
is marked or deleted for it.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mailbox import storage
from mailbox.errors import ContentAway
from mailbox.filing.contents import delete_unowned, unowned
from mailbox.filing.sweeping import ORPHANS_KEPT_FOR, orphans
from mailbox.inspecting import contents
from mailbox.management.progress import Progress, takes_carry_out, takes_json


class Command(BaseCommand):
    help = "Deletes contents nobody has and files no row names; names messages that lost theirs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        takes_carry_out(parser)
        takes_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        carry_out = bool(options["carry_out"])
        try:
            told = {
                "unowned": self._unowned(carry_out),
                "orphans": self._orphans(carry_out),
                "lost": self._lost(),
            }
        except ContentAway as away:
            raise CommandError(f"{away} The repair was not ended; run it again.") from away
        if options["json"]:
            self.stdout.write(json.dumps(told | {"carried_out": carry_out}))
        else:
            did = "Deleted" if carry_out else "Would delete"
            self.stdout.write(
                f"{did} {told['unowned']} contents nobody has and {told['orphans']} files no row"
                f" names. {told['lost']} rows have lost their content."
            )

    def _unowned(self, carry_out: bool) -> int:
        now = timezone.now()
        if not carry_out:
            return unowned(now).count()
        return sum(iter(lambda: delete_unowned(now), 0))

    def _orphans(self, carry_out: bool) -> int:
        count = 0
        for names in orphans(timezone.now() - ORPHANS_KEPT_FOR):
            count += storage.forget_all(names) if carry_out else len(names)
        return count

    def _lost(self) -> int:
        progress, lost = Progress(self.stderr, "contents"), 0
        for step in contents.contents():
            for flaw in step.flaws:
                lost += 1
                self.stderr.write(str(flaw))
                if flaw.kind == contents.CONTENT.name:
                    for message, mailbox in contents.losers(flaw.row_id):
                        self.stderr.write(f"  message {message} of mailbox {mailbox}")
            progress.step(step.last, step.rows)
        return lost
