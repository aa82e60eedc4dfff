"""`manage.py check_readiness`: measure domains, and say what keeps their agencies shut.

Exit status: 0 nothing blocks; 1 something does; 3 nothing fails, but something is not known (our
own fault: look at the resolver and the way out first). 2 is Django's for a wrong call.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone, translation

from accounts.management.commands import _readiness as said
from accounts.models import Agency, CheckedDomain, ScanRun
from accounts.readiness import evidence, gate
from accounts.readiness.domains import naming
from accounts.readiness.evidence import EvidenceDamaged
from accounts.readiness.scanning import at_once
from govmail_portal.errors import PortalError

BLOCKED, NOT_KNOWN = 1, 3


class Command(BaseCommand):
    help = (
        "Measures domains and says what keeps their agencies shut. Exit status 0: nothing; "
        "1: something blocks; 3: nothing fails, but something is not known."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domains", nargs="*", metavar="DOMAIN", help="such as agency.go.th")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--agency", help="number or letter code: its domains, and its gate")
        which.add_argument("--all", action="store_true", help="every agency with domains")
        which.add_argument("--replay", type=int, metavar="RUN", help="judge a run's evidence again")
        which.add_argument(
            "--adopt",
            metavar="AGENCY",
            help="make an agency live that was served before there was a gate, or that runs "
            "the portal; never one that was decided on",
        )
        parser.add_argument("--letter", default="", help="the letter that --adopt rests on")
        parser.add_argument("--known", action="store_true", help="ask nobody: say what is known")
        parser.add_argument("--json", action="store_true", help="one JSON document instead")
        parser.add_argument("--dry-run", action="store_true", help="measure, and keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        # At three in the morning, and in a script: always the same language.
        with translation.override("en"):
            try:
                status = self._carry_out(options)
            except PortalError as error:
                raise CommandError(str(error.message)) from error
        if status:
            sys.exit(status)

    def _carry_out(self, options: dict[str, Any]) -> int:
        if options["adopt"]:
            return self._adopt(options)
        if options["replay"] is not None:
            return self._replay(options["replay"], as_json=options["json"])
        if options["agency"] or options["all"]:
            return self._say_agencies(options)
        if not options["domains"]:
            raise CommandError("Name a domain, or give --agency, --all or --replay.")
        return self._say_domains(options)

    # --- Domains ----------------------------------------------------------

    def _say_domains(self, options: dict[str, Any]) -> int:
        names = [naming.domain_of(each) for each in options["domains"]]
        if options["dry_run"]:
            return self._try_out(names, as_json=options["json"])
        kept = list(CheckedDomain.objects.kept().filter(name__in=names).select_related("agency"))
        missing = sorted(set(names) - {each.name for each in kept})
        if missing:
            raise CommandError(
                f"On no agency's list: {', '.join(missing)}. With --dry-run it is measured anyway."
            )
        self._measure(kept, options)
        reports = [said.of_domain(each, timezone.now()) for each in kept]
        return self._say(reports, as_json=options["json"])

    def _try_out(self, names: Sequence[str], *, as_json: bool) -> int:
        reports = []
        for name in names:
            subject = at_once.subject_by_name(name, timezone.now())
            judgements = at_once.try_out(subject, clock=timezone.now)
            reports.append(said.of_judgements(subject, judgements, timezone.now()))
        status = self._say(reports, as_json=as_json)
        if not as_json:
            self.stdout.write("Nothing was kept.")
        return status

    # --- Agencies ---------------------------------------------------------

    def _say_agencies(self, options: dict[str, Any]) -> int:
        agencies = self._all() if options["all"] else [_agency(options["agency"])]
        reports = []
        for agency in agencies:
            domains = CheckedDomain.objects.kept().filter(agency=agency).select_related("agency")
            if not options["dry_run"]:
                self._measure(domains, options)
                gate.reckon(agency, timezone.now())
            reports.append(said.of_agency(agency, timezone.now()))
        return self._say(reports, as_json=options["json"])

    def _all(self) -> list[Agency]:
        kept = CheckedDomain.objects.kept().values("agency")
        return list(Agency.objects.filter(pk__in=kept).order_by("pk"))

    def _measure(self, domains: Iterable[CheckedDomain], options: dict[str, Any]) -> None:
        if options["known"] or options["dry_run"]:
            return
        for domain in domains:
            if not options["json"]:
                self.stderr.write(f"Measuring {domain.name} …")
            at_once.measure(domain, clock=timezone.now)

    # --- Others -----------------------------------------------------------

    def _replay(self, pk: int, *, as_json: bool) -> int:
        run = ScanRun.objects.select_related("domain", "profile").filter(pk=pk).first()
        if run is None:
            raise CommandError(f"There is no run {pk}.")
        try:
            again = evidence.replay(run)
        except EvidenceDamaged as error:
            raise CommandError(f"Run {pk}: {error}") from error
        differing = said.differences(run, again)
        if as_json:
            self.stdout.write(json.dumps({"run": pk, "digest": run.digest, "differs": differing}))
        elif differing:
            self.stdout.write(f"Run {pk} is judged otherwise now:")
            for each in differing:
                self.stdout.write(f"  {each['rule']}: was {each['was']}, is {each['is']}")
        else:
            self.stdout.write(
                f"Run {pk} of {run.domain} gives the same {len(again)} verdicts again; "
                f"evidence {run.digest}."
            )
        return BLOCKED if differing else 0

    def _adopt(self, options: dict[str, Any]) -> int:
        agency = _agency(options["adopt"])
        if options["dry_run"]:
            self.stdout.write(f"{agency} is {agency.state}. Nothing was changed.")
            return 0
        gate.adopt(agency, options["letter"], now=timezone.now())
        self.stdout.write(f"{agency} is live, by letter {options['letter']}.")
        return 0

    def _say(self, reports: Sequence[said.Report], *, as_json: bool) -> int:
        if as_json:
            found = [each.to_json() for each in reports]
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            for report in reports:
                self.stdout.write("\n".join([*report.lines(), ""]))
        if any(report.blocks for report in reports):
            return BLOCKED
        return NOT_KNOWN if any(report.not_known for report in reports) else 0


def _agency(text: str) -> Agency:
    by_number = Q(pk=int(text)) if text.isascii() and text.isdigit() else Q()
    found = list(Agency.objects.filter(by_number or Q(letter_code=text))[:2])
    if len(found) != 1:
        raise CommandError(f"{'No' if not found else 'More than one'} agency is called {text}.")
    return found[0]
