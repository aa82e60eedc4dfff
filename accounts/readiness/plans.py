"""Plans of action: the day on which an agency promises to pass a rule. Another takes its place."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, CheckedDomain, PlanOfAction
from accounts.readiness import gate, officers, profiles
from govmail_portal.errors import PortalError

LONGEST = timedelta(days=366)


class NoDayToCome(PortalError):
    message = _("Promise a day to come, a year from now at the latest.")


class NobodySeesToIt(PortalError):
    message = _("Say who sees to it.")


class NoSuchRule(PortalError):
    message = _("There is no such rule.")


class NotOnTheList(PortalError):
    message = _("This domain is no longer on the agency's list.")


@transaction.atomic
def promise(
    domain: CheckedDomain,
    code: str,
    promised_on: date,
    *,
    owner: str,
    note: str = "",
    by: Account,
    now: datetime,
) -> PlanOfAction:
    """Promise to pass a rule by a day in Thailand; an earlier plan is closed.

    Raises NoDayToCome, NobodySeesToIt, NoSuchRule, NotOnTheList, and what `officers` raises.
    """
    officers.must_manage(by, domain.agency)
    today = timezone.localdate(now)
    if not today < promised_on <= today + LONGEST:
        raise NoDayToCome
    if not owner.strip():
        raise NobodySeesToIt
    must_be_a_rule(domain, code, now=now)
    gate.hold(domain.agency, now=now)
    earlier = PlanOfAction.objects.filter(domain=domain, code=code, closed_at__isnull=True)
    earlier.update(closed_at=now)
    plan = PlanOfAction.objects.create(
        domain=domain,
        code=code,
        promised_on=promised_on,
        owner=owner.strip()[:120],
        note=note.strip()[:300],
        set_by=by,
        set_at=now,
    )
    _record("plan_promised", plan, by=by, now=now)
    gate.reckon(domain.agency, now)
    return plan


@transaction.atomic
def close(plan: PlanOfAction, *, by: Account, now: datetime) -> None:
    """Take a plan back; the rule then needs another, or to pass. Twice is once."""
    officers.must_manage(by, plan.domain.agency)
    gate.hold(plan.domain.agency, now=now)
    if PlanOfAction.objects.filter(pk=plan.pk, closed_at__isnull=True).update(closed_at=now):
        _record("plan_closed", plan, by=by, now=now)
        gate.reckon(plan.domain.agency, now)


def close_passed(domain: int, codes: Collection[str], now: datetime) -> int:
    """Close the plans of a domain (its id) whose rules have passed; gives how many."""
    kept = PlanOfAction.objects.filter(domain=domain, code__in=codes, closed_at__isnull=True)
    return kept.update(closed_at=now)


def overdue(agencies: QuerySet[Agency], now: datetime) -> QuerySet[PlanOfAction]:
    """The promises of these agencies whose day has passed, the oldest first."""
    late = PlanOfAction.objects.filter(
        closed_at__isnull=True,
        promised_on__lt=timezone.localdate(now),
        domain__removed_at__isnull=True,
        domain__agency__in=agencies,
    )
    return late.select_related("domain__agency").order_by("promised_on", "pk")


def must_be_a_rule(domain: CheckedDomain, code: str, *, now: datetime) -> None:
    """Raises NoSuchRule, NotOnTheList."""
    if domain.removed_at is not None:
        raise NotOnTheList
    if not profiles.in_force(timezone.localdate(now)).rules.filter(code=code).exists():
        raise NoSuchRule


def _record(act: str, plan: PlanOfAction, *, by: Account, now: datetime) -> None:
    domain = plan.domain
    details = {"domain": domain.name, "rule": plan.code, "on": f"{plan.promised_on}"}
    chain.record(act, plan, by=by, now=now, agency=domain.agency, details=details)
