"""`manage.py content_verify`: is every sealed content where its row says? Changes nothing.

`--open` asks as well whether it opens, and needs the storage key (web.json).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mailbox.errors import ContentAway, KeyMissing
from mailbox.inspecting import contents, opened
from mailbox.management.progress import Progress, chosen_mailboxes, takes_json

# Orphans that are named; the others are counted.
MOST_NAMED = 100


class Command(BaseCommand):
    help = "Looks whether rows and files of sealed content agree; reads only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=UUID, metavar="ID", help="go on behind this content")
        parser.add_argument(
            "--open",
            nargs="*",
            dest="address",
            metavar="ADDRESS",
            help="open every chunk too: of these mailboxes, or of all; needs the storage key",
        )
        parser.add_argument(
            "--after-mailbox", type=UUID, metavar="ID", help="go on opening behind this mailbox"
        )
        takes_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found: Counter[str] = Counter()
        told: dict[str, object] = {}
        try:
            if options["after_mailbox"] is None:
                told |= self._look(options, found)
            if options["address"] is not None:
                told |= self._open(options, found)
        except ContentAway as away:
            raise CommandError(f"{away} The check was not ended.") from away
        except KeyMissing as missing:
            raise CommandError("Opening needs a keyring with the storage key.") from missing
        if options["json"]:
            self.stdout.write(json.dumps(told | {"amiss": dict(found)}))
        if found:
            raise CommandError(f"{found.total()} things are amiss: {dict(found)}.")
        if not options["json"]:
            self.stdout.write(f"Nothing is amiss: {told}.")

    def _look(self, options: dict[str, Any], found: Counter[str]) -> dict[str, object]:
        progress = Progress(self.stderr, "contents")
        for step in contents.contents(options["after"]):
            self._tell(step.flaws, found)
            progress.step(step.last, step.rows)
        passing = 0
        for step in contents.passing():
            self._tell(step.flaws, found)
            passing += step.rows
        for number, name in enumerate(contents.overdue_orphans(timezone.now())):
            found["orphan"] += 1
            if number < MOST_NAMED:
                self.stderr.write(f"orphan {name}: no row names it")
        return {"contents": progress.done, "passing": passing, "last": progress.last}

    def _open(self, options: dict[str, Any], found: Counter[str]) -> dict[str, object]:
        progress = Progress(self.stderr, "mailboxes opened")
        for box in chosen_mailboxes({**options, "after": options["after_mailbox"]}):
            for page in opened.flaws(box, all_of_it=bool(options["address"])):
                self._tell(page, found)
            progress.step(box)
        return {"opened": progress.done, "last_mailbox": progress.last}

    def _tell(self, flaws: Iterable[contents.Flaw], found: Counter[str]) -> None:
        for flaw in flaws:
            found[flaw.kind] += 1
            self.stderr.write(str(flaw))
