"""`manage.py sync_directory`: read agencies' LDAP directories; without --apply only a plan."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.directory import sync
from accounts.models import ImportBatch, ImportRow, Source
from govmail_portal.errors import PortalError

SHOWN = 10


class Command(BaseCommand):
    help = (
        "Read agencies' LDAP directories and show what would change. With --apply a plan below "
        "the thresholds is carried out; one above waits for two officers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", nargs="*", type=int, help="numbers of sources; else all")
        parser.add_argument("--due", action="store_true", help="only those whose time has come")
        parser.add_argument("--everybody", action="store_true", help="not only what changed")
        doing = parser.add_mutually_exclusive_group()
        doing.add_argument("--dry-run", action="store_true", help="only a plan: what is usual")
        doing.add_argument("--apply", action="store_true", help="carry the plan out")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = [
            source.pk
            for source in self._sources(options)
            if not self._read(
                source,
                apply=options["apply"] or (options["due"] and bool(source.settings.get("applies"))),
                everybody=options["everybody"],
            )
        ]
        if failed:
            raise CommandError(f"{len(failed)} could not be read: {failed}")

    def _sources(self, options: dict[str, Any]) -> list[Source]:
        if options["due"]:
            return list(sync.due(timezone.now()))
        chosen: QuerySet[Source] = Source.objects.filter(kind=Source.Kind.LDAP, is_enabled=True)
        if options["source"]:
            chosen = chosen.filter(pk__in=options["source"])
        found = list(chosen.select_related("agency").order_by("pk"))
        if options["source"] and len(found) != len(set(options["source"])):
            raise CommandError("Not all of these are directories that are switched on.")
        return found

    def _read(self, source: Source, *, apply: bool, everybody: bool) -> bool:
        self.stdout.write(f"{source.pk} {source} · {source.agency}")
        try:
            batch = sync.sync(source, now=timezone.now(), everybody=everybody, carry_out=apply)
        except PortalError as failure:
            self.stderr.write(f"  {failure.message}")
            return False
        self._show(batch)
        return True

    def _show(self, batch: ImportBatch) -> None:
        for verdict in ImportRow.Verdict:
            rows = batch.rows.filter(verdict=verdict)
            if not (count := rows.count()) or verdict == ImportRow.Verdict.SAME:
                continue
            self.stdout.write(f"  {count:6} {verdict.label}")
            for row in rows.select_related("official")[:SHOWN]:
                who = row.official or " ".join(
                    str(row.parsed.get(fact) or row.raw.get(fact) or "")
                    for fact in ("given_name_th", "family_name_th")
                )
                self.stdout.write(f"         {who} {row.words}".rstrip())
        self.stdout.write(f"  {batch.get_state_display()} (import {batch.pk})")
