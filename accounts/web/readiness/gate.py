"""Who gets to the pages of the readiness gate; for others they are not there (promise P6).

A mail officer brings the agencies within reach through the gate, an evaluator decides and sees
every agency. Whoever only sees an agency finds its pages without their buttons.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import Account, Agency, CheckedDomain
from accounts.people.reach import EVERYWHERE, agencies_within_reach
from accounts.readiness import officers
from accounts.web.gates import PortalView, only
from accounts.web.request import PortalRequest


def may_see(account: Account) -> bool:
    """Tell whether any page of the gate is there for them."""
    return officers.manages(account) or officers.decides(account)


def sees_all(account: Account) -> bool:
    """Tell whether every agency is there for them: evaluators, and operators."""
    return officers.decides(account) or (officers.manages(account) and account.has_perm(EVERYWHERE))


def agencies_managed(account: Account) -> QuerySet[Agency]:
    """The agencies they may do something for."""
    return agencies_within_reach(account) if officers.manages(account) else Agency.objects.none()


def seen(request: PortalRequest, agency: int) -> Agency:
    """An agency they may look at; 404 for any other."""
    return get_object_or_404(officers.agencies_of(request.user), pk=agency)


def managed(request: PortalRequest, agency: int) -> Agency:
    """An agency they may do something for; 404 for any other."""
    return get_object_or_404(agencies_managed(request.user), pk=agency)


def domain_managed(request: PortalRequest, checked: int) -> CheckedDomain:
    """A domain of such an agency; 404 for any other, and for one that was taken off the list."""
    kept = CheckedDomain.objects.kept().select_related("agency")
    return get_object_or_404(kept.filter(agency__in=agencies_managed(request.user)), pk=checked)


def domain_seen(request: PortalRequest, checked: int) -> CheckedDomain:
    """A domain they may look at; 404 for any other."""
    kept = CheckedDomain.objects.kept().select_related("agency")
    return get_object_or_404(kept.filter(agency__in=officers.agencies_of(request.user)), pk=checked)


def for_readers(view: PortalView) -> PortalView:
    """For mail officers and evaluators."""
    return only(may_see, view)


def for_mail_officers(view: PortalView) -> PortalView:
    """For those who bring agencies through the gate."""
    return only(officers.manages, view)


def for_evaluators(view: PortalView) -> PortalView:
    """For those who decide."""
    return only(officers.decides, view)
