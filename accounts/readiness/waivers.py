"""Waivers: leave to fail one rule for a time, asked by letter, given by two evaluators.

A waiver covers a fail, never what is unknown, and no grave one. It ends by itself after its last
day; one officer is enough to tighten, so anybody of either side may end it sooner.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, CheckedDomain, Rule, Waiver
from accounts.readiness import gate, officers, plans, profiles
from accounts.readiness.gate.blocking import must_pass
from accounts.readiness.telling import notices
from govmail_portal.errors import PortalError

# Both ends count. DMARC p=none is allowed for 90 days at most (TR-2).
LONGEST = timedelta(days=180)
LONGEST_OF = {"TR-2": timedelta(days=90)}


class LetterMissing(PortalError):
    message = _("Give the number of the letter that the waiver rests on.")


class ReasonMissing(PortalError):
    message = _("Say why the rule cannot be kept now: two evaluators must be able to judge it.")


class NotSoLong(PortalError):
    message = _("A waiver ends on a day to come, 180 days from now at most; of DMARC (TR-2), 90.")


class NeedsNoWaiver(PortalError):
    message = _("Only a rule that must pass can be waived; for this one a plan is enough.")


class AskedAlready(PortalError):
    message = _("A waiver of this rule is in force or waits already.")


class AnsweredAlready(PortalError):
    message = _("This waiver has been decided on or ended already.")


class AnotherEvaluatorNeeded(PortalError):
    message = _("You approved it, or asked for it: another evaluator must agree.")


@transaction.atomic
def ask(
    domain: CheckedDomain,
    code: str,
    *,
    reason: str,
    letter_no: str,
    expires_on: date,
    by: Account,
    now: datetime,
) -> Waiver:
    """Ask for leave to fail a rule until the end of a day in Thailand; it waits for two evaluators.

    Raises the errors above, and what `officers` and `plans.must_be_a_rule` raise.
    """
    officers.must_manage(by, domain.agency)
    if not letter_no.strip():
        raise LetterMissing
    if not reason.strip():
        raise ReasonMissing
    today = timezone.localdate(now)
    if not today < expires_on <= today + LONGEST_OF.get(code, LONGEST):
        raise NotSoLong
    plans.must_be_a_rule(domain, code, now=now)
    _must_need_one(domain, code, now)
    gate.hold(domain.agency, now=now)
    # One that is over by its day makes room for another.
    over = Waiver.objects.filter(
        domain=domain, code=code, ended_at__isnull=True, expires_on__lt=today
    )
    over.update(ended_at=now)
    try:
        with transaction.atomic():
            waiver = Waiver.objects.create(
                domain=domain,
                code=code,
                reason=reason.strip()[:500],
                letter_no=letter_no.strip()[:120],
                expires_on=expires_on,
                asked_by=by,
                asked_at=now,
            )
    except IntegrityError as error:
        raise AskedAlready from error
    _record("waiver_asked", waiver, by=by, now=now)
    return waiver


@transaction.atomic
def approve(waiver: Waiver, *, by: Account, now: datetime) -> None:
    """The first evaluator's yes. Raises AnsweredAlready, AnotherEvaluatorNeeded (they asked)."""
    held = _open(waiver, now)
    officers.must_decide(by, held.domain.agency, now=now)
    if held.asked_by_id == by.pk:
        raise AnotherEvaluatorNeeded
    if held.approved_at is not None:
        raise AnsweredAlready
    held.approved_by, held.approved_at = by, now
    held.save(update_fields=["approved_by", "approved_at"])
    _record("waiver_approved", held, by=by, now=now)
    waiver.refresh_from_db()


@transaction.atomic
def second(waiver: Waiver, *, by: Account, now: datetime) -> None:
    """The second evaluator's yes: it is in force. Raises as `approve`."""
    held = _open(waiver, now)
    officers.must_decide(by, held.domain.agency, now=now)
    if by.pk in (held.asked_by_id, held.approved_by_id):
        raise AnotherEvaluatorNeeded
    if held.approved_at is None or held.expires_on < timezone.localdate(now):
        raise AnsweredAlready
    held.seconded_by, held.seconded_at = by, now
    held.save(update_fields=["seconded_by", "seconded_at"])
    _record("waiver_given", held, by=by, now=now)
    notices.waiver_decided(held, now=now)
    gate.reckon(held.domain.agency, now)
    waiver.refresh_from_db()


@transaction.atomic
def end(waiver: Waiver, *, why: str, by: Account, now: datetime) -> None:
    """Refuse, withdraw or take back a waiver; the gate is reckoned anew. Twice is once.

    By an evaluator, or by an officer of the agency. Raises ReasonMissing.
    """
    agency = waiver.domain.agency
    if officers.decides(by):
        officers.must_decide(by, agency, now=now)
    else:
        officers.must_manage(by, agency)
    if not why.strip():
        raise ReasonMissing
    gate.hold(agency, now=now)
    ended = Waiver.objects.filter(pk=waiver.pk, ended_at__isnull=True).update(
        ended_by=by, ended_at=now, ended_why=why.strip()[:300]
    )
    waiver.refresh_from_db()
    if ended:
        _record("waiver_ended", waiver, by=by, now=now, why=waiver.ended_why)
        notices.waiver_decided(waiver, now=now)
        gate.reckon(agency, now)


def waiting(agencies: QuerySet[Agency], now: datetime) -> QuerySet[Waiver]:
    """The waivers that wait for an evaluator, the oldest first."""
    found = Waiver.objects.waiting().filter(
        domain__agency__in=agencies, expires_on__gte=timezone.localdate(now)
    )
    return found.select_related("domain__agency", "asked_by", "approved_by").order_by("asked_at")


def _open(waiver: Waiver, now: datetime) -> Waiver:
    """The row, locked behind its agency's, if it can still be decided on."""
    gate.hold(waiver.domain.agency, now=now)
    held = Waiver.objects.select_for_update(of=("self",)).select_related("domain__agency")
    found = held.get(pk=waiver.pk)
    if found.ended_at is not None or found.seconded_at is not None:
        raise AnsweredAlready
    return found


def _must_need_one(domain: CheckedDomain, code: str, now: datetime) -> None:
    """A rule that must pass, or one whose result on this domain counts as such."""
    rule = profiles.in_force(timezone.localdate(now)).rules.get(code=code)
    standing = gate.ledger_of(domain.agency, now).standing(domain, rule)
    if rule.level != Rule.Level.MUST and not must_pass(rule, standing):
        raise NeedsNoWaiver


def _record(act: str, waiver: Waiver, *, by: Account, now: datetime, why: str = "") -> None:
    details = {
        "domain": waiver.domain.name,
        "rule": waiver.code,
        "reason": waiver.reason,
        "letter": waiver.letter_no,
        "until": f"{waiver.expires_on}",
        "why": why,
    }
    agency = waiver.domain.agency
    chain.record(act, waiver, by=by, now=now, agency=agency, details=details)
