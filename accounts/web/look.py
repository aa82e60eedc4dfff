"""How the portal looks to its reader: language, light or dark, digits, era, density, panes."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from accounts.models import Account

YEAR = 365 * 24 * 3600


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language: for this browser, and for the account if somebody is signed in."""
    chosen = request.POST.get("language", "")
    response = _back(request)
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        if isinstance(request.user, Account) or request.user.is_authenticated:
            Account.objects.filter(pk=request.user.pk).update(language=chosen)
        remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Choose light, dark, or what the computer says (empty)."""
    chosen = request.POST.get("theme", "")
    response = _back(request)
    if chosen in Account.Theme.values:
        if request.user.is_authenticated:
            Account.objects.filter(pk=request.user.pk).update(theme=chosen)
        remember(response, "theme", chosen)
    return response


@require_POST
def digits(request: HttpRequest) -> HttpResponse:
    """Choose Thai or Arabic digits in Thai pages."""
    if request.user.is_authenticated:
        chosen = request.POST.get("thai_digits") == "yes"
        Account.objects.filter(pk=request.user.pk).update(thai_digits=chosen)
    return _back(request)


@require_POST
def manner(request: HttpRequest) -> HttpResponse:
    """Choose the density of lists, the place of the letter, or the era of Thai dates."""
    chosen: dict[str, object] = {}
    if (density := request.POST.get("density", "")) in Account.Density.values:
        chosen["density"] = density
    if (pane := request.POST.get("reading_pane", "")) in Account.Pane.values:
        chosen["reading_pane"] = pane
    if (era := request.POST.get("christian_era", "")) in ("yes", "no"):
        chosen["christian_era"] = era == "yes"
    if chosen and request.user.is_authenticated:
        Account.objects.filter(pk=request.user.pk).update(**chosen)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    wanted = request.POST.get("next", "")
    safe = wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return HttpResponseRedirect(wanted if safe else "/")


def remember(response: HttpResponse, name: str, value: str) -> None:
    """Keep a choice for the pages before anybody has signed in, in this browser."""
    response.set_cookie(
        name, value, max_age=YEAR, secure=settings.HTTPS, samesite="Lax", httponly=True
    )
