"""What an officer says of a rule that does not pass: the day it will, or the leave it needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.admin.dates import EraDateField, EraDateInput
from accounts.models import CheckedDomain, Rule, Waiver
from accounts.readiness import officers, plans, profiles, waivers, wording
from accounts.web.gates import told_in_place
from accounts.web.readiness import gate
from accounts.web.request import PortalRequest, manner_of
from govmail_portal.dates import Manner
from govmail_portal.errors import PortalError

_INPUT = {"class": "input"}


class DatedForm(forms.Form):
    """A form whose day is typed and shown as its reader counts years."""

    day_field = ""

    def __init__(self, *args: Any, manner: Manner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = EraDateInput(manner)
        widget.attrs["class"] = "input era"
        self.fields[self.day_field].widget = widget


class PlanForm(DatedForm):
    day_field = "promised_on"
    promised_on = EraDateField(
        label=gettext_lazy("It will pass by"),
        help_text=gettext_lazy("A day to come, such as 1 October; a year from now at most."),
    )
    owner = forms.CharField(
        label=gettext_lazy("Who sees to it"), max_length=120, widget=forms.TextInput(attrs=_INPUT)
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs=_INPUT),
    )


class WaiverForm(DatedForm):
    day_field = "expires_on"
    letter_no = forms.CharField(
        label=gettext_lazy("Letter number"),
        help_text=gettext_lazy("Of the agency's letter that asks for it."),
        max_length=120,
        widget=forms.TextInput(attrs=_INPUT),
    )
    expires_on = EraDateField(
        label=gettext_lazy("Until"), help_text=gettext_lazy("180 days at most; 90 for DMARC.")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why the rule cannot be kept now"),
        max_length=500,
        widget=forms.Textarea(attrs=_INPUT | {"rows": 3}),
    )


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_mail_officers
def plan(request: PortalRequest, checked: int, code: str) -> HttpResponse:
    """Promise a day for a rule; an earlier promise is replaced."""
    domain, rule = _rule_of(request, checked, code)
    held = domain.plans.filter(code=code, closed_at__isnull=True).first()
    initial = (
        {"promised_on": held.promised_on, "owner": held.owner, "note": held.note} if held else {}
    )
    form = PlanForm(request.POST or None, initial=initial, manner=manner_of(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            plans.promise(
                domain,
                code,
                said["promised_on"],
                owner=said["owner"],
                note=said["note"],
                by=request.user,
                now=timezone.now(),
            )
        except PortalError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The day is promised."))
            return redirect(_rule_page(domain, code))
    return render(request, "accounts/readiness/domains/plan.html", _context(domain, rule, form))


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_mail_officers
def waiver(request: PortalRequest, checked: int, code: str) -> HttpResponse:
    """Ask for leave to fail a rule for a time; two evaluators give it."""
    domain, rule = _rule_of(request, checked, code)
    form = WaiverForm(request.POST or None, manner=manner_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            waivers.ask(domain, code, by=request.user, now=timezone.now(), **form.cleaned_data)
        except PortalError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked for. Two evaluators must agree."))
            return redirect(_rule_page(domain, code))
    return render(request, "accounts/readiness/domains/waiver.html", _context(domain, rule, form))


@require_POST
@login_required
@gate.for_readers
@told_in_place
def end(request: PortalRequest, waiver: int) -> HttpResponse:
    """Refuse, withdraw or take back a waiver; by either side."""
    related = Waiver.objects.select_related("domain__agency")
    found = related.filter(pk=waiver, domain__agency__in=officers.agencies_of(request.user)).first()
    if found is None:
        raise Http404
    waivers.end(found, why=request.POST.get("why", ""), by=request.user, now=timezone.now())
    messages.success(request, _("The waiver has ended."))
    if officers.decides(request.user):
        return redirect("accounts:readiness-desk")
    return redirect(_rule_page(found.domain, found.code))


def _rule_of(request: PortalRequest, checked: int, code: str) -> tuple[CheckedDomain, Rule]:
    domain = gate.domain_managed(request, checked)
    rule = profiles.in_force(timezone.localdate()).rules.filter(code=code).first()
    if rule is None:
        raise Http404
    return domain, rule


def _rule_page(domain: CheckedDomain, code: str) -> str:
    page = reverse("accounts:readiness-of", args=[domain.agency_id])
    return f"{page}?domain={domain.pk}#{code}"


def _context(domain: CheckedDomain, rule: Rule, form: forms.Form) -> dict[str, Any]:
    return {
        "at": "readiness",
        "agency": domain.agency,
        "domain": domain,
        "rule": rule,
        "name": wording.name_of(rule.code),
        "gist": wording.gist_of(rule.code),
        "form": form,
    }


_RULE = "people/readiness/domain/<int:checked>/rule/<str:code>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_RULE}plan/", plan, name="readiness-plan"),
    path(f"{_RULE}waiver/", waiver, name="readiness-waiver"),
    path("people/readiness/waiver/<int:waiver>/end/", end, name="readiness-waiver-end"),
]
