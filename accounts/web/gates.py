"""Who gets to a view: by a right of theirs, or by a step of signing in.

The steps are django-allauth's decorators, given types.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from allauth.account.decorators import reauthentication_required
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.reauthentication import (
    did_recently_reauthenticate,
    reauthenticate_by_password,
)
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Account
from accounts.signing_in.stages import SecondFactorStage
from accounts.web.request import PortalRequest
from govmail_portal.errors import PortalError

View = TypeVar("View", bound=Callable[..., HttpResponse])
PortalView = Callable[Concatenate[PortalRequest, ...], HttpResponse]


def only(may: Callable[[Account], bool], view: PortalView) -> PortalView:
    """Only for those who may; for everybody else the page is not there (promise P6)."""

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def told_in_place(view: PortalView) -> PortalView:
    """What a button is refused for is said on the page the button stands on.

    Where the browser does not say which page that was, the page of errors says it.
    """

    @wraps(view)
    def telling(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PortalError as error:
            before = _page_before(request)
            if not before or error.status == HTTPStatus.NOT_FOUND:
                raise
            messages.error(request, str(error))
            return redirect(before)

    return telling


def at_this_step(view: View) -> View:
    """Only while a sign-in waits for its second factor; everybody else goes to the first step."""
    gate = login_stage_required(stage=SecondFactorStage.key, redirect_urlname="account_login")
    return cast(View, gate(view))


def password_again(view: View) -> View:
    """Only shortly after the password was typed once more; else ask for it and come back."""
    return cast(View, reauthentication_required(view))


def typed_password_lately(request: HttpRequest) -> bool:
    """Whether the password was typed once more within the last minutes."""
    return bool(did_recently_reauthenticate(request))


def type_password(request: HttpRequest, password: str) -> bool:
    """Take a password typed into a page of one's own; False where it is not the right one.

    For forms that must not be lost, or kept in the session, while the password is asked
    for. Wrong ones count against the same limit as at the door.
    """
    form = ReauthenticateForm(user=request.user, data={"password": password})
    if not form.is_valid():
        return False
    reauthenticate_by_password(request)
    return True


def _page_before(request: HttpRequest) -> str:
    """Path and query of the page of ours that the request came from; empty for any other."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    parts = urlsplit(came_from)
    return urlunsplit(("", "", parts.path, parts.query, ""))
