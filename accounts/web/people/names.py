"""From a number to the people behind it: named rows of one agency, for officers within reach."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.models import Agency, Obligation
from accounts.people.reach import agencies_within_reach
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest

PAGE = 50
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
    reached = agencies_within_reach(request.user)
    here = get_object_or_404(reached, pk=agency)
    chosen = request.GET.get("state", "late")
    if chosen not in FILTERS:
        raise Http404
    rows = _below(here, reached).filter(FILTERS[chosen][1])
    if chosen == "month":
        rows = rows.filter(due_on__lte=timezone.localdate() + timedelta(days=30))
    rule = request.GET.get("rule", "")
    if rule.isdecimal():
        rows = rows.filter(rule=int(rule))
    found = list(_after(rows, request.GET.get("after", ""))[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "at": "progress",
        "agency": here,
        "filters": FILTERS,
        "chosen": chosen,
        "rule": rule if rule.isdecimal() else "",
        "rows": found[:PAGE],
        "next": f"{last.due_on:%Y-%m-%d}_{last.pk}" if last else "",
    }
    return render(request, "accounts/people/mandate/names.html", context)


def _below(here: Agency, reached: QuerySet[Agency]) -> QuerySet[Obligation]:
    """The obligations of an agency and of its next ones below, the latest due first at the top."""
    rows = Obligation.objects.counted().filter(
        Q(agency=here) | Q(agency__parent=here) | Q(agency__parent__parent=here),
        agency__in=reached,
    )
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
]
