"""Who gets to the pages about mail: mail officers and operators; for others they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpResponse

from mailbox.web.requests import PortalRequest

View = Callable[Concatenate[PortalRequest, ...], HttpResponse]


def for_holders_of(right: str) -> Callable[[View], View]:
    """Only for officers with this right ("mailbox.view_gateway"); a 404 for others (promise P6)."""

    def gate(view: View) -> View:
        @wraps(view)
        def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            officer = request.user
            if not (officer.is_active and officer.is_staff and officer.has_perm(right)):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return gate
