"""From a number to the people behind it: named rows of one agency, for officers within reach.

And what they can do about the agency as a whole: give it notice of what it still owes.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.mandate import board
from accounts.mandate.reminders import notices
from accounts.models import Agency, Obligation
from accounts.people.reach import agencies_within_reach
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest
from govmail_portal.errors import PortalError

PAGE = 50
# Longer numbers are no row's; int() and PostgreSQL would refuse the longest.
_DIGITS = 10
State = Obligation.State

# What a link of the board asks for, by name; the order is that of the page's filter.
FILTERS: dict[str, tuple[Promise, Q]] = {
    "late": (_("Overdue, the person"), Q(state=State.OVERDUE, is_waiting_gate=False)),
    "late-agency": (_("Overdue, the agency"), Q(state=State.OVERDUE, is_waiting_gate=True)),
    "month": (_("Due within 30 days"), Q(state=State.PENDING)),
    "pending": (_("Not due yet"), Q(state=State.PENDING)),
    "exempt": (_("Exempt"), Q(state=State.EXEMPT)),
    "met": (_("Use it"), Q(state__in=(State.MET, State.LATE_MET))),
    "all": (_("Everybody"), Q()),
}


@require_GET
@for_officers
def show(request: PortalRequest, agency: int) -> HttpResponse:
    """Fifty people of an agency and of those below it; ?state= one of FILTERS, ?rule=, ?after=."""
    here = get_object_or_404(agencies_within_reach(request.user), pk=agency)
    chosen = request.GET.get("state", "late")
    if chosen not in FILTERS:
        raise Http404
    rows = _below(here).filter(FILTERS[chosen][1])
    if chosen == "month":
        rows = rows.filter(due_on__lte=timezone.localdate() + timedelta(days=30))
    rule = request.GET.get("rule", "")
    rule = rule if rule.isdecimal() and len(rule) < _DIGITS else ""
    if rule:
        rows = rows.filter(rule=int(rule))
    found = list(_after(rows, request.GET.get("after", ""))[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "at": "progress",
        "agency": here,
        "filters": FILTERS,
        "chosen": chosen,
        "rule": rule,
        "is_told": bool(notices.told_today([here.pk], now=timezone.now())),
        "rows": found[:PAGE],
        "next": f"{last.due_on:%Y-%m-%d}_{last.pk}" if last else "",
    }
    return render(request, "accounts/people/mandate/names.html", context)


@require_POST
@for_officers
def notify(request: PortalRequest, agency: int) -> HttpResponse:
    """Write to the agency's HR officers what is still owed there, and say to how many."""
    here = get_object_or_404(agencies_within_reach(request.user), pk=agency)
    try:
        told = notices.notify(here, by=request.user, now=timezone.now())
    except PortalError as error:
        messages.error(request, f"{here.name}: {error}")
    else:
        said = ngettext(
            "%(agency)s: %(count)d HR officer has been written to.",
            "%(agency)s: %(count)d HR officers have been written to.",
            len(told),
        )
        messages.success(request, said % {"agency": here.name, "count": len(told)})
    return redirect(_where_from(request))


def _where_from(request: PortalRequest) -> str:
    """The board as it was asked for; only what a board's address may say."""
    named = (name for name in ("rule", "under") if request.POST.get(name, "").isalnum())
    query = "&".join(f"{name}={request.POST[name][:_DIGITS]}" for name in named)
    return reverse("accounts:mandate-board") + (f"?{query}" if query else "")


def _below(here: Agency) -> QuerySet[Obligation]:
    """The obligations of an agency and of all below it, the earliest due first."""
    under = board.below(here, board.agencies_by_id())
    rows = Obligation.objects.counted().filter(agency__in=under)
    return rows.select_related(
        "official__account", "rule", "agency", "assignment__position"
    ).order_by("due_on", "pk")


def _after(rows: QuerySet[Obligation], cursor: str) -> QuerySet[Obligation]:
    day, _mark, pk = cursor.partition("_")
    if not cursor:
        return rows
    try:
        due, last = date.fromisoformat(day), int(pk)
    except ValueError:
        raise Http404 from None
    return rows.filter(Q(due_on__gt=due) | Q(due_on=due, pk__gt=last))


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mandate/agency/<int:agency>/", show, name="mandate-names"),
    path("people/mandate/agency/<int:agency>/notify/", notify, name="mandate-notify"),
]
