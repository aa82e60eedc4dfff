"""What letters about readiness say, in the language and the manner of whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import (
    Account,
    Agency,
    AgencyReadiness,
    CheckedDomain,
    GateDecision,
    GateEvent,
    PlanOfAction,
    Waiver,
)
from accounts.people.read_by import as_read_by
from accounts.readiness import wording as rules_wording
from govmail_portal import dates

State = Agency.State
_SUBJECTS: dict[str, str | Promise] = {
    State.NOT_READY: gettext_lazy("%(agency)s: something is left to do before it can open"),
    State.READY_FOR_DECISION: gettext_lazy("%(agency)s: ready for the evaluators' decision"),
    State.READY: gettext_lazy("%(agency)s may go live"),
    State.READY_WITH_WAIVERS: gettext_lazy("%(agency)s may go live, with waivers"),
    State.LIVE: gettext_lazy("%(agency)s is live"),
    State.AT_RISK: gettext_lazy("%(agency)s is at risk: mend it by %(day)s"),
    State.SUSPENDED: gettext_lazy("%(agency)s is suspended"),
}
_TEXTS: dict[str, str | Promise] = {
    State.NOT_READY: gettext_lazy(
        "The readiness page shows what is left to do, with the record or line to paste."
    ),
    State.READY_FOR_DECISION: gettext_lazy(
        "Every rule that must pass does. Two evaluators decide now; you need do nothing."
    ),
    State.READY: gettext_lazy(
        "Two evaluators have agreed. Go to the readiness page and let the agency go live."
    ),
    State.READY_WITH_WAIVERS: gettext_lazy(
        "Two evaluators have agreed. Go to the readiness page and let the agency go live."
    ),
    State.LIVE: gettext_lazy(
        "Its officials' accounts are opened, and mail for its domains is taken in."
    ),
    State.AT_RISK: gettext_lazy(
        "Mail goes on as before until then. If it still fails afterwards, the agency is suspended. "
        "Mend it and test again: once it passes, the agency is live again by itself."
    ),
    State.SUSPENDED: gettext_lazy(
        "New accounts wait, and mail from outside for its domains waits at its senders; what is "
        "there can be read. Mend what fails; two evaluators then decide on opening it again."
    ),
}


def of_move(reader: Account, event: GateEvent) -> tuple[str, str]:
    """Subject and text of a change of the agency's state."""
    with as_read_by(reader) as manner:
        until = event.facts.get("until")
        day = dates.day(datetime.fromisoformat(until), manner) if until else ""
        subject = _SUBJECTS.get(event.after, gettext_lazy("%(agency)s: its standing has changed"))
        lines = [str(_TEXTS.get(event.after, ""))]
        if event.facts.get("rules"):
            lines.insert(0, _about(event.facts["rules"], event.facts.get("domains", ())))
        if event.facts.get("reason"):
            lines.insert(0, _("Reason: %(reason)s") % {"reason": event.facts["reason"]})
        return str(subject) % {"agency": event.agency.name, "day": day}, _letter(lines)


def of_decay(reader: Account, domain: CheckedDomain, codes: Iterable[str]) -> tuple[str, str]:
    """Subject and text of what a domain no longer passes."""
    with as_read_by(reader):
        subject = _("%(domain)s no longer passes a rule it had passed") % {"domain": domain.name}
        lines = [
            _about(codes, [domain.name]),
            _("The readiness page shows what was seen and how to mend it."),
        ]
        return subject, _letter(lines)


def of_grace(reader: Account, about: AgencyReadiness) -> tuple[str, str]:
    """Subject and text of the nearing end of a grace."""
    assert about.grace_until is not None
    with as_read_by(reader) as manner:
        day = dates.day(about.grace_until, manner)
        facts = {"agency": about.agency.name, "day": day}
        subject = _("%(agency)s will be suspended after %(day)s") % facts
        return subject, _letter([_about(about.blocking, ()), str(_TEXTS[State.AT_RISK])])


def of_waiver(reader: Account, waiver: Waiver) -> tuple[str, str]:
    """Subject and text of a waiver that was given, ended, or is about to end."""
    with as_read_by(reader) as manner:
        facts = _facts(waiver.domain, waiver.code) | {
            "day": dates.day_of(waiver.expires_on, manner),
            "letter": waiver.letter_no,
        }
        if waiver.ended_at is not None:
            subject = _("The waiver of %(rule)s for %(domain)s has ended")
            lines = [_("Reason: %(reason)s") % {"reason": waiver.ended_why}]
        else:
            subject = _("%(domain)s may fail %(rule)s until %(day)s")
            lines = [_("After that day it must pass, or the agency is at risk.")]
        return subject % facts, _letter([_("Letter: %(letter)s") % facts, *lines])


def of_plan(reader: Account, plan: PlanOfAction) -> tuple[str, str]:
    """Subject and text of a promise whose day has passed."""
    with as_read_by(reader) as manner:
        facts = _facts(plan.domain, plan.code) | {
            "day": dates.day_of(plan.promised_on, manner),
            "owner": plan.owner,
        }
        subject = _("%(domain)s: %(rule)s was promised for %(day)s") % facts
        lines = [
            _("Who sees to it: %(owner)s") % facts,
            _("Test it again if it is done, or promise another day on the readiness page."),
        ]
        return subject, _letter(lines)


def of_refusal(reader: Account, decision: GateDecision) -> tuple[str, str]:
    """Subject and text of a decision that the second evaluator refused."""
    with as_read_by(reader):
        subject = _("%(agency)s: the evaluators have not agreed") % {"agency": decision.agency.name}
        return subject, _letter([_("Reason: %(reason)s") % {"reason": decision.ended_why}])


def _about(codes: Iterable[str], domains: Iterable[str]) -> str:
    rules = "\n".join(f"– {code} {rules_wording.name_of(code)}" for code in codes)
    said = _("Rules:") + "\n" + rules
    named = ", ".join(domains)
    return said + ("\n" + _("Domains: %(domains)s") % {"domains": named} if named else "")


def _facts(domain: CheckedDomain, code: str) -> dict[str, str]:
    return {"domain": domain.name, "rule": code}


def _letter(lines: Iterable[str]) -> str:
    return "\n\n".join(line for line in lines if line)
