"""What `check_readiness` says: a line a rule, the worst first, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Agency, AgencyReadiness, CheckedDomain, Outcome, Rule, ScanRun
from accounts.readiness import gate, profiles, wording
from accounts.readiness.checks import Judgement
from accounts.readiness.gate.blocking import NOT_TESTED, STALE, UNKNOWN, Ledger
from accounts.readiness.subject import Subject
from govmail_portal.dates import BANGKOK

# Words of `gate.blocking` that mean: it is not known.
_NOT_KNOWN = (UNKNOWN, NOT_TESTED, STALE)
_WORST_FIRST = (
    *(Outcome.FAIL, Outcome.UNKNOWN, Outcome.PARTIAL, Outcome.NOT_TESTED),
    *(Outcome.PASS, Outcome.NOT_APPLICABLE),
)
_QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)
_CALLED = {"no_mail_domain": "no mail domain whose control is shown"}


@dataclass(frozen=True)
class Line:
    """One rule as it stands on a domain. why: the word of what it blocks by, or nothing."""

    code: str
    level: str
    outcome: str
    reason: str
    facts: dict[str, Any]
    why: str = ""
    more: str = ""

    def lines(self) -> list[str]:
        name, proof = wording.name_of(self.code), wording.proof_of(self.reason, self.facts)
        mark = "!" if self.why else " "
        head = f"{mark} {self.level} {self.code:6} {self.outcome.upper():15} {name}"
        if self.outcome in _QUIET:
            return [head]
        rest = [each for each in (proof, self.more) if each]
        return [head, *(f"      {each}" for each in rest)]

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.code,
            "level": self.level,
            "outcome": self.outcome,
            "reason": self.reason,
            "blocks": self.why,
        }


@dataclass(frozen=True)
class Report:
    """A domain, or an agency with its domains under it."""

    title: str
    facts: dict[str, Any]
    rules: Sequence[Line] = ()
    under: Sequence[Report] = ()
    own: Sequence[str] = field(default_factory=list)

    @property
    def blocks(self) -> bool:
        """Whether something is wrong; what is only not known does not count."""
        return (
            bool(self.own)
            or any(each.why and each.why not in _NOT_KNOWN for each in self.rules)
            or any(each.blocks for each in self.under)
        )

    @property
    def not_known(self) -> bool:
        return any(each.why in _NOT_KNOWN for each in self.rules) or any(
            each.not_known for each in self.under
        )

    def lines(self) -> list[str]:
        ordered = sorted(self.rules, key=lambda each: (not each.why, _place(each.outcome)))
        own = [f"! {_CALLED.get(each, each)}" for each in self.own]
        said = [line for each in ordered for line in each.lines()]
        below = [line for each in self.under for line in each.lines()]
        return [self.title, *own, *said, *below, *([] if self.under else [self._sum()])]

    def _sum(self) -> str:
        shut = [each.code for each in self.rules if each.why]
        return f"  Blocked by: {', '.join(shut)}" if shut else "  Nothing blocks."

    def to_json(self) -> dict[str, Any]:
        found = {**self.facts, "blocked": self.blocks, "not_known": self.not_known}
        if self.rules:
            found["rules"] = [each.to_json() for each in self.rules]
        if self.under or self.own:
            found["domains"] = [each.to_json() for each in self.under]
            found["why"] = list(self.own)
        return found


def of_agency(agency: Agency, now: datetime) -> Report:
    """The gate of an agency, and each of its domains."""
    row = AgencyReadiness.objects.filter(agency=agency).first()
    ledger = gate.ledger_of(agency, now)
    title = f"{agency} (agency {agency.pk}): {agency.state}"
    if row is not None:
        title += f" since {_moment(row.since)}"
        if row.grace_until is not None:
            title += f", grace until {_moment(row.grace_until)}"
    own = [each.why for each in ledger.blocks() if each.domain is None]
    under = [of_domain(each, now) for each in ledger.domains]
    facts = {"agency": agency.pk, "name": agency.name_th, "state": agency.state}
    return Report(title, facts, under=under, own=own)


def of_domain(domain: CheckedDomain, now: datetime) -> Report:
    """Where a domain stands under each rule in force, by all its runs."""
    ledger = gate.ledger_of(domain.agency, now)
    shut = {each.code: each.why for each in ledger.blocks() if each.domain == domain}
    lines = [_standing(ledger, domain, rule, shut.get(rule.code, "")) for rule in ledger.rules]
    seen = "control shown" if domain.verified_at else "control NOT shown"
    newest = ScanRun.objects.filter(domain=domain, finished_at__isnull=False).first()
    run = f"run {newest.pk} of {_moment(newest.finished_at)}" if newest else "never measured"
    title = f"{domain.name} ({domain.role}, {seen}; {run}; {domain.agency})"
    facts = {
        "domain": domain.name,
        "agency": domain.agency_id,
        "run": newest.pk if newest else None,
    }
    return Report(title, facts, lines)


def of_judgements(subject: Subject, judgements: Sequence[Judgement], now: datetime) -> Report:
    """What a run would have brought."""
    levels = {each.code: each.level for each in profiles.lines_of(profiles.in_force(now.date()))}
    lines = [
        Line(
            each.code, levels[each.code], each.outcome, each.reason, each.facts, _why(each, levels)
        )
        for each in judgements
    ]
    return Report(f"{subject.name} ({subject.role}, dry run)", {"domain": subject.name}, lines)


def differences(run: ScanRun, again: Sequence[Judgement]) -> list[dict[str, str]]:
    """The rules that a run is judged otherwise under than it was."""
    kept = {each.rule.code: each for each in run.results.select_related("rule")}
    found = []
    for each in again:
        was = kept.get(each.code)
        before = f"{was.outcome} {was.reason}" if was else "nothing"
        after = f"{each.outcome} {each.reason[:60]}"
        if before != after:
            found.append({"rule": each.code, "was": before, "is": after})
    return found


def _standing(ledger: Ledger, domain: CheckedDomain, rule: Rule, why: str) -> Line:
    standing = ledger.standing(domain, rule)
    if standing is None:
        return Line(rule.code, rule.level, Outcome.UNKNOWN, "", {}, why, "never measured")
    result = standing.result
    outcome = standing.known or standing.last
    more = [f"blocks: {why}"] if why else []
    if standing.last != outcome:
        more.append(f"last run: {standing.last}; this is of {_moment(standing.known_at)}")
    if standing.failed_runs:
        since = _moment(standing.first_failed_at)
        runs = "run" if standing.failed_runs == 1 else "runs in a row"
        more.append(f"{standing.failed_runs} failed {runs}, since {since}")
    if ledger.waiver(domain, rule):
        more.append("under a waiver")
    if promised := ledger.plan(domain, rule):
        more.append(f"promised for {promised}")
    reason, facts = (result.reason, result.facts) if result else ("", {})
    return Line(rule.code, rule.level, outcome, reason, facts, why, "; ".join(more))


def _why(judgement: Judgement, levels: dict[str, str]) -> str:
    counts = levels[judgement.code] == "B" if judgement.blocks is None else judgement.blocks
    return "" if judgement.outcome in _QUIET or not counts else judgement.outcome


def _place(outcome: str) -> int:
    return _WORST_FIRST.index(Outcome(outcome))


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(BANGKOK):%Y-%m-%d %H:%M}" if at else "?"
