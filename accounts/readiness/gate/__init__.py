"""The gate of an agency: the only place that changes `Agency.state`, and writes down why.

`reckon` is the machine: after every run and every change of what the gate rests on, and each
night. It opens nothing and suspends only after a grace. Locks: the agency's readiness row first,
then whatever else, then the audit.

A live agency is at risk once a fail has lasted, for fourteen days at first. A passing run brings
it back; what was left of the grace then is all it has the next time, three days at least, unless
it has stayed live for fourteen: whoever mends for a day gains no new grace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.audit import chain
from accounts.models import Account, Agency, AgencyReadiness, GateDecision, GateEvent
from accounts.provisioning import queue
from accounts.readiness import officers, profiles
from accounts.readiness.gate.blocking import Block, Ledger, codes_of
from accounts.readiness.gate.table import Cause, must_lead
from accounts.readiness.telling import notices
from govmail_portal.errors import PortalError

State = Agency.State
GRACE = timedelta(days=14)
LEAST_GRACE = timedelta(days=3)
_BEFORE_DECISION = (State.ASSESSING, State.NOT_READY, State.READY_FOR_DECISION)
_DECIDED = (State.READY, State.READY_WITH_WAIVERS)


class NotPassing(PortalError):
    message = _("Rules that must pass do not pass now. The page of the agency says which.")


class HasBeenDecidedOn(PortalError):
    message = _("The gate has decided on this agency: there is no other way in or out for it.")


class LetterMissing(PortalError):
    message = _("Give the number of the letter that this rests on.")


@dataclass(frozen=True)
class _Step:
    """A way the machine takes: why, whereto, and what goes with it."""

    cause: Cause
    after: str
    facts: dict[str, Any] = field(default_factory=dict)


# --- Looking --------------------------------------------------------------


def blocking(agency: Agency, now: datetime) -> list[Block]:
    """Why the agency is not to be opened, each a domain, a rule and a reason; empty: nothing."""
    return ledger_of(agency, now).blocks()


def ledger_of(agency: Agency, now: datetime) -> Ledger:
    """What the gate of an agency rests on, under the rules in force."""
    return Ledger(agency, profiles.in_force(timezone.localdate(now)), now)


def hold(agency: Agency, *, now: datetime) -> AgencyReadiness:
    """Lock the agency's gate to the end of the transaction; its state is read anew."""
    AgencyReadiness.objects.get_or_create(agency=agency, defaults={"since": now})
    row = AgencyReadiness.objects.select_for_update(of=("self",)).get(agency=agency)
    row.agency = agency
    agency.refresh_from_db(fields=["state"])
    return row


# --- The machine ----------------------------------------------------------


@transaction.atomic
def reckon(agency: Agency, now: datetime) -> str:
    """Bring an agency's state up to date with its domains' standings; gives the state.

    The machine alone: it never leads to ready* or from there to live.
    """
    row = hold(agency, now=now)
    ledger = ledger_of(agency, now)
    blocks = ledger.blocks()
    while step := _next(agency.state, row, ledger, blocks):
        move(row, step.cause, step.after, now=now, facts=step.facts)
    row.blocking = ledger.still_failing() if agency.is_open else codes_of(blocks)
    row.unknown, row.profile, row.reckoned_at = ledger.unknown(), ledger.profile, now
    row.save(update_fields=["blocking", "unknown", "profile", "reckoned_at"])
    return agency.state


def _next(state: str, row: AgencyReadiness, ledger: Ledger, blocks: list[Block]) -> _Step | None:
    if not ledger.domains:
        return _without_domains(state)
    if state == State.UNASSESSED:
        return _Step(Cause.DOMAINS_ADDED, State.ASSESSING)
    if state in _BEFORE_DECISION:
        return _before_decision(state, ledger, blocks)
    if state in _DECIDED or state == State.LIVE:
        return _while_well(state, ledger)
    return _at_risk(row, ledger) if state == State.AT_RISK else None


def _without_domains(state: str) -> _Step | None:
    if state in (*_BEFORE_DECISION, *_DECIDED):
        return _Step(Cause.DOMAINS_GONE, State.UNASSESSED)
    return None


def _before_decision(state: str, ledger: Ledger, blocks: list[Block]) -> _Step | None:
    if state == State.ASSESSING and not ledger.is_measured:
        return None
    if not blocks:
        is_there = state == State.READY_FOR_DECISION
        return None if is_there else _Step(Cause.PASSED, State.READY_FOR_DECISION)
    if state == State.NOT_READY:
        return None
    return _Step(Cause.BLOCKED, State.NOT_READY, {"rules": codes_of(blocks)})


def _while_well(state: str, ledger: Ledger) -> _Step | None:
    lasting = [each for each in ledger.failing() if each.is_lasting]
    if not lasting:
        return None
    facts = {
        "rules": sorted({each.code for each in lasting}),
        "domains": sorted({each.domain.name for each in lasting}),
        "grave": sorted({each.code for each in lasting if each.is_grave}),
    }
    return _Step(Cause.FAILING, State.AT_RISK if state == State.LIVE else State.NOT_READY, facts)


def _at_risk(row: AgencyReadiness, ledger: Ledger) -> _Step | None:
    if not ledger.still_failing():
        return _Step(Cause.RECOVERED, State.LIVE)
    if row.grace_until is None or ledger.now < row.grace_until:
        return None
    # Not by time alone: some run must have found it failing still, once the grace was over.
    failing = ledger.seen_failing_since(row.grace_until)
    return _Step(Cause.GRACE_OVER, State.SUSPENDED, {"rules": failing}) if failing else None


# --- Moving ---------------------------------------------------------------


def move(
    row: AgencyReadiness,
    cause: Cause,
    after: str,
    *,
    now: datetime,
    by: Account | None = None,
    decision: GateDecision | None = None,
    facts: dict[str, Any] | None = None,
) -> GateEvent:
    """Take a way of the table, with all that follows from it; the row is held. NoSuchWay."""
    agency = row.agency
    before = agency.state
    must_lead(before, cause, after)
    agency.state = after
    agency.save(update_fields=["state"])
    _keep_grace(row, before, after, now)
    row.since = now
    row.save(update_fields=["since", "grace_until", "grace_left"])
    known = dict(facts or {})
    if row.grace_until is not None:
        known["until"] = row.grace_until.isoformat()
    event = GateEvent.objects.create(
        agency=agency,
        at=now,
        before=before,
        after=after,
        cause=cause.value,
        facts=known,
        by=by,
        decision=decision,
    )
    details = {"before": before, "after": after, "cause": cause.value} | known
    chain.record("gate_moved", agency, by=by, now=now, agency=agency, details=details)
    _lapse_others(agency, decision, now)
    if agency.is_open:
        queue.open_gate(agency, now=now)
    notices.moved(event, now=now)
    return event


def _keep_grace(row: AgencyReadiness, before: str, after: str, now: datetime) -> None:
    """Begin a grace, keep what is left of one, or forget it; `row.since` is when `before` began."""
    if after == State.AT_RISK:
        is_soon = row.grace_left is not None and now - row.since < GRACE
        left = max(row.grace_left or LEAST_GRACE, LEAST_GRACE) if is_soon else GRACE
        row.grace_until, row.grace_left = now + left, None
    elif before == State.AT_RISK and after == State.LIVE:
        left = row.grace_until - now if row.grace_until else timedelta()
        row.grace_until, row.grace_left = None, max(left, timedelta())
    else:
        row.grace_until, row.grace_left = None, None


def _lapse_others(agency: Agency, decision: GateDecision | None, now: datetime) -> None:
    """What waits for a second person was proposed of another state."""
    waiting = GateDecision.objects.waiting().filter(agency=agency)
    if decision is not None:
        waiting = waiting.exclude(pk=decision.pk)
    waiting.update(
        ended_at=now, ended_why=gettext_noop("The agency's state has changed meanwhile.")
    )


# --- The agency's own step ------------------------------------------------


def go_live(agency: Agency, by: Account, now: datetime) -> None:
    """Open the central service for an agency that was decided on; an officer of it does.

    Raises NotOfTheAgency, NoSuchWay, and NotPassing where it has decayed since the decision.
    """
    officers.must_be_of(by, agency)
    reckon(agency, now)
    with transaction.atomic():
        row = hold(agency, now=now)
        must_lead(agency.state, Cause.GO_LIVE, State.LIVE)
        if blocking(agency, now):
            raise NotPassing
        move(row, Cause.GO_LIVE, State.LIVE, now=now, by=by)
        reckon(agency, now)


@transaction.atomic
def adopt(agency: Agency, letter_no: str, *, now: datetime) -> None:
    """Take over an agency that was served before there was a gate, or that runs the portal.

    For the command line alone, by a letter; never around a decision. Raises LetterMissing,
    HasBeenDecidedOn, NoSuchWay.
    """
    if not letter_no.strip():
        raise LetterMissing
    row = hold(agency, now=now)
    if GateDecision.objects.filter(agency=agency, seconded_at__isnull=False).exists():
        raise HasBeenDecidedOn
    facts = {"letter": letter_no.strip()[:120]}
    move(row, Cause.ADOPTED, State.LIVE, now=now, facts=facts)
