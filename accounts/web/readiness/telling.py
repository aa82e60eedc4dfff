"""What an agency tells others of its readiness: a public page, and keys for its own monitoring."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import (
    conditional_page,
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.models import Agency, AgencyReadiness, ReadinessDay, ReadinessToken, Rule
from accounts.readiness.telling import statement as the_statement
from accounts.readiness.telling import tokens as the_tokens
from accounts.web.readiness import gate
from accounts.web.readiness.shown.lines import GISTS
from accounts.web.request import PortalRequest
from govmail_portal import dates
from govmail_portal.dates import Manner
from govmail_portal.errors import PortalError

# Seconds for which the public page may be kept by whoever stands between.
PUBLIC_SECONDS = 300


class StatementForm(forms.Form):
    """The agency's own words on its public page; plain text."""

    thai = forms.CharField(
        label=gettext_lazy("In Thai"),
        max_length=the_statement.LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 5, "lang": "th"}),
    )
    english = forms.CharField(
        label=gettext_lazy("In English"),
        max_length=the_statement.LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 5, "lang": "en"}),
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the system"),
        help_text=gettext_lazy("So that you know later which one to revoke."),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "input"}),
    )


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_mail_officers
def statement(request: PortalRequest, agency: int) -> HttpResponse:
    """Whether there is a public page, and what the agency says on it."""
    found, now = gate.managed(request, agency), timezone.now()
    row = AgencyReadiness.objects.filter(agency=found).first()
    words = {"thai": row.statement_th, "english": row.statement_en} if row else {}
    form = StatementForm(request.POST or None, initial=words)
    if request.method == "POST" and "withdraw" in request.POST:
        the_statement.withdraw(found, by=request.user, now=now)
        messages.success(request, _("The public page is no longer there."))
        return redirect("accounts:readiness-statement", found.pk)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        the_statement.publish(found, by=request.user, now=now, **form.cleaned_data)
        messages.success(request, _("The public page is there."))
        return redirect("accounts:readiness-statement", found.pk)
    said = form.cleaned_data if form.is_bound and form.is_valid() else words
    context = {
        "at": "readiness",
        "agency": found,
        "form": form,
        "is_public": bool(row and row.is_public),
        "address": request.build_absolute_uri(
            reverse("accounts:readiness-public", args=[found.pk])
        ),
        "previews": [
            (language, _shown(found, row, language, said.get(field, "")))
            for language, field in (("th", "thai"), ("en", "english"))
        ],
    }
    return render(request, "accounts/readiness/telling/statement.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_mail_officers
@sensitive_variables("text")
def tokens(request: PortalRequest, agency: int) -> HttpResponse:
    """The keys of an agency's monitoring; a new one is shown this once."""
    found, text = gate.managed(request, agency), ""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _token, text = the_tokens.make(
                found, form.cleaned_data["name"], by=request.user, now=timezone.now()
            )
        except PortalError as error:
            form.add_error(None, str(error))
        else:
            form = TokenForm()
    context = {
        "at": "readiness",
        "agency": found,
        "form": form,
        "text": text,
        "address": request.build_absolute_uri(reverse("accounts:readiness-api")),
        "tokens": found.readiness_tokens.select_related("made_by__official"),
    }
    return render(request, "accounts/readiness/telling/tokens.html", context)


@require_POST
@login_required
@gate.for_mail_officers
def revoke(request: PortalRequest, readiness_token: int) -> HttpResponse:
    """End a key at once."""
    reached = ReadinessToken.objects.filter(agency__in=gate.agencies_managed(request.user))
    token = get_object_or_404(reached.select_related("agency"), pk=readiness_token)
    the_tokens.revoke(token, by=request.user, now=timezone.now())
    messages.success(request, _("The key opens nothing any more."))
    return redirect("accounts:readiness-tokens", token.agency_id)


@require_GET
@conditional_page
def public(request: HttpRequest, agency: int, language: str = "th") -> HttpResponse:
    """The public page of an agency that has chosen to have one; nobody is signed in here."""
    row = AgencyReadiness.objects.select_related("agency").filter(agency=agency).first()
    if row is None or not row.is_public:
        raise Http404
    words = row.statement_th if language == "th" else row.statement_en
    context = {"shown": _shown(row.agency, row, language, words), "language": language}
    with translation.override(language):
        answer = render(request, "accounts/readiness/telling/public.html", context)
    answer["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
    answer["Content-Language"] = language
    return answer


def _shown(
    agency: Agency, row: AgencyReadiness | None, language: str, words: str
) -> dict[str, object]:
    """What stands on the public page: state, pillars, the agency's words; nothing inside."""
    manner = Manner.of(language)
    day = ReadinessDay.objects.filter(agency=agency).order_by("-day").first()
    with translation.override(language):
        state = agency.get_state_display()
    return {
        "agency": agency,
        "name": agency.name_th if language == "th" else agency.name_en or agency.name_th,
        "state": state,
        "since": dates.day(row.since, manner) if row else "",
        "words": words,
        "day": dates.day_of(day.day, manner) if day else "",
        "pillars": [
            (pillar.label, GISTS[pillar.value], getattr(day, pillar.value) if day else None)
            for pillar in Rule.Pillar
        ],
    }


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/readiness/<int:agency>/statement/", statement, name="readiness-statement"),
    path("people/readiness/<int:agency>/keys/", tokens, name="readiness-tokens"),
    path(
        "people/readiness/keys/<int:readiness_token>/revoke/", revoke, name="readiness-token-revoke"
    ),
    path("readiness/<int:agency>/", public, name="readiness-public"),
    path("readiness/<int:agency>/en/", public, {"language": "en"}, name="readiness-public-en"),
]
