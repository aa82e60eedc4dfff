"""Who gets to the pages about people: officers, auditors; for others they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpResponse

from accounts.models import Account
from accounts.people.reach import is_officer, may_audit
from accounts.web.request import PortalRequest

View = Callable[Concatenate[PortalRequest, ...], HttpResponse]


def for_officers(view: View) -> View:
    """Only for officers who look after people; a 404 for everybody else (promise P6)."""
    return _only(is_officer, view)


def for_auditors(view: View) -> View:
    """Only for those who read the record of acts; a 404 for everybody else (promise P6)."""
    return _only(may_audit, view)


def _only(may: Callable[[Account], bool], view: View) -> View:
    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
