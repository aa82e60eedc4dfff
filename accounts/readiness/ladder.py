"""The DMARC ladder of a domain: none, assess, deploy, enforce, maintain.

assess: a record with p=none. deploy: that, with reports that somebody reads, SPF and a DKIM key;
enforce: quarantine or reject; maintain: reject, for 90 days already. none: no record that counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import CheckedDomain, Outcome, RuleResult
from accounts.probing.observations import Observations
from accounts.readiness import checks
from accounts.readiness.checks.case import CannotTell, Case
from accounts.readiness.checks.findings import Part
from accounts.readiness.checks.trustworthy import policies
from accounts.readiness.profiles.lines import RuleLine
from accounts.readiness.subject import Subject

RUNGS = ("none", "assess", "deploy", "enforce", "maintain")
MAINTAINED = timedelta(days=90)
# The limits of RFC 7208 and RFC 8301; the ladder does not move with the rules of the gate.
_SPF = RuleLine("TR-1", 1, "trustworthy", "B", {"lookups": 10, "void_lookups": 2})
_DKIM = RuleLine("TR-4", 1, "trustworthy", "B", {"rsa_bits": 1024, "plan_rsa_bits": 2048})


def rung_of(
    subject: Subject,
    seen: Observations,
    history: Iterable[tuple[datetime, str]],
    *,
    now: datetime,
) -> str:
    """The rung a domain stands on by a run; "" where that cannot be told.

    history: what earlier runs found, each its moment and policy (`history_of`), in any order.
    """
    case = Case(_SPF, subject, seen, now)
    try:
        found = policies.find(case)
    except CannotTell:
        return ""
    if isinstance(found, Part):
        return "none"
    if found.policy == "reject" and _rejects_since(history, now) <= now - MAINTAINED:
        return "maintain"
    if found.policy != "none":
        return "enforce"
    return "deploy" if found.dmarc.rua and _is_deployed(subject, seen, now) else "assess"


def lowest(rungs: Iterable[str]) -> str:
    """The rung that all of these domains have reached; "" where there are none that tell."""
    return min((each for each in rungs if each), key=RUNGS.index, default="")


def history_of(domain: CheckedDomain, now: datetime) -> list[tuple[datetime, str]]:
    """The policies that earlier runs found, as far back as the ladder looks, and one before."""
    found = RuleResult.objects.filter(run__domain=domain, rule__code="TR-3")
    known = found.exclude(outcome__in=(Outcome.UNKNOWN, Outcome.NOT_TESTED))
    rows = known.filter(
        run__finished_at__lte=now, run__finished_at__gt=now - MAINTAINED - timedelta(days=30)
    ).values_list("run__finished_at", "facts__policy")
    return [(at, policy if isinstance(policy, str) else "none") for at, policy in rows if at]


def _rejects_since(history: Iterable[tuple[datetime, str]], now: datetime) -> datetime:
    """Since when every run found p=reject."""
    since = now
    for at, policy in sorted(history, reverse=True):
        if at > now:
            continue
        if policy != "reject":
            break
        since = at
    return since


def _is_deployed(subject: Subject, seen: Observations, now: datetime) -> bool:
    found = checks.judge([_SPF, _DKIM], subject, seen, now=now)
    has_key = any(part.reason in ("dkim_good", "dkim_short") for part in found[1].parts)
    return found[0].outcome == Outcome.PASS and has_key
