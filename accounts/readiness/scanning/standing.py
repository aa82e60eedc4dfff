"""Where a domain stands under each rule, over all its runs; and what a run has changed in it.

A run that tells nothing of a rule, because of us or because it was not tested, leaves what was
known, and neither counts among failed runs nor breaks their row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import CheckedDomain, Outcome, Rule, RuleResult, RuleStanding, ScanRun
from accounts.readiness import plans
from accounts.readiness.checks import Judgement

UNTOLD = (Outcome.UNKNOWN, Outcome.NOT_TESTED)
GOOD = (Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True)
class Change:
    """A rule under which a run found the domain other than what was known: outcomes."""

    code: str
    before: str
    after: str

    @property
    def is_worse(self) -> bool:
        return self.before in GOOD and self.after == Outcome.FAIL


def of(domain: CheckedDomain) -> list[RuleStanding]:
    """The domain's standings, with the results they rest on, in the order of their codes."""
    found = RuleStanding.objects.filter(domain=domain).select_related("result__rule", "run")
    return list(found.order_by("code"))


@transaction.atomic
def record(run: ScanRun, judgements: Sequence[Judgement], now: datetime) -> list[Change]:
    """Keep what the rules made of a run, bring the standings up to date; gives what changed.

    Judgements of rules that the run's profile does not have are left out.
    """
    rules = {rule.code: rule for rule in run.profile.rules.all()}
    known = {each.code: each for each in judgements if each.code in rules}
    results = _write(run, rules, known)
    held = RuleStanding.objects.select_for_update().filter(domain=run.domain_id)
    standings = {each.code: each for each in held}
    changes: list[Change] = []
    new: list[RuleStanding] = []
    old: list[RuleStanding] = []
    for code, result in results.items():
        standing = standings.get(code) or RuleStanding(domain_id=run.domain_id, code=code)
        before = standing.known
        _update(standing, run, result, now)
        (old if standing.pk else new).append(standing)
        if standing.known != before:
            changes.append(Change(code, before, standing.known))
    RuleStanding.objects.bulk_create(new)
    fields = [each.name for each in RuleStanding._meta.concrete_fields if each.name != "id"]
    RuleStanding.objects.bulk_update(old, fields)
    plans.close_passed(
        run.domain_id, [c for c, each in results.items() if each.outcome in GOOD], now
    )
    return changes


def _write(
    run: ScanRun, rules: dict[str, Rule], judgements: dict[str, Judgement]
) -> dict[str, RuleResult]:
    made = [
        RuleResult(
            run=run,
            rule=rules[code],
            outcome=each.outcome,
            reason=each.reason[:60],
            facts=each.facts,
            rests_on=list(each.rests_on),
            is_grave=each.is_grave,
            blocks=each.blocks,
        )
        for code, each in judgements.items()
    ]
    RuleResult.objects.bulk_create(made)
    return {each.rule.code: each for each in made}


def _update(standing: RuleStanding, run: ScanRun, result: RuleResult, now: datetime) -> None:
    standing.run, standing.last, standing.last_at = run, result.outcome, now
    if result.outcome in UNTOLD:
        return
    standing.known, standing.known_at, standing.result = result.outcome, now, result
    if result.outcome == Outcome.FAIL:
        standing.failed_runs += 1
        standing.first_failed_at = standing.first_failed_at or now
        standing.last_failed_at = now
    else:
        standing.failed_runs = 0
        standing.first_failed_at = standing.last_failed_at = None
