"""The second factor stands before every page, and each person reads in their own language.

Default deny: whatever is not named here needs a session that has passed both
factors, has been used within the hour and began today. That goes for addresses
that do not exist, too, so that a stranger cannot tell which do.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.internal.stagekit import get_pending_stage
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.signing_in import sessions

GetResponse = Callable[[HttpRequest], HttpResponse]

# Pages for everybody, by the names of their URLs.
OPEN_TO_ALL = {
    "account_login",
    "account_logout",
    "account_inactive",
    "set_language",
    "accounts:theme",
    # The first key to an account: a letter's code or a link stands for the password.
    "accounts:activate",
    "accounts:activate-by-link",
    # What an agency has chosen to publish, and results for its own key (a bearer token).
    "accounts:readiness-public",
    "accounts:readiness-public-en",
    "accounts:readiness-api",
    "accounts:readiness-api-domain",
    "healthz",
    "readyz",
    # Figures without anybody's data; it asks for a token, or for the loopback.
    "mailbox:metrics",
    # The installed app: its description, its worker, its page without a network; nobody's data.
    "manifest",
    "service-worker",
    "offline",
    # Pictures in a sandboxed letter come without a cookie: a signed pass stands for the session.
    "mailbox:picture",
    "mailbox:draft-preview-picture",
    # Identity systems bear a token of their agency's; no cookie counts there.
    "accounts:scim",
    "accounts:scim-resource",
}
# The step between password and mail; the views look for the pending sign-in themselves.
SECOND_STEP = {
    "accounts:second-factor",
    "accounts:backup-code",
    "accounts:enrol",
    "accounts:first-codes",
    "accounts:not-me",
}
# What the browser asks for by itself is not a click of anybody's; a list that is brought
# up to date says so in a header.
NOT_A_CLICK = {"mailbox:live", "mailbox:live-of"}
# Requests of a page's parts: a sign-in page inside them would help nobody.
PARTS_OF_A_PAGE = {"empty", "iframe", "image", "object", "embed", "style", "script", "video"}


class SecondFactorMiddleware:
    """Let through who has passed both factors; send everybody else to the step they are at."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = _name_of(request.path_info)
        if not request.user.is_authenticated:
            return self._before_sign_in(request, name)
        if not getattr(request.user, "is_verified", lambda: False)():
            logout(request)
            return self._before_sign_in(request, name)
        now = timezone.now()
        why = sessions.over(request.session, now)
        if why:
            logout(request)
            return self._before_sign_in(request, name, why=why)
        if name not in NOT_A_CLICK and request.headers.get("X-By-Itself") != "yes":
            sessions.see(request.session, now)
        return self.get_response(request)

    def _before_sign_in(self, request: HttpRequest, name: str, why: str = "") -> HttpResponse:
        if name in OPEN_TO_ALL or name in SECOND_STEP or _is_static(request.path_info):
            return self.get_response(request)
        if get_pending_stage(request) is not None:
            return _to(request, reverse("accounts:second-factor"))
        query = {"ended": why} if why else {}
        if request.method == "GET" and not _is_part(request):
            query["next"] = request.get_full_path()
        door = reverse(settings.LOGIN_URL)
        return _to(request, f"{door}?{urlencode(query)}" if query else door)


class OwnLanguageMiddleware:
    """Show every page in the language its reader has chosen, on whatever computer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        return self.get_response(request)


def _name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def _is_static(path: str) -> bool:
    return path.startswith(settings.STATIC_URL) or path == "/favicon.ico"


def _is_part(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Dest", "document") in PARTS_OF_A_PAGE


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """Send a person there, or tell the script, frame or picture that asked that it may not."""
    sentence = _("You are no longer signed in. Sign in again; what was saved is safe.")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"message": sentence, "sign_in": address}, status=401)
    if _is_part(request):
        return render(request, "shared/_error.html", {"message": sentence}, status=401)
    return HttpResponseRedirect(address)
