"""The demo's domains under test: their rows, and the zones that its Internet serves."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import AgencyDomain, AvailabilityDay, CheckedDomain, ScanRun, TestLetter
from accounts.readiness import scanning
from govmail_portal.dates import BANGKOK
from mailbox.demo.internet.towns import TOWNS, Town, demo_zone, zone_text
from mailbox.demo.people import TOP_LEVEL
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns as records

# No agency of the demo is under go.th: a letter allows each its domain (TR-5).
_LETTER = "นร ๐๕๐๖/ว ๕"
_DAYS, _PROBES = 14, 24
# Of an agency that signs elsewhere than here: RFC 8463's example.
_ELSEWHERE = ("demo", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")


def load_internet(now: datetime) -> int:
    """Make the rows and zone files that are missing; return how many domains are under test.

    now: aware. A zone file that is there is its user's.
    """
    folder = Path(settings.VAR_DIR) / "demo-internet" / "zones"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "demo.example.zone", demo_zone())
    for town in TOWNS:
        domain = _domain_of(town, now)
        text = zone_text(town, domain.challenge_record, _keys(town))
        _write(folder / f"{town.domain}.zone", text)
    return len(TOWNS)


def _write(file: Path, text: str) -> None:
    if not file.exists():
        file.write_text(text, encoding="utf-8")


@transaction.atomic
def _domain_of(town: Town, now: datetime) -> CheckedDomain:
    found = CheckedDomain.objects.filter(name=town.domain).order_by("-id").first()
    if found is not None:
        return found
    of_agency = AgencyDomain.objects.get(domain=f"{town.agency}.{TOP_LEVEL}")
    is_mail = town.role == "mail"
    made = CheckedDomain.objects.create(
        agency_id=of_agency.agency_id,
        name=town.domain,
        role=town.role,
        hosts=[f"www.{town.domain}"] if is_mail else [],
        logins=town.logins if is_mail else [],
        selectors=[selector for selector, _record in _keys(town)],
        exception_letter=_LETTER,
        no_forwarding_at=None if town.has_faults else now,
        verified_at=now,
        added_at=now,
    )
    # Whoever looks at the gate in the first minute finds something there.
    made.next_run_at = scanning.next_night(made, now)
    made.save(update_fields=["next_run_at"])
    scanning.ask(made, ScanRun.Trigger.DAILY, by=None, now=now)
    if is_mail:
        _note_availability(made, now)
    if town.has_answered:
        _note_letters(made, now)
    return made


def _note_availability(domain: CheckedDomain, now: datetime) -> None:
    """As if it had been watched for two weeks."""
    today = now.astimezone(BANGKOK).date()
    AvailabilityDay.objects.bulk_create(
        AvailabilityDay(domain=domain, day=today - timedelta(days=age), service=service, up=_PROBES)
        for age in range(1, _DAYS + 1)
        for service in AvailabilityDay.Service
    )


def _note_letters(domain: CheckedDomain, now: datetime) -> None:
    """As if it had written its signed letter yesterday, and its saraban had answered."""
    sent = now - timedelta(days=1)
    answered = sent + timedelta(hours=2)
    selector, _record = _ELSEWHERE
    signature = {"d": domain.name, "s": selector, "result": "pass", "algorithm": "ed25519-sha256"}
    facts: dict[str, dict[str, object]] = {
        TestLetter.Kind.SIGNED: {
            "arrived_at": answered.isoformat(),
            "from_domain": domain.name,
            "signatures": [signature | {"bits": 256}],
            "aligned": True,
        },
        TestLetter.Kind.SARABAN: {
            "sent_at": sent.isoformat(),
            "reply_code": 250,
            "reply": "250 2.0.0 Ok",
            "answered_at": answered.isoformat(),
            "answer_by": (sent + timedelta(days=4)).isoformat(),
            "from_domain": domain.name,
        },
    }
    TestLetter.objects.bulk_create(
        TestLetter(
            domain=domain,
            kind=kind,
            made_at=sent,
            answered_at=answered,
            closed_at=answered,
            facts=said,
        )
        for kind, said in facts.items()
    )


def _keys(town: Town) -> list[tuple[str, str]]:
    """Selectors and records of the keys that mail of a domain is signed with."""
    active = SigningKey.objects.filter(domain__domain=town.domain, state=SigningKey.State.ACTIVE)
    ours = [(key.selector, records.record_of(key)) for key in active.order_by("pk")]
    return [_ELSEWHERE] if town.has_answered else ours
