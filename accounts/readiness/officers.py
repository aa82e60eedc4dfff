"""Who may do what at the gate: officers of the agency bring it through, evaluators decide.

Neither of the two who decide is from the agency, from one above or below it, or holds a post
there today: whoever gains or loses by the answer does not give it.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Agency, Assignment
from accounts.people.reach import agencies_within_reach, is_within_reach
from accounts.people.roles import MAIL_OFFICER
from govmail_portal.errors import PortalError

MANAGE = "accounts.manage_readiness"
DECIDE = "accounts.decide_readiness"


class NotTheirOfficer(PortalError):
    message = _("Only the officers who look after this agency's readiness may do this.")
    status = 403


class NotOfTheAgency(PortalError):
    message = _("Only an officer of the agency itself, or of one above it, lets it go live.")
    status = 403


class NoEvaluator(PortalError):
    message = _("Only evaluators decide at the gate.")
    status = 403


class TooNear(PortalError):
    message = _(
        "You belong to this agency, to one above or below it, or hold a post there: two "
        "evaluators from elsewhere decide."
    )
    status = 403


def manages(account: Account) -> bool:
    """Tell whether this is somebody who brings agencies through the gate."""
    return account.is_active and account.has_perm(MANAGE)


def decides(account: Account) -> bool:
    """Tell whether this is an evaluator."""
    return account.is_active and account.has_perm(DECIDE)


def agencies_of(account: Account) -> QuerySet[Agency]:
    """The agencies whose readiness this account sees: an evaluator's are all."""
    if decides(account):
        return Agency.objects.all()
    return agencies_within_reach(account) if manages(account) else Agency.objects.none()


def must_manage(by: Account, agency: Agency) -> None:
    """Raises NotTheirOfficer."""
    if not manages(by) or not is_within_reach(by, agency):
        raise NotTheirOfficer


def must_be_of(by: Account, agency: Agency) -> None:
    """An officer of the agency or of one above it, however far others reach: NotOfTheAgency."""
    must_manage(by, agency)
    if by.agency_id not in line_above(agency):
        raise NotOfTheAgency


def must_decide(by: Account, agency: Agency, *, now: datetime) -> None:
    """Raises NoEvaluator, TooNear."""
    if not decides(by):
        raise NoEvaluator
    if is_near(by, agency, now=now):
        raise TooNear


def is_near(by: Account, agency: Agency, *, now: datetime) -> bool:
    """Whether an account belongs to the agency or its line, or its holder has a post there."""
    family = line_above(agency) | _below(agency)
    if by.agency_id in family:
        return True
    posts = Assignment.objects.on(timezone.localdate(now)).filter(position__agency__in=family)
    return by.official_id is not None and posts.filter(official=by.official_id).exists()


def mail_officers(agency: Agency, *, now: datetime) -> list[Account]:
    """The mail officers of the agency; where it has none, those of the nearest above it."""
    for each in _upwards(agency):
        active = Account.objects.active(now).filter(agency=each, groups__name=MAIL_OFFICER)
        if found := list(active.order_by("pk")):
            return found
    return []


def line_above(agency: Agency) -> set[int]:
    """The ids of the agency and of all above it; a circle ends where it began."""
    return {each.pk for each in _upwards(agency)}


def _upwards(agency: Agency) -> list[Agency]:
    found: dict[int, Agency] = {}
    here: Agency | None = agency
    while here is not None and here.pk not in found:
        found[here.pk] = here
        here = here.parent
    return list(found.values())


def _below(agency: Agency) -> set[int]:
    found = newest = {agency.pk}
    while newest:
        children = Agency.objects.order_by().filter(parent__in=newest).exclude(pk__in=found)
        newest = set(children.values_list("pk", flat=True))
        found = found | newest
    return found
