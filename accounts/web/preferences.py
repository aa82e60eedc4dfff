"""What one person prefers: how the portal looks, reads, writes and tells of new mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from accounts.web import look
from accounts.web.request import PortalRequest

if TYPE_CHECKING:
    AccountModelForm = forms.ModelForm[Account]
else:
    AccountModelForm = forms.ModelForm

MARK_READ = [
    (0, gettext_lazy("At once")),
    (2, gettext_lazy("After 2 seconds")),
    (5, gettext_lazy("After 5 seconds")),
    (Account.NEVER_MARK_READ, gettext_lazy("Never by itself")),
]


class PreferencesForm(AccountModelForm):
    """All of an account's preferences; each is a choice between few values."""

    mark_read_after = forms.TypedChoiceField(coerce=int, choices=MARK_READ)

    class Meta:
        model = Account
        fields = (
            "language",
            "theme",
            "thai_digits",
            "christian_era",
            "density",
            "reading_pane",
            "mark_read_after",
            "has_shortcuts",
            "writes_plain",
            "wants_notices",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # "Like the computer" is a choice by name, not a dash.
        for name, choices in (("theme", Account.Theme), ("density", Account.Density)):
            self.fields[name].choices = choices.choices  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: PortalRequest) -> HttpResponse:
    """Show a person's preferences, and keep what they chose."""
    account = Account.objects.get(pk=request.user.pk)
    form = PreferencesForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        account.save(update_fields=form.Meta.fields)
        with translation.override(account.language):
            messages.success(request, _("Your preferences are kept."))
        answer = redirect("accounts:preferences")
        look.remember(answer, settings.LANGUAGE_COOKIE_NAME, account.language)
        look.remember(answer, "theme", account.theme)
        return answer
    return render(request, "accounts/preferences.html", {"form": form, "at": "settings"})
