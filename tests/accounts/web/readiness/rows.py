"""Rows of the gate as a run leaves them, for tests of pages: nobody is asked, nothing is judged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import (
    Account,
    Agency,
    CheckedDomain,
    GateDecision,
    RuleResult,
    RuleStanding,
    ScanRun,
)
from accounts.people.roles import MAIL_OFFICER
from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness import evidence, profiles
from tests.cast import person


def officer_of(agency: Agency, name: str = "mali", role: str = MAIL_OFFICER) -> Account:
    """Somebody of the agency who has a role."""
    made = person(name, agency, "มาลี ใจงาม", f"{name.title()} Jaingam", post=("เจ้าหน้าที่", "Officer"))
    made.is_staff = True
    made.save(update_fields=["is_staff"])
    made.groups.add(Group.objects.get(name=role))
    return made


def domain_of(agency: Agency, name: str = "", **values: Any) -> CheckedDomain:
    """A domain on the agency's list, its control shown."""
    now = timezone.now()
    values = {"verified_at": now, "added_at": now} | values
    return CheckedDomain.objects.create(
        agency=agency, name=name or agency.domains.get().domain, **values
    )


def run_of(
    domain: CheckedDomain,
    now: datetime | None = None,
    *,
    but: dict[str, str] | None = None,
    said: str = "v=spf1 include:_spf.mail.example ?all",
) -> ScanRun:
    """A finished run in which every rule passed, but those: an outcome by code.

    said: what DNS answered, on which all of them rest.
    """
    now, but = now or timezone.now(), but or {}
    seen = Observations([_observation(domain, said, now)])
    packed, digest = evidence.pack(seen)
    run = ScanRun.objects.create(
        domain=domain,
        profile=profiles.in_force(timezone.localdate(now)),
        trigger=ScanRun.Trigger.DAILY,
        scanner_version="1",
        stage=ScanRun.Stage.DONE,
        requested_at=now - timedelta(minutes=2),
        finished_at=now,
        evidence=packed,
        digest=digest,
    )
    for rule in run.profile.rules.all():
        outcome = but.get(rule.code, "pass")
        result = RuleResult.objects.create(
            run=run,
            rule=rule,
            outcome=outcome,
            reason="told",
            facts={},
            rests_on=[each.name for each in seen],
        )
        _stand(domain, run, result, now)
    return run


def decision_of(agency: Agency, by: Account, **values: Any) -> GateDecision:
    """A decision that waits for its second person."""
    now = timezone.now()
    values = {"kind": GateDecision.Kind.OPEN, "reason": "x", "evidence_hash": "0" * 64} | values
    profile = profiles.in_force(timezone.localdate(now))
    return GateDecision.objects.create(
        agency=agency, profile=profile, decided_by=by, decided_at=now, **values
    )


def _observation(domain: CheckedDomain, said: str, now: datetime) -> Observation:
    facts = {"rcode": "NOERROR", "records": [said]}
    return Observation("dns", f"{domain.name} TXT", Status.ANSWERED, now, facts)


def _stand(domain: CheckedDomain, run: ScanRun, result: RuleResult, now: datetime) -> None:
    is_known = result.outcome != "unknown"
    known = {"known": result.outcome, "known_at": now, "result": result} if is_known else {}
    RuleStanding.objects.update_or_create(
        domain=domain,
        code=result.rule.code,
        defaults={"run": run, "last": result.outcome, "last_at": now} | known,
    )
