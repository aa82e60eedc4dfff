"""The rules of one domain as its page shows them: verdict, proof, cure, plan, waiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import CheckedDomain, PlanOfAction, Rule, RuleStanding, Waiver
from accounts.models.readiness.runs import Outcome
from accounts.readiness import wording
from accounts.readiness.scores import score_of
from accounts.readiness.wording import Cure

# A known result stands in for one that could not be had, so long.
STANDS_FOR = timedelta(days=7)

_ICONS = {
    "pass": "check",
    "partial": "contrast",
    "fail": "x",
    "unknown": "circle-help",
    "waived": "stamp",
    "not_applicable": "minus",
    "not_tested": "hourglass",
}
_LABELS: dict[str, Promise] = {
    "pass": _("Pass"),
    "partial": _("Partial"),
    "fail": _("Fail"),
    "unknown": _("Result unknown"),
    "waived": _("Waived"),
    "not_applicable": _("Not applicable"),
    "not_tested": _("Not tested"),
}
# Parts of a pillar's meter: a verdict, the colour of its piece, its word.
PARTS: tuple[tuple[str, str, Promise], ...] = (
    ("pass", "success", _("Pass")),
    ("waived", "agency", _("Waived")),
    ("partial", "warning", _("Partial")),
    ("fail", "danger", _("Fail")),
    ("unknown", "unknown", _("Unknown")),
)
GISTS: dict[str, Promise] = {
    Rule.Pillar.STABLE.value: _("The systems are there and answer, always."),
    Rule.Pillar.SECURE.value: _("What travels cannot be read on its way."),
    Rule.Pillar.TRUSTWORTHY.value: _("Recipients can tell that it comes from the agency."),
}


@dataclass(frozen=True)
class RuleLine:
    """One rule of one domain. verdict: a word of `_LABELS`.

    stands_in: the last run could not tell, and an older result stands. to_mend: there is
    something to do for the agency.
    """

    rule: Rule
    name: str
    gist: str
    verdict: str
    proof: str
    sentence: str
    cure: Cure | None
    standing: RuleStanding | None
    plan: PlanOfAction | None
    waiver: Waiver | None
    stands_in: bool = False
    extracts: Sequence[str] = ()

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def label(self) -> Promise:
        return _LABELS[self.verdict]

    @property
    def icon(self) -> str:
        return _ICONS[self.verdict]

    @property
    def is_must(self) -> bool:
        return self.rule.level == Rule.Level.MUST

    @property
    def is_shown_only(self) -> bool:
        return self.rule.level == Rule.Level.SHOWN

    @property
    def to_mend(self) -> bool:
        return self.verdict in ("fail", "partial") and not self.is_shown_only

    @property
    def failed_runs(self) -> int:
        return self.standing.failed_runs if self.standing else 0

    @property
    def at(self) -> datetime | None:
        """When what is shown was seen."""
        if self.standing is None:
            return None
        return self.standing.known_at if self.stands_in else self.standing.last_at


@dataclass(frozen=True)
class Pillar:
    """One of the three words, with its rules. bar: kind, begin, width in hundredths."""

    name: str
    label: Promise | str
    gist: Promise
    score: int | None
    lines: Sequence[RuleLine]

    @property
    def counts(self) -> list[tuple[str, Promise, int]]:
        """Colour, word and number of each verdict that there is."""
        found = [line.verdict for line in self.lines]
        counted = [(look, label, found.count(verdict)) for verdict, look, label in PARTS]
        return [each for each in counted if each[2]]

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        whole = sum(count for _look, _label, count in self.counts)
        made, begun = [], 0.0
        for look, _label, count in self.counts:
            width = 100 * count / whole
            made.append((look, begun, width))
            begun += width
        return made


@dataclass(frozen=True)
class Kept:
    """What is kept about one domain, by the code of the rule."""

    standings: dict[str, RuleStanding]
    plans: dict[str, PlanOfAction]
    waivers: dict[str, Waiver]

    @classmethod
    def of_all(cls, domains: Sequence[CheckedDomain]) -> dict[int, Kept]:
        """By domain's id: three questions, however many rules and domains there are."""
        pks = [each.pk for each in domains]
        made = {pk: cls({}, {}, {}) for pk in pks}
        for standing in RuleStanding.objects.filter(domain__in=pks).select_related("result"):
            made[standing.domain_id].standings[standing.code] = standing
        for plan in PlanOfAction.objects.filter(domain__in=pks, closed_at__isnull=True):
            made[plan.domain_id].plans[plan.code] = plan
        waivers = Waiver.objects.filter(domain__in=pks, ended_at__isnull=True).select_related(
            "asked_by__official", "approved_by__official", "seconded_by__official"
        )
        for waiver in waivers:
            made[waiver.domain_id].waivers[waiver.code] = waiver
        return made


def line_of(rule: Rule, domain: CheckedDomain, kept: Kept, *, now: datetime) -> RuleLine:
    """A rule as it stands for a domain; never tested: a line without proof."""
    standing = kept.standings.get(rule.code)
    waiver = kept.waivers.get(rule.code)
    shared = {
        "rule": rule,
        "name": wording.name_of(rule.code),
        "gist": wording.gist_of(rule.code),
        "standing": standing,
        "plan": kept.plans.get(rule.code),
        "waiver": waiver,
    }
    if standing is None:
        return RuleLine(**shared, verdict="not_tested", proof="", sentence="", cure=None)  # type: ignore[arg-type]  # of several types
    verdict, stands_in = verdict_of(standing, now=now)
    result = standing.result
    if verdict in ("fail", "partial") and waiver and holds(waiver, now.date()):
        verdict = "waived"
    reason, facts = (result.reason, result.facts) if result else ("", {})
    is_told = result is not None and (stands_in or standing.last == standing.known)
    return RuleLine(
        **shared,  # type: ignore[arg-type]  # of several types
        verdict=verdict,
        proof=wording.proof_of(reason, facts) if is_told else "",
        sentence=wording.sentence_of(rule.code, reason, facts) if is_told else "",
        cure=wording.cure_of(rule.code, reason, facts, domain) if is_told else None,
        stands_in=stands_in,
    )


def verdict_of(standing: RuleStanding, *, now: datetime) -> tuple[str, bool]:
    """The newest outcome; where that is unknown, the one that stands in for it for 7 days."""
    is_known = standing.last != Outcome.UNKNOWN
    if is_known or not standing.known or standing.known_at is None:
        return standing.last, False
    if now - standing.known_at > STANDS_FOR:
        return standing.last, False
    return standing.known, True


def holds(waiver: Waiver, day: date) -> bool:
    """Whether it was given by two, is not over, and its last day has not passed."""
    return bool(
        waiver.approved_at
        and waiver.seconded_at
        and waiver.ended_at is None
        and waiver.expires_on >= day
    )


def pillars_of(lines: Sequence[RuleLine]) -> list[Pillar]:
    """The three words, each with its rules."""
    return [
        Pillar(
            name=pillar.value,
            label=pillar.label,
            gist=GISTS[pillar.value],
            score=score_of(
                [line.standing for line in lines if line.standing and line.rule.pillar == pillar]
            ),
            lines=[line for line in lines if line.rule.pillar == pillar],
        )
        for pillar in Rule.Pillar
    ]
