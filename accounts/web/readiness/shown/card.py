"""The card at the head of an agency's page: where it stands at the gate, why, and what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Agency, AgencyReadiness, CheckedDomain, GateDecision, Outcome
from accounts.provisioning.overview import MOST_COUNTED
from accounts.readiness import wording
from accounts.readiness.gate.blocking import (
    FAILS,
    NO_MAIL_DOMAIN,
    NO_PLAN,
    NOT_TESTED,
    PARTIAL,
    PLAN_OVERDUE,
    STALE,
    UNKNOWN,
    Block,
    Ledger,
    must_pass,
)
from govmail_portal import dates
from govmail_portal.dates import Manner

State = Agency.State
# The look of the sign and its picture.
_SIGNS = {
    State.UNASSESSED: ("unknown", "circle-help"),
    State.ASSESSING: ("unknown", "hourglass"),
    State.NOT_READY: ("danger", "lock"),
    State.READY_FOR_DECISION: ("gold", "scale"),
    State.READY: ("gold", "shield-check"),
    State.READY_WITH_WAIVERS: ("gold", "shield-check"),
    State.LIVE: ("success", "shield-check"),
    State.AT_RISK: ("warning", "shield-alert"),
    State.SUSPENDED: ("danger", "lock"),
}
_STATES: dict[str, Promise] = {
    State.UNASSESSED: gettext_lazy("Nothing has been tested yet"),
    State.ASSESSING: gettext_lazy("Being tested"),
    State.READY_FOR_DECISION: gettext_lazy("Everything that must pass has passed"),
    State.READY: gettext_lazy("The service may be opened"),
    State.READY_WITH_WAIVERS: gettext_lazy("The service may be opened, with waivers"),
    State.LIVE: gettext_lazy("The service is open"),
    State.AT_RISK: gettext_lazy("Open, but at risk"),
    State.SUSPENDED: gettext_lazy("Suspended"),
}
# Why something stands in the way, besides that it fails; the codes are those of the rules.
_WHYS: dict[str, Promise] = {
    NO_MAIL_DOMAIN: gettext_lazy("control of a mail domain is not shown yet"),
    UNKNOWN: gettext_lazy("result unknown: %(codes)s"),
    NOT_TESTED: gettext_lazy("not tested yet: %(codes)s"),
    STALE: gettext_lazy("tested too long ago: %(codes)s"),
    NO_PLAN: gettext_lazy("a day must be promised for: %(codes)s"),
    PLAN_OVERDUE: gettext_lazy("the promised day has passed: %(codes)s"),
}
_MAY_OPEN = (State.READY, State.READY_WITH_WAIVERS)
_DECIDED = (*_MAY_OPEN, State.LIVE, State.AT_RISK, State.SUSPENDED)


@dataclass(frozen=True)
class Step:
    """One of the four steps to the opening. look: is-done, is-now or nothing."""

    title: str
    note: str
    look: str = ""


@dataclass(frozen=True)
class GateCard:
    look: str
    icon: str
    state: str
    why: Sequence[str]
    steps: Sequence[Step]
    may_open: bool


@dataclass(frozen=True)
class Known:
    """What the card is made of. waiting: accounts that wait until the agency is open."""

    agency: Agency
    readiness: AgencyReadiness | None
    ledger: Ledger
    waiting: int
    decision: GateDecision | None

    @cached_property
    def blocks(self) -> list[Block]:
        """What stands in the way; of an agency that is open, what is not mended yet."""
        if not self.agency.is_open:
            return self.ledger.blocks()
        return [Block(None, code, FAILS) for code in self.ledger.still_failing()]

    @property
    def domains(self) -> Sequence[CheckedDomain]:
        return self.ledger.domains

    @cached_property
    def outcomes(self) -> list[str]:
        """The known outcomes of the rules that must pass, over all domains."""
        found = []
        for domain in self.ledger.domains:
            for rule in self.ledger.rules:
                standing = self.ledger.standing(domain, rule)
                if must_pass(rule, standing):
                    found.append(standing.known if standing else "")
        return [each for each in found if each != Outcome.NOT_APPLICABLE]


def card_of(known: Known, manner: Manner) -> GateCard:
    """The sign, the sentence, the reasons and the four steps."""
    look, icon = _SIGNS[State(known.agency.state)]
    if known.agency.state == State.LIVE and _failing(_by_why(known)):
        look, icon = _SIGNS[State.AT_RISK]
    return GateCard(
        look=look,
        icon=icon,
        state=_sentence(known, manner),
        why=[*_first_reasons(known, manner), *_in_the_way(known, manner)],
        steps=_steps(known, manner),
        may_open=known.agency.state in _MAY_OPEN,
    )


def reason_of(block: Block) -> str:
    """One reason why an agency stays shut, in words; its domain is beside it."""
    if block.why in _WHYS:
        return str(_WHYS[block.why]) % {"codes": block.code}
    return f"{block.code} {wording.name_of(block.code)}"


def _sentence(known: Known, manner: Manner) -> str:
    count = len(_failing(_by_why(known)))
    if known.agency.state == State.NOT_READY:
        if not count:
            return _("The service cannot be opened yet")
        said = ngettext(
            "Cannot be opened yet: %(count)s rule that must pass is in the way",
            "Cannot be opened yet: %(count)s rules that must pass are in the way",
            count,
        )
        return said % {"count": manner.digits(str(count))}
    if known.agency.state == State.LIVE and count:
        said = ngettext(
            "Open, but %(count)s rule that must pass fails",
            "Open, but %(count)s rules that must pass fail",
            count,
        )
        return said % {"count": manner.digits(str(count))}
    return str(_STATES[State(known.agency.state)])


def _in_the_way(known: Known, manner: Manner) -> list[str]:
    """What stands in the way: rules that fail each by its name, the others by their codes."""
    found = _by_why(known)
    made = [f"{code} {wording.name_of(code)}" for code in _failing(found)]
    for why, sentence in _WHYS.items():
        codes = found.get(why)
        if codes is not None:
            made.append(str(sentence) % {"codes": ", ".join(codes)})
    return made


def _by_why(known: Known) -> dict[str, list[str]]:
    """Codes of rules by why they stand in the way; the same rule of several domains once."""
    found: dict[str, list[str]] = {}
    for block in known.blocks:
        codes = found.setdefault(block.why, [])
        if block.code and block.code not in codes:
            codes.append(block.code)
    return found


def _failing(found: Mapping[str, list[str]]) -> list[str]:
    return [*found.get(FAILS, ()), *found.get(PARTIAL, ())]


def _first_reasons(known: Known, manner: Manner) -> list[str]:
    state, readiness = known.agency.state, known.readiness
    if state == State.AT_RISK and readiness and readiness.grace_until:
        until = dates.day(readiness.grace_until, manner)
        return [_("If it is not mended, the service is suspended on %(day)s") % {"day": until}]
    if state == State.LIVE and _failing(_by_why(known)):
        return [_("If the next tests find the same, the agency is at risk")]
    if state == State.READY_FOR_DECISION:
        return [_("Two evaluators decide next, neither of them from the agency")]
    if state in _MAY_OPEN:
        return [_("An officer of the agency opens it, when it is ready")]
    if state == State.UNASSESSED:
        return [_("The service opens when the agency's mail and web have passed the test")]
    return []


def _steps(known: Known, manner: Manner) -> list[Step]:
    shown = [each.verified_at for each in known.domains if each.verified_at]
    is_shown = bool(known.domains) and len(shown) == len(known.domains)
    state = known.agency.state
    is_passed = state in (*_DECIDED, State.READY_FOR_DECISION)
    facts: list[tuple[str, str, bool]] = [
        (_("Show control of the domain"), _shown_note(known, shown, manner), is_shown),
        (_("Pass the readiness test"), _passed_note(known, manner), is_passed),
        (_("Approval by two"), _decision_note(known, manner), state in _DECIDED),
        (_("Open the service"), _open_note(known, manner), known.agency.is_open),
    ]
    steps, is_before_now = [], True
    for title, note, is_done in facts:
        look = "is-done" if is_done else "is-now" if is_before_now else ""
        is_before_now = is_before_now and is_done
        steps.append(Step(title, note, look))
    return steps


def _shown_note(known: Known, shown: Sequence[datetime], manner: Manner) -> str:
    if not known.domains:
        return _("No domain yet")
    if len(shown) == len(known.domains):
        return dates.day(max(shown), manner)
    facts = {"done": len(shown), "all": len(known.domains)}
    return manner.digits(_("%(done)s of %(all)s domains") % facts)


def _passed_note(known: Known, manner: Manner) -> str:
    if not any(known.outcomes):
        return _("Not tested yet")
    facts = {"passed": known.outcomes.count(Outcome.PASS), "must": len(known.outcomes)}
    return manner.digits(_("%(passed)s of %(must)s that must pass have passed") % facts)


def _decision_note(known: Known, manner: Manner) -> str:
    decision = known.decision
    if decision is None and known.agency.is_open:
        return _("None: it was served before there was a gate")
    if decision is None:
        return _("Two people, neither from the agency")
    if decision.seconded_at:
        return dates.day(decision.seconded_at, manner)
    return _("Proposed, waits for the second person")


def _open_note(known: Known, manner: Manner) -> str:
    if known.agency.is_open and known.readiness:
        return dates.day(known.readiness.since, manner)
    said = ngettext("%(count)s person waits", "%(count)s people wait", known.waiting)
    more = "+" if known.waiting == MOST_COUNTED else ""
    return said % {"count": manner.digits(f"{known.waiting:,}{more}")}
