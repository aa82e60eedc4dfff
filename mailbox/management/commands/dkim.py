"""`manage.py dkim`: a domain's keys for signing, from a terminal."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone, translation

from accounts.models import AgencyDomain
from govmail_portal.errors import PortalError
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys

_ALGORITHMS = {"rsa": SigningKey.Algorithm.RSA, "ed25519": SigningKey.Algorithm.ED25519}


class Command(BaseCommand):
    help = "DKIM keys: make them, say what stands in DNS, look for it, take them out of use."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        listed = deeds.add_parser("list", help="all keys, or a domain's")
        make = deeds.add_parser("make", help="make a key; it signs when its record is in DNS")
        record = deeds.add_parser("record", help="what to paste into DNS for a domain's new keys")
        check = deeds.add_parser("check", help="look into DNS; new keys that are there sign")
        withdraw = deeds.add_parser("withdraw", help="have a key sign no more, at once")
        retire = deeds.add_parser("retire", help="say that a key's record is taken out of DNS")
        for deed in (listed, check):
            deed.add_argument("domain", nargs="?", default="")
        listed.add_argument("--json", action="store_true", help="as JSON, a list of keys")
        for deed in (make, record):
            deed.add_argument("domain")
        make.add_argument("--algorithm", choices=sorted(_ALGORITHMS), default="rsa")
        for deed in (withdraw, retire):
            deed.add_argument("key", metavar="SELECTOR._domainkey.DOMAIN")

    def handle(self, *args: Any, **options: Any) -> None:
        deed = getattr(self, "_" + options["deed"])
        with translation.override("en"):
            try:
                deed(options)
            except PortalError as error:
                raise CommandError(str(error)) from None

    def _list(self, options: dict[str, Any]) -> None:
        found = [_facts(key) for key in _keys(options["domain"])]
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            return
        for facts in found:
            self.stdout.write("  ".join(str(value) for value in facts.values() if value))

    def _make(self, options: dict[str, Any]) -> None:
        domain = AgencyDomain.objects.select_related("agency").filter(
            domain=options["domain"].lower()
        )
        if (found := domain.first()) is None:
            raise CommandError(f"No agency has the domain {options['domain']}.")
        kind = _ALGORITHMS[options["algorithm"]]
        self._tell_record(keys.make(found, kind, by=None, now=timezone.now()))

    def _record(self, options: dict[str, Any]) -> None:
        waiting = _keys(options["domain"]).filter(state=SigningKey.State.NEW)
        if not waiting:
            raise CommandError(f"No key of {options['domain']} waits for its record.")
        for key in waiting:
            self._tell_record(key)

    def _check(self, options: dict[str, Any]) -> None:
        for key in _keys(options["domain"]).exclude(state=SigningKey.State.RETIRED):
            seen = keys.look(key, by=None, now=timezone.now())
            self.stdout.write(f"{dns.name_of(key)}  {key.state}  {seen.label}")

    def _withdraw(self, options: dict[str, Any]) -> None:
        key = _named(options["key"])
        keys.withdraw(key, by=None, now=timezone.now())
        self.stdout.write(f"{key}: {key.get_state_display()}")

    def _retire(self, options: dict[str, Any]) -> None:
        key = _named(options["key"])
        keys.retire(key, by=None, now=timezone.now())
        self.stdout.write(f"{key}: {key.get_state_display()}")

    def _tell_record(self, key: SigningKey) -> None:
        self.stdout.write(f"; {key.get_algorithm_display()}: {key.get_state_display()}")
        self.stdout.write(dns.zone_line_of(key))


def _keys(domain: str) -> QuerySet[SigningKey]:
    rows = SigningKey.objects.select_related("domain__agency").order_by("domain__domain", "pk")
    return rows.filter(domain__domain=domain.lower()) if domain else rows


def _named(name: str) -> SigningKey:
    selector, _, domain = name.partition("._domainkey.")
    key = _keys(domain).filter(selector=selector).first() if domain else None
    if key is None:
        raise CommandError(f"There is no key {name}.")
    return key


def _facts(key: SigningKey) -> dict[str, Any]:
    """What may be told of a key; moments in ISO 8601, UTC."""
    moments = {
        "active_from": key.active_from,
        "retires_at": key.retires_at,
        "seen_at": key.seen_at,
    }
    return {
        "name": dns.name_of(key),
        "algorithm": key.algorithm,
        "state": key.state,
        "seen": key.seen,
        **{name: when.isoformat() if when else "" for name, when in moments.items()},
    }
