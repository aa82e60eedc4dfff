"""Tokens of agencies' identity systems: made, shown once, revoked; for officers within reach."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Account, Agency
from accounts.people.reach import agencies_within_reach
from accounts.scim import tokens
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest

_SCOPE_NAMES = {
    "users.read": _("Read people"),
    "users.write": _("Write people"),
    "groups.read": _("Read groups"),
    "groups.write": _("Write groups"),
}
_LIVES = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("One year"))]


class TokenForm(forms.Form):
    """What a new token is for; only agencies within the officer's reach can be chosen."""

    agency = forms.ModelChoiceField(Agency.objects.none(), label=_("Agency"))
    name = forms.CharField(
        label=_("Name of the system"),
        max_length=100,
        help_text=_("So that you know later which one to revoke."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=list(_SCOPE_NAMES.items()),
        initial=["users.read", "users.write"],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=_("Holds for"), choices=_LIVES, coerce=int, initial=180)

    def __init__(self, *args: Any, officer: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = agencies_within_reach(officer)
        field.initial = officer.agency_id
        for name, look in (("agency", "select"), ("name", "input"), ("days", "select")):
            self.fields[name].widget.attrs["class"] = look


@require_http_methods(["GET", "POST"])
@for_officers
@sensitive_variables("text")
def index(request: PortalRequest) -> HttpResponse:
    """List the tokens within reach; make one, and show it this once."""
    form = TokenForm(request.POST or None, officer=request.user)
    text = ""
    if request.method == "POST" and form.is_valid():
        text = _made(form, request.user)
        form = TokenForm(officer=request.user)
    context = {
        "at": "tokens",
        "form": form,
        "text": text,
        "address": request.build_absolute_uri(reverse("accounts:scim")),
        "tokens": [
            (token, [_SCOPE_NAMES[scope] for scope in token.scopes])
            for token in tokens.within_reach(request.user)
        ],
        "now": timezone.now(),
    }
    return render(request, "accounts/people/tokens.html", context)


@require_POST
@for_officers
def revoke(request: PortalRequest, scim_token: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(tokens.within_reach(request.user), pk=scim_token)
    tokens.revoke(token, by=request.user, now=timezone.now())
    messages.success(request, _("The token opens nothing any more."))
    return redirect("accounts:tokens")


def _made(form: TokenForm, officer: Account) -> str:
    now, chosen = timezone.now(), form.cleaned_data
    _token, text = tokens.make(
        chosen["agency"],
        name=chosen["name"],
        scopes=chosen["scopes"],
        expires_at=now + timedelta(days=chosen["days"]),
        by=officer,
        now=now,
    )
    return text


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/tokens/", index, name="tokens"),
    path("people/tokens/<int:scim_token>/revoke/", revoke, name="revoke-token"),
]
