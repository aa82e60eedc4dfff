"""`manage.py queue`: what is still owed to whom, by agency and state; try again; give up.

Says ids, states, codes and times (UTC); never an address or a subject.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Agency
from mailbox.models import Attempt, Delivery, Lane, Submission
from mailbox.operating import deeds, queue

# Letters to one transaction: an outage may leave tens of thousands of them.
PIECE = 200


class Command(BaseCommand):
    help = "Shows what has been sent and is still owed; tries it again, or gives it up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        wanted = parser.add_subparsers(dest="deed", required=True)
        listed = wanted.add_parser("list", help="what every agency has waiting, then letters")
        listed.add_argument("--most", type=int, default=20, metavar="LETTERS")
        listed.add_argument("--state", choices=[state.value for state in Delivery.OWED])
        shown = wanted.add_parser("show", help="one letter: every recipient's state and tries")
        shown.add_argument("id", type=UUID)
        again = wanted.add_parser("retry", help="have letters tried now")
        ended = wanted.add_parser("give-up", help="try no more; the authors are told")
        for deed in (again, ended):
            deed.add_argument("ids", type=UUID, nargs="*", metavar="ID")
            deed.add_argument("--dry-run", action="store_true", help="say how many, do nothing")
        ended.add_argument("--reason", default="", help="for the record; nothing of a letter")
        for deed in (listed, again):
            deed.add_argument("--agency", metavar="DOMAIN", help="all of this agency's")
        for deed in (listed, shown):
            deed.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        now = timezone.now()
        {"list": self._list, "show": self._show, "retry": self._retry, "give-up": self._give_up}[
            deed
        ](options, now)

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        agency = _agency(options)
        reach = None if agency is None else [agency.pk]
        standings = queue.standings(reach, now=now)
        letters = queue.letters(reach, state=options["state"] or "", most=options["most"])
        held = queue.arrivals(reach).filter(held_at__isnull=False).count()
        if options["json"]:
            told = {
                "agencies": [_standing(one) for one in standings],
                "letters": [_waiting(one) for one in letters],
                "arrivals_held": held,
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for one in standings:
            said = _standing(one)
            states = ", ".join(f"{state} {count:,}" for state, count in one.recipients.items())
            self.stdout.write(
                f"{said['agency']:10} {one.letters:>9,} letters, {one.owed:,} recipients"
                f" ({states}); oldest {said['oldest'] or '-'}"
            )
        for each in letters:
            states = ", ".join(f"{state} {count}" for state, count in each.owed.items())
            why = ", ".join(each.reasons)
            row = each.submission
            self.stdout.write(f"{row.pk} {_utc(row.created_at)} next {_utc(row.due_at)}"
                              f" {states} {why}".rstrip())  # fmt: skip
        self.stdout.write(f"{held} arrivals are held.")

    def _show(self, options: dict[str, Any], now: datetime) -> None:
        found = Submission.objects.filter(pk=options["id"]).select_related("agency")
        row = found.defer("sealed_key_for_relay", "sealed_key_for_owner", "sealed_envelope").first()
        if row is None:
            raise CommandError("There is no letter of this id.")
        [waiting] = queue.told([row])
        told = _waiting(waiting) | {"recipients": [_delivery(one) for one in _deliveries(row)]}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        for name, value in told.items():
            if name != "recipients":
                self.stdout.write(f"{name:12} {value}")
        for one in told["recipients"]:
            self.stdout.write("  " + " ".join(f"{each}" for each in one.values() if each))

    def _retry(self, options: dict[str, Any], now: datetime) -> None:
        agency = _agency(options)
        letters = queue.owed_letters(None if agency is None else [agency.pk])
        if agency is None and not options["ids"]:
            raise CommandError("Say which: ids, or --agency.")
        if options["ids"]:
            letters = letters.filter(pk__in=options["ids"])
        chosen = _chosen(deeds.in_reach_of_deeds(letters, now).filter(held_at__isnull=True))
        for start in range(0, 0 if options["dry_run"] else len(chosen), PIECE):
            piece = Submission.objects.filter(pk__in=chosen[start : start + PIECE])
            deeds.retry(piece, deeds.Hand(None, now))
        self._say(len(chosen), options, "tried again")

    def _give_up(self, options: dict[str, Any], now: datetime) -> None:
        if not options["ids"]:
            raise CommandError("Say which: ids.")
        letters = Submission.objects.filter(pk__in=options["ids"])
        hand = deeds.Hand(None, now, options["reason"])
        with transaction.atomic():
            count = deeds.give_up(letters, hand)
            transaction.set_rollback(options["dry_run"])
        self._say(count, options, "given up")

    def _say(self, count: int, options: dict[str, Any], done: str) -> None:
        would = "would be" if options["dry_run"] else "are"
        self.stdout.write(f"{count:,} letters {would} {done}.")


def _agency(options: dict[str, Any]) -> Agency | None:
    if not options["agency"]:
        return None
    found = Agency.objects.filter(domains__domain=options["agency"].lower()).first()
    if found is None:
        raise CommandError("No agency has this domain.")
    return found


def _chosen(letters: QuerySet[Submission]) -> list[UUID]:
    return list(letters.order_by("pk").values_list("pk", flat=True))


def _deliveries(row: Submission) -> list[Delivery]:
    sealed = ("sealed_address", "sealed_reply", "address_digest")
    return list(row.deliveries.defer(*sealed).select_related("gateway"))


def _standing(one: queue.Standing) -> dict[str, Any]:
    return {
        "agency": one.agency.letter_code if one.agency else "-",
        "letters": one.letters,
        "urgent": one.urgent,
        "held": one.held,
        "oldest": _utc(one.oldest),
        "recipients": one.recipients,
    }


def _waiting(one: queue.Waiting) -> dict[str, Any]:
    row = one.submission
    return {
        "id": str(row.pk),
        "agency": row.agency.letter_code if row.agency else "-",
        "lane": Lane(row.lane).name.lower(),
        "size": row.size,
        "attempts": row.attempts,
        "sent": _utc(row.created_at),
        "next": _utc(row.due_at),
        "until": _utc(row.expires_at),
        "held": _utc(row.held_at),
        "states": row.tally,
        "reasons": list(one.reasons),
        "gateways": list(one.gateways),
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    tries = Attempt.objects.filter(delivery=one).values_list("started_at", "outcome", "reply_code")
    return {
        "id": str(one.pk),
        "state": one.state,
        "code": one.reply_code,
        "enhanced": one.enhanced,
        "reason": one.reason,
        "gateway": one.gateway.name if one.gateway else "",
        "next": _utc(one.due_at),
        "tries": [[_utc(began), outcome, code] for began, outcome, code in tries],
    }


def _utc(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
