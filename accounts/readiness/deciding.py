"""Decisions at the gate: one evaluator proposes on cited evidence, another agrees, and it is done.

What is cited are the newest runs of all the agency's domains. The second person must see the
same: where a run has come between, or the agency no longer passes, the decision lapses. So that
a night does not bring that about by itself, daily runs of an agency that is not open wait for two
days while a decision on it does (`scanning`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.audit import chain
from accounts.models import (
    Account,
    Agency,
    AgencyReadiness,
    CheckedDomain,
    GateDecision,
    ScanRun,
)
from accounts.readiness import gate, officers, profiles
from accounts.readiness.gate.table import Cause, leads_from
from accounts.readiness.telling import notices
from govmail_portal.errors import PortalError

Kind = GateDecision.Kind
State = Agency.State
OPENING = (Kind.OPEN, Kind.OPEN_WITH_WAIVERS, Kind.REINSTATE)


class ReasonMissing(PortalError):
    message = _("Say why: the agency and the other evaluator read it.")


class NotForThisState(PortalError):
    message = _("This cannot be decided while the agency stands where it does.")


class NothingMeasured(PortalError):
    message = _("There is no run of every domain under the rules in force that could be cited.")


class OtherKindNeeded(PortalError):
    message = _(
        "An agency that passes only by waivers may open with waivers; one that needs none, without."
    )


class WaitsAlready(PortalError):
    message = _("A decision on this agency waits for its second evaluator already.")


class AnotherEvaluatorNeeded(PortalError):
    message = _("You proposed it: another evaluator must agree.")


class AnsweredAlready(PortalError):
    message = _("This decision has been taken, refused or taken back already.")


class Lapsed(PortalError):
    message = _(
        "The evidence is no longer what was cited: domains were tested again, or rules no longer "
        "pass. The decision has lapsed and must be proposed anew."
    )


class NotYours(PortalError):
    message = _("Only whoever proposed it takes it back.")
    status = 403


@transaction.atomic
def propose(agency: Agency, kind: str, *, reason: str, by: Account, now: datetime) -> GateDecision:
    """Propose a decision (GateDecision.Kind) on the newest evidence; another evaluator must agree.

    Raises the errors above, gate.NotPassing, and what `officers.must_decide` raises.
    """
    officers.must_decide(by, agency, now=now)
    wanted = Kind(kind)
    if not reason.strip():
        raise ReasonMissing
    gate.reckon(agency, now)
    gate.hold(agency, now=now)
    _must_be_possible(agency, wanted, now)
    runs = newest_runs(agency)
    _must_be_measured(agency, runs, wanted, now)
    used = gate.ledger_of(agency, now).waivers_used()
    try:
        with transaction.atomic():
            decision = GateDecision.objects.create(
                agency=agency,
                kind=wanted,
                reason=reason.strip()[:1_000],
                profile=profiles.in_force(timezone.localdate(now)),
                runs=[run.pk for run in runs],
                waivers=[each.pk for each in used],
                evidence_hash=hash_of(runs),
                decided_by=by,
                decided_at=now,
            )
    except IntegrityError as error:
        raise WaitsAlready from error
    _record("decision_proposed", decision, by=by, now=now)
    return decision


def second(decision: GateDecision, *, by: Account, now: datetime) -> None:
    """Agree to a decision, and have it carried out in the same transaction.

    Raises AnotherEvaluatorNeeded, AnsweredAlready, Lapsed (then the decision is over), and what
    `officers.must_decide` raises.
    """
    with transaction.atomic():
        held, row = _waiting(decision, now)
        officers.must_decide(by, held.agency, now=now)
        if held.decided_by_id == by.pk:
            raise AnotherEvaluatorNeeded
        is_same = _is_as_cited(held, now)
        if is_same:
            held.seconded_by, held.seconded_at = by, now
            held.save(update_fields=["seconded_by", "seconded_at"])
            _record("decision_taken", held, by=by, now=now)
            facts = {"reason": held.reason, "waivers": len(held.waivers)}
            gate.move(
                row,
                Cause(held.kind),
                _leads_to(held),
                now=now,
                by=by,
                decision=held,
                facts=facts,
            )
            gate.reckon(held.agency, now)
        else:
            _end(held, gettext_noop("The evidence changed before the second evaluator came."), now)
            _record("decision_lapsed", held, by=None, now=now)
    decision.refresh_from_db()
    # Outside: that it lapsed is kept.
    if not is_same:
        raise Lapsed


@transaction.atomic
def refuse(decision: GateDecision, *, why: str, by: Account, now: datetime) -> None:
    """The second evaluator's no. Raises AnotherEvaluatorNeeded (take it back), AnsweredAlready."""
    held, _row = _waiting(decision, now)
    officers.must_decide(by, held.agency, now=now)
    if held.decided_by_id == by.pk:
        raise AnotherEvaluatorNeeded
    if not why.strip():
        raise ReasonMissing
    _end(held, why.strip()[:300], now, by)
    _record("decision_refused", held, by=by, now=now)
    if held.kind in OPENING:
        notices.decision_refused(held, now=now)
    decision.refresh_from_db()


@transaction.atomic
def take_back(decision: GateDecision, *, by: Account, now: datetime) -> None:
    """Take back one's own proposal before anybody has answered it. Raises NotYours."""
    held, _row = _waiting(decision, now)
    if held.decided_by_id != by.pk:
        raise NotYours
    _end(held, gettext_noop("Taken back by whoever proposed it."), now, by)
    _record("decision_taken_back", held, by=by, now=now)
    decision.refresh_from_db()


def waiting(agencies: QuerySet[Agency]) -> QuerySet[GateDecision]:
    """The decisions on these agencies that wait for a second evaluator, the oldest first."""
    found = GateDecision.objects.waiting().filter(agency__in=agencies)
    return found.select_related("agency", "decided_by").order_by("decided_at")


def possible(agency: Agency) -> list[str]:
    """Which kinds of decision the agency's state allows."""
    return [kind.value for kind in Kind if leads_from(agency.state, Cause(kind.value))]


def newest_runs(agency: Agency) -> list[ScanRun]:
    """The newest finished run of each kept domain of the agency, in the order of their ids."""
    kept = CheckedDomain.objects.kept().filter(agency=agency)
    return list(newest_runs_of(kept).defer("evidence"))


def newest_runs_of(domains: QuerySet[CheckedDomain]) -> QuerySet[ScanRun]:
    """The newest finished run of each of these domains, whole, in the order of their ids."""
    done = ScanRun.objects.done().filter(domain=OuterRef("pk")).order_by("-finished_at", "-pk")
    newest = domains.annotate(newest=Subquery(done.values("pk")[:1])).values_list(
        "newest", flat=True
    )
    return ScanRun.objects.filter(pk__in=[pk for pk in newest if pk]).order_by("pk")


def hash_of(runs: Sequence[ScanRun]) -> str:
    """SHA-256 over the digests of these runs, in this order."""
    return hashlib.sha256("\n".join(run.digest for run in runs).encode()).hexdigest()


def _must_be_possible(agency: Agency, kind: Kind, now: datetime) -> None:
    if kind not in possible(agency):
        raise NotForThisState
    if kind not in OPENING:
        return
    ledger = gate.ledger_of(agency, now)
    if ledger.blocks():
        raise gate.NotPassing
    needs_waivers = bool(ledger.waivers_used())
    if kind != Kind.REINSTATE and (kind == Kind.OPEN_WITH_WAIVERS) != needs_waivers:
        raise OtherKindNeeded


def _must_be_measured(agency: Agency, runs: Sequence[ScanRun], kind: Kind, now: datetime) -> None:
    """What opens is measured whole under the rules in force; what shuts may rest on less."""
    if kind not in OPENING:
        return
    in_force = profiles.in_force(timezone.localdate(now)).pk
    domains = CheckedDomain.objects.kept().filter(agency=agency).count()
    if len(runs) != domains or any(run.profile_id != in_force for run in runs):
        raise NothingMeasured


def _is_as_cited(held: GateDecision, now: datetime) -> bool:
    """Whether the second person sees what the first did, and it still holds."""
    runs = newest_runs(held.agency)
    if hash_of(runs) != held.evidence_hash or [run.pk for run in runs] != held.runs:
        return False
    if held.kind not in possible(held.agency):
        return False
    ledger = gate.ledger_of(held.agency, now)
    same_waivers = [each.pk for each in ledger.waivers_used()] == held.waivers
    return held.kind not in OPENING or (same_waivers and not ledger.blocks())


def _leads_to(held: GateDecision) -> str:
    if held.kind == Kind.REINSTATE:
        return State.READY_WITH_WAIVERS if held.waivers else State.READY
    return {
        Kind.OPEN: State.READY,
        Kind.OPEN_WITH_WAIVERS: State.READY_WITH_WAIVERS,
        Kind.SEND_BACK: State.NOT_READY,
        Kind.SUSPEND: State.SUSPENDED,
    }[Kind(held.kind)]


def _waiting(decision: GateDecision, now: datetime) -> tuple[GateDecision, AgencyReadiness]:
    """The decision and its agency's gate, locked, if nobody has answered it yet."""
    row = gate.hold(decision.agency, now=now)
    held = GateDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    held.agency = row.agency
    if held.seconded_at is not None or held.ended_at is not None:
        raise AnsweredAlready
    return held, row


def _end(held: GateDecision, why: str, now: datetime, by: Account | None = None) -> None:
    held.ended_by, held.ended_at, held.ended_why = by, now, why
    held.save(update_fields=["ended_by", "ended_at", "ended_why"])


def _record(act: str, decision: GateDecision, *, by: Account | None, now: datetime) -> None:
    details = {
        "kind": decision.kind,
        "reason": decision.reason,
        "evidence": decision.evidence_hash,
        "rules": decision.profile_id,
        "why": decision.ended_why,
    }
    chain.record(act, decision, by=by, now=now, agency=decision.agency, details=details)
