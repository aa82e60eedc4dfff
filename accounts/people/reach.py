"""How far an officer reaches: their own agency and those below it, or all."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Account, Agency

EVERYWHERE = "accounts.administer_every_agency"
AUDITS = "accounts.view_auditevent"


def agencies_within_reach(account: Account) -> QuerySet[Agency]:
    """Return the agencies whose people this administrator looks after."""
    if account.has_perm(EVERYWHERE):
        return Agency.objects.all()
    reached = [account.agency_id]
    newest = reached
    while newest:
        below = Agency.objects.order_by().filter(parent__in=newest).exclude(pk__in=reached)
        newest = list(below.values_list("pk", flat=True))
        reached = reached + newest
    return Agency.objects.filter(pk__in=reached)


def is_within_reach(account: Account, agency: Agency) -> bool:
    """Tell whether this officer looks after that agency's people."""
    return agencies_within_reach(account).filter(pk=agency.pk).exists()


def is_officer(account: Account) -> bool:
    """Tell whether this is somebody who looks after people: an HR officer, or above."""
    return account.is_active and account.is_staff and account.has_perm("accounts.change_official")


def may_audit(account: Account) -> bool:
    """Tell whether this is somebody who reads the record of acts: officers, operators, auditors."""
    return account.is_active and account.is_staff and account.has_perm(AUDITS)
