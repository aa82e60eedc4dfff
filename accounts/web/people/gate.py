"""Who gets to the pages about people: officers; for others they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpResponse

from accounts.people.reach import is_officer
from accounts.web.request import PortalRequest

View = Callable[Concatenate[PortalRequest, ...], HttpResponse]


def for_officers(view: View) -> View:
    """Only for officers who look after people; a 404 for everybody else (promise P6)."""

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_officer(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
