"""`manage.py import_people FILE --agency คค`: what a list would change; with --apply, do it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.directory import applying, plan, thresholds
from accounts.directory.files import reading, uploads
from accounts.models import Account, Agency, ImportBatch
from accounts.people.reach import is_officer
from govmail_portal.errors import PortalError

# So many rows of a verdict are printed; all of them are on the import's page.
PRINTED = 20


class Command(BaseCommand):
    help = (
        "Compare a list of people (CSV, XLSX) with an agency's officials; --apply carries it out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--agency", required=True, help="letter code, or a mail domain of the agency"
        )
        parser.add_argument("--by", help="address of the officer who agrees; needed for --apply")
        parser.add_argument(
            "--part",
            action="store_true",
            help="the file does not name everybody: nobody counts as missing",
        )
        deed = parser.add_mutually_exclusive_group()
        deed.add_argument("--dry-run", action="store_true", help="the default: only print the plan")
        deed.add_argument("--apply", action="store_true", help="carry it out as --by")

    def handle(self, *args: Any, **options: Any) -> None:
        agency = _agency(options["agency"])
        officer = _officer(options["by"]) if options["by"] else None
        if options["apply"] and officer is None:
            raise CommandError("--apply needs --by: an officer agrees to what is carried out.")
        try:
            self._import(options, agency, officer)
        except PortalError as refusal:
            raise CommandError(str(refusal.message)) from refusal

    def _import(self, options: dict[str, Any], agency: Agency, officer: Account | None) -> None:
        now = timezone.now()
        if not options["apply"]:
            with transaction.atomic():
                self._print(self._plan(options, agency, officer, now))
                transaction.set_rollback(True)
            self.stdout.write("Nobody was changed. Carry it out with --apply --by ADDRESS.")
            return
        batch = self._plan(options, agency, officer, now)
        self._print(batch)
        applying.approve(batch, by=officer, now=now)
        if batch.state == ImportBatch.State.AWAITING_SECOND:
            self.stdout.write(f"Import {batch.pk} waits for a second officer, under Import people.")
            return
        applying.apply(batch, now=now)
        failed = batch.counts.get("failed", 0)
        self.stdout.write(f"Carried out: {batch.applied_rows} rows, {failed} of them refused.")

    def _plan(
        self, options: dict[str, Any], agency: Agency, officer: Account | None, now: datetime
    ) -> ImportBatch:
        path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as failure:
            raise CommandError(f"{path}: {failure.strerror}") from failure
        return plan.make(
            uploads.source_of_files(agency),
            reading.records(data),
            by=officer,
            now=now,
            reads_all=not options["part"],
            file_name=path.name,
        )

    def _print(self, batch: ImportBatch) -> None:
        for name, count in batch.counts.items():
            self.stdout.write(f"{name:8} {count:>8,}")
        shown = batch.rows.exclude(verdict="same").order_by("verdict", "number")
        for verdict in shown.order_by("verdict").values_list("verdict", flat=True).distinct():
            for row in shown.filter(verdict=verdict)[:PRINTED]:
                told = ", ".join(f"{name} {old}→{new}" for name, (old, new) in row.diff.items())
                line = (
                    f"{verdict} row {row.number} {row.key} {row.official or ''} {told} {row.words}"
                )
                self.stdout.write(" ".join(line.split()))
        for sentence in thresholds.reasons(batch):
            self.stdout.write(sentence)


def _agency(name: str) -> Agency:
    known = Agency.objects.filter(Q(letter_code=name) | Q(domains__domain=name.lower())).distinct()
    try:
        return known.get()
    except (Agency.DoesNotExist, Agency.MultipleObjectsReturned) as failure:
        raise CommandError(f"Not one agency is called {name!r}, but {known.count()}.") from failure


def _officer(address: str) -> Account:
    account = Account.objects.filter(address=address.lower()).first()
    if account is None or not is_officer(account):
        raise CommandError(f"{address} is no officer who looks after people.")
    return account
