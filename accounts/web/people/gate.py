"""Who gets to the pages about people: officers, auditors; for others they are not there."""

from __future__ import annotations

from accounts.people.reach import is_officer, may_audit
from accounts.web.gates import PortalView, only


def for_officers(view: PortalView) -> PortalView:
    """Only for officers who look after people; a 404 for everybody else (promise P6)."""
    return only(is_officer, view)


def for_auditors(view: PortalView) -> PortalView:
    """Only for those who read the record of acts; a 404 for everybody else (promise P6)."""
    return only(may_audit, view)
