"""`manage.py mandate`: how the letter's duties stand, and reckoning them anew."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.mandate import counting, letter, night, obligations, reminders, snapshots
from accounts.models import Mandate, MandateRule, Obligation, Official


class Command(BaseCommand):
    help = "Shows how the cabinet's mandate stands, or reckons everybody's duties anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("status", help="rules, last days and counts by state")
        for name, words in (
            ("recompute", "bring every duty up to date with posts, proofs, holidays and the day"),
            ("close", "the night's work: reckon, then write down the day that has ended"),
            ("remind", "give the reminders that are owed today"),
            ("base", "count from another day"),
        ):
            deed = deeds.add_parser(name, help=words)
            deed.add_argument("--dry-run", action="store_true", help="say how many; change nothing")
            if name == "base":
                deed.add_argument("day", type=_day, help="a day in Thailand, such as 2008-01-07")
                deed.add_argument("--kind", choices=Mandate.BaseKind.values, default="custom")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        if deed == "status":
            self._say_status()
            return
        with transaction.atomic():
            said = getattr(self, f"_{deed}")(options)
            transaction.set_rollback(options["dry_run"])
        self.stdout.write(f"{said}{' Nothing was changed.' if options['dry_run'] else ''}")

    def _say_status(self) -> None:
        for rule in MandateRule.objects.filter(mandate__is_in_force=True).select_related("mandate"):
            due = counting.due(rule.mandate.base_date, rule.months, rule.moves_over_holidays)
            self.stdout.write(
                f"{rule.name_en or rule.name_th}: {rule.months} months from "
                f"{rule.mandate.base_date}, due {due}"
            )
            duties = Obligation.objects.counted().filter(rule=rule).order_by("state")
            for state, count in duties.values_list("state").annotate(count=Count("pk")):
                self.stdout.write(f"  {state:10} {count:>9,}")

    def _recompute(self, options: dict[str, Any]) -> str:
        changed = obligations.recompute(
            Official.objects.all(), now=timezone.now(), cause="recomputed"
        )
        return f"{changed:,} duties made or changed."

    def _close(self, options: dict[str, Any]) -> str:
        if night.close_day(timezone.now()):
            return "The day that has ended is closed."
        return "The day that has ended was closed already."

    def _remind(self, options: dict[str, Any]) -> str:
        return f"{reminders.send_due(timezone.now()):,} letters."

    def _base(self, options: dict[str, Any]) -> str:
        mandate = Mandate.objects.filter(is_in_force=True).order_by("pk").first()
        if mandate is None:
            raise CommandError("There is no mandate in force.")
        now = timezone.now()
        changed = letter.move_base(mandate, options["day"], options["kind"], by=None, now=now)
        snapshots.take(timezone.localdate(now))
        return f"Counted from {mandate.base_date}: {changed:,} duties changed."


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is no day such as 2008-01-07.") from error
