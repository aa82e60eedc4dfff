"""What keeps an agency shut, and what would close it: the conjunction of the rules, never a score.

Two different questions. Opening asks for everything: each rule that must pass has passed, is not
applicable, or fails under a waiver in force; each that needs a plan has passed or has a dated
one; nothing is older than seven days. Closing asks for a fail that is known and lasting: what
could not be found out closes nothing. Moments are aware; days are days in Thailand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import (
    Agency,
    CheckedDomain,
    Outcome,
    PlanOfAction,
    Rule,
    RuleProfile,
    RuleStanding,
    Waiver,
)

# How long the last known result stands in for one that could not be found out.
KNOWN_FOR = timedelta(days=7)
# A fail lasts when so many runs in a row, spread over so long, found it.
RUNS_IN_A_ROW = 3
SPREAD = timedelta(hours=24)
# How long the proof of control over a domain holds (TR-5).
CONTROL_HOLDS = timedelta(days=365)

NO_MAIL_DOMAIN = "no_mail_domain"
FAILS, PARTIAL, NOT_TESTED, UNKNOWN = "fails", "partial", "not_tested", "unknown"
STALE, NO_PLAN, PLAN_OVERDUE = "stale", "no_plan", "plan_overdue"
GOOD = (Outcome.PASS, Outcome.NOT_APPLICABLE)


class Block(NamedTuple):
    """One reason why it stays shut: of which domain, by which rule, why (a word above)."""

    domain: CheckedDomain | None
    code: str
    why: str


@dataclass(frozen=True)
class Failing:
    """A fail that counts against an open agency; is_lasting: it has lasted, or is grave."""

    domain: CheckedDomain
    code: str
    is_grave: bool
    is_lasting: bool


class Ledger:
    """Everything that the gate of one agency rests on, read in five statements."""

    def __init__(self, agency: Agency, profile: RuleProfile | None, now: datetime) -> None:
        self.now, self.today = now, timezone.localdate(now)
        self.profile = profile
        self.domains = list(CheckedDomain.objects.kept().filter(agency=agency).order_by("name"))
        kept = [domain.pk for domain in self.domains]
        self.rules = list(profile.rules.order_by("order")) if profile else []
        standings = RuleStanding.objects.filter(domain__in=kept).select_related("result")
        self._standings = {(each.domain_id, each.code): each for each in standings}
        waivers = Waiver.objects.in_force(self.today).filter(domain__in=kept)
        self._waivers = {(each.domain_id, each.code): each for each in waivers}
        plans = PlanOfAction.objects.filter(domain__in=kept, closed_at__isnull=True)
        self._plans = {(each.domain_id, each.code): each.promised_on for each in plans}

    @property
    def is_measured(self) -> bool:
        """Whether every domain has been through a run, whatever it brought."""
        measured = {domain for domain, _code in self._standings}
        return bool(self.domains) and all(each.pk in measured for each in self.domains)

    def standing(self, domain: CheckedDomain, rule: Rule) -> RuleStanding | None:
        return self._standings.get((domain.pk, rule.code))

    def waiver(self, domain: CheckedDomain, rule: Rule) -> Waiver | None:
        """The waiver that this fail stands under; a grave one stands under none."""
        standing = self.standing(domain, rule)
        if standing is None or _is_grave(standing) or standing.known in GOOD:
            return None
        return self._waivers.get((domain.pk, rule.code)) if must_pass(rule, standing) else None

    def plan(self, domain: CheckedDomain, rule: Rule) -> date | None:
        return self._plans.get((domain.pk, rule.code))

    def blocks(self) -> list[Block]:
        """Why it is not to be opened; empty: it may be decided on."""
        found = [] if self._has_mail_domain() else [Block(None, "", NO_MAIL_DOMAIN)]
        if not self.rules:
            # Without rules nothing has been passed.
            found.append(Block(None, "", UNKNOWN))
        for domain in self.domains:
            for rule in self.rules:
                if why := self._why_shut(domain, rule):
                    found.append(Block(domain, rule.code, why))
        return found

    def unknown(self) -> list[str]:
        """Codes whose newest outcome tells nothing, for some domain."""
        untold = (Outcome.UNKNOWN, Outcome.NOT_TESTED)
        return [
            rule.code
            for rule in self.rules
            if any(
                (standing := self.standing(domain, rule)) is None or standing.last in untold
                for domain in self.domains
            )
        ]

    def failing(self) -> list[Failing]:
        """The fails that count against an agency that is open, known to this day."""
        return [
            Failing(domain, rule.code, _is_grave(standing), _is_lasting(standing))
            for domain, rule, standing in self._known_fails()
            if self._is_fresh(standing)
        ]

    def still_failing(self) -> list[str]:
        """Codes of the fails that are not repaired yet, however long ago they were seen last."""
        return sorted({rule.code for _domain, rule, _standing in self._known_fails()})

    def seen_failing_since(self, moment: datetime) -> list[str]:
        """Codes of the lasting fails that a run has found since."""
        return sorted(
            {
                rule.code
                for _domain, rule, standing in self._known_fails()
                if _is_lasting(standing)
                and standing.last_failed_at is not None
                and standing.last_failed_at >= moment
            }
        )

    def waivers_used(self) -> list[Waiver]:
        """The waivers without which it would be shut."""
        found = [self.waiver(domain, rule) for domain in self.domains for rule in self.rules]
        return sorted({each for each in found if each is not None}, key=lambda each: each.pk)

    def _known_fails(self) -> Iterable[tuple[CheckedDomain, Rule, RuleStanding]]:
        for domain in self.domains:
            for rule in self.rules:
                standing = self.standing(domain, rule)
                if (
                    standing is not None
                    and standing.known == Outcome.FAIL
                    and must_pass(rule, standing)
                    and self.waiver(domain, rule) is None
                ):
                    yield domain, rule, standing

    def _why_shut(self, domain: CheckedDomain, rule: Rule) -> str:
        standing = self.standing(domain, rule)
        if rule.level == Rule.Level.SHOWN and (standing is None or not must_pass(rule, standing)):
            return ""
        counts = must_pass(rule, standing)
        if (counts or rule.level == Rule.Level.MUST) and (
            why := _why_not_known(standing, self.now)
        ):
            return why
        if counts:
            return "" if self.waiver(domain, rule) else _why_bad(standing)
        return self._why_no_plan(domain, rule, standing)

    def _why_no_plan(self, domain: CheckedDomain, rule: Rule, standing: RuleStanding | None) -> str:
        if standing is not None and standing.known in GOOD and self._is_fresh(standing):
            return ""
        promised = self.plan(domain, rule)
        if promised is None:
            return NO_PLAN
        return PLAN_OVERDUE if promised < self.today else ""

    def _is_fresh(self, standing: RuleStanding) -> bool:
        return standing.known_at is not None and standing.known_at > self.now - KNOWN_FOR

    def _has_mail_domain(self) -> bool:
        earliest = self.now - CONTROL_HOLDS
        return any(
            each.has_mail and each.verified_at is not None and each.verified_at > earliest
            for each in self.domains
        )


def must_pass(rule: Rule, standing: RuleStanding | None) -> bool:
    """Whether a rule counts as one that must pass: by its level, unless its result says other."""
    said = standing.result.blocks if standing and standing.result else None
    return rule.level == Rule.Level.MUST if said is None else said


def codes_of(blocks: Collection[Block]) -> list[str]:
    """The rules' codes, each once, in the order they came."""
    return list(dict.fromkeys(each.code for each in blocks if each.code))


def _why_not_known(standing: RuleStanding | None, now: datetime) -> str:
    if standing is None:
        return UNKNOWN
    if not standing.known:
        return NOT_TESTED if standing.last == Outcome.NOT_TESTED else UNKNOWN
    assert standing.known_at is not None
    return STALE if standing.known_at <= now - KNOWN_FOR else ""


def _why_bad(standing: RuleStanding | None) -> str:
    if standing is None or standing.known in GOOD:
        return ""
    return FAILS if standing.known == Outcome.FAIL else PARTIAL


def _is_grave(standing: RuleStanding) -> bool:
    return bool(standing.result and standing.result.is_grave)


def _is_lasting(standing: RuleStanding) -> bool:
    if _is_grave(standing):
        return True
    first, last = standing.first_failed_at, standing.last_failed_at
    if first is None or last is None:
        return False
    return standing.failed_runs >= RUNS_IN_A_ROW and last - first >= SPREAD
