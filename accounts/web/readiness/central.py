"""Central accounts: evaluators let single officials of closed agencies through to the portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.admin.dates import EraDateField
from accounts.models import Account, Agency, CentralGrant, Official
from accounts.people.days import midnight
from accounts.readiness import central
from accounts.web.gates import told_in_place
from accounts.web.people.decisions import asked
from accounts.web.readiness import gate
from accounts.web.readiness.promises import DatedForm
from accounts.web.request import PortalRequest, manner_of
from govmail_portal.errors import PortalError

SHOWN = 100
FOUND = 20
_INPUT = {"class": "input"}


class LeaveForm(DatedForm):
    """What leave rests on, and how long it lasts."""

    day_field = "last_day"
    letter_no = forms.CharField(
        label=gettext_lazy("Letter number"),
        help_text=gettext_lazy("Of the letter in which the agency asks for the account."),
        max_length=120,
        widget=forms.TextInput(attrs=_INPUT),
    )
    last_day = EraDateField(
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("A year from now at most; the account is looked at again then."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why this official cannot wait for the agency"),
        max_length=500,
        widget=forms.Textarea(attrs=_INPUT | {"rows": 3}),
    )

    @property
    def until(self) -> datetime:
        """The end of the last day."""
        return midnight(self.cleaned_data["last_day"] + timedelta(days=1))


@dataclass(frozen=True)
class Shown:
    """Leave with the agency of its official, and the account if there is one."""

    grant: CentralGrant
    agency: Agency | None
    account: Account | None

    @property
    def last_day(self) -> datetime:
        return self.grant.until - timedelta(microseconds=1)


@require_GET
@login_required
@gate.for_evaluators
def index(request: PortalRequest) -> HttpResponse:
    """What waits for a second evaluator, what ends soon or has, and what holds."""
    now = timezone.now()
    again = shown(central.to_look_at_again(now)[:SHOWN])
    others = central.in_force(now).exclude(pk__in=[one.grant.pk for one in again])
    context = {
        "at": "readiness-desk",
        "domain": settings.CENTRAL_DOMAIN,
        "waiting": shown(central.waiting()[:SHOWN]),
        "again": again,
        "held": shown(others[:SHOWN]),
        "now": now,
    }
    return render(request, "accounts/readiness/central/index.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_evaluators
def ask(request: PortalRequest) -> HttpResponse:
    """Find the official (?q=), then propose (?official=)."""
    now, today = timezone.now(), timezone.localdate()
    official = _chosen(request)
    form = LeaveForm(request.POST or None, manner=manner_of(request))
    if request.method == "POST" and official is not None and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("letter_no", "reason")}
        try:
            central.propose(official, until=form.until, by=request.user, now=now, **said)
        except PortalError as error:
            # Beside the form: what was typed must not be lost.
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Proposed. Another evaluator must agree."))
            return redirect("accounts:readiness-central")
    words = request.GET.get("q", "").strip()
    found = central.needing_leave(words, day=today) if words else Official.objects.none()
    context: dict[str, Any] = {
        "at": "readiness-desk",
        "domain": settings.CENTRAL_DOMAIN,
        "form": form,
        "official": official,
        "agency": central.served_by(official) if official is not None else None,
        "words": words,
        "found": [(each, central.served_by(each)) for each in _whole(found)[:FOUND]],
    }
    return render(request, "accounts/readiness/central/ask.html", context)


@require_POST
@login_required
@gate.for_evaluators
@told_in_place
def second(request: PortalRequest, grant: int) -> HttpResponse:
    """Agree as the second evaluator."""
    found = get_object_or_404(CentralGrant, pk=grant)
    account = central.second(found, by=request.user, now=timezone.now())
    messages.success(
        request, _("Given: %(address)s is being opened.") % {"address": account.address}
    )
    return redirect("accounts:readiness-central")


@require_POST
@login_required
@gate.for_evaluators
@told_in_place
def end(request: PortalRequest, grant: int) -> HttpResponse:
    """Refuse leave, take it back, or end it."""
    found, why = get_object_or_404(CentralGrant, pk=grant), request.POST.get("why", "")
    central.end(found, why=why, by=request.user, now=timezone.now())
    messages.success(request, _("The leave has ended. An account that is open stays open."))
    return redirect("accounts:readiness-central")


def shown(grants: QuerySet[CentralGrant]) -> list[Shown]:
    """Grants as the pages show them; a handful of statements for all."""
    related = grants.select_related(
        "official__account__agency", "decided_by__official", "seconded_by__official"
    ).prefetch_related("official__assignments__position__agency")
    return [
        Shown(each, central.served_by(each.official), getattr(each.official, "account", None))
        for each in related
    ]


def _chosen(request: PortalRequest) -> Official | None:
    official = request.GET.get("official", "")
    if not official:
        return None
    people = central.needing_leave("", day=timezone.localdate())
    return get_object_or_404(_whole(people), pk=asked.uuid(official))


def _whole(officials: QuerySet[Official]) -> QuerySet[Official]:
    return officials.select_related("account__agency").prefetch_related(
        "assignments__position__agency"
    )


_CENTRAL = "people/readiness/central/"
urlpatterns: list[URLPattern | URLResolver] = [
    path(_CENTRAL, index, name="readiness-central"),
    path(f"{_CENTRAL}ask/", ask, name="readiness-central-ask"),
    path(f"{_CENTRAL}<int:grant>/second/", second, name="readiness-central-second"),
    path(f"{_CENTRAL}<int:grant>/end/", end, name="readiness-central-end"),
]
