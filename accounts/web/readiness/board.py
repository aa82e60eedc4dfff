"""The board of the gate: by ministry and pillar, for those who see more than one agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.mandate import board as mandate_board
from accounts.models import Agency, ReadinessDay, Rule
from accounts.readiness import board, officers
from accounts.web.people import chart
from accounts.web.readiness import gate
from accounts.web.readiness.shown.lines import GISTS
from accounts.web.request import PortalRequest, manner_of
from govmail_portal.dates import Manner

SHOWN = 50
_DIGITS = 10
# The rungs of the DMARC ladder from below, each with its gist.
RUNGS: tuple[tuple[str, Promise, Promise], ...] = (
    ("none", _("Nothing"), _("No DMARC record")),
    ("assess", _("Assess"), _("p=none: forgeries are seen by nobody")),
    ("deploy", _("Deploy"), _("p=none with reports, SPF and DKIM")),
    ("enforce", _("Enforce"), _("p=quarantine: forgeries are put aside")),
    ("maintain", _("Maintain"), _("p=reject for 90 days: forgeries do not arrive")),
)
_VERDICTS = {
    Agency.State.LIVE: ("pass", "check"),
    Agency.State.AT_RISK: ("partial", "triangle-alert"),
    Agency.State.READY: ("partial", "contrast"),
    Agency.State.READY_WITH_WAIVERS: ("partial", "contrast"),
    Agency.State.READY_FOR_DECISION: ("waived", "scale"),
    Agency.State.UNASSESSED: ("unknown", "circle-help"),
    Agency.State.ASSESSING: ("unknown", "hourglass"),
}


@dataclass(frozen=True)
class Line:
    """One agency in the list. scores: of its newest day, in the order of the pillars."""

    agency: Agency
    above: Agency | None
    day: ReadinessDay | None
    rung: Promise | str
    spark: chart.Spark | None

    @property
    def verdict(self) -> tuple[str, str]:
        return _VERDICTS.get(Agency.State(self.agency.state), ("fail", "x"))

    @property
    def scores(self) -> list[int | None]:
        if self.day is None:
            return [None] * len(board.PILLARS)
        return [getattr(self.day, pillar) for pillar in board.PILLARS]


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a state, what stands below one agency, after which row."""

    state: str
    under: Agency | None
    after: Agency | None


@require_GET
@login_required
@gate.for_readers
def show(request: PortalRequest) -> HttpResponse:
    """The board; an officer of one agency is led to its page."""
    reached = officers.agencies_of(request.user)
    if not gate.sees_all(request.user) and (only := _only(reached)):
        return redirect("accounts:readiness-of", only.pk)
    tree = mandate_board.agencies_by_id()
    asked = _asked(request, reached, tree)
    part = _under(reached, asked.under, tree)
    day = board.newest_day(part)
    manner = manner_of(request)
    states = board.states(part)
    listed = part.filter(state=asked.state) if asked.state else part
    found, last = board.page_after(listed, asked.after, most=SHOWN)
    overdue = list(board.overdue(part, timezone.localdate())[: board.MOST_OVERDUE + 1])
    context = {
        "at": "readiness",
        "asked": asked,
        "day": day,
        "states": [(state, states.get(state.value, 0)) for state in Agency.State],
        "figures": _figures(states),
        "pillars": _pillars(part, day, manner),
        "rungs": _rungs(part, day),
        "ministries": board.ministries(part, tree, day),
        "tops": _tops(reached, tree),
        "lines": _lines(found, tree, day, manner),
        "last": last,
        "overdue": overdue[: board.MOST_OVERDUE],
        "more_overdue": len(overdue) > board.MOST_OVERDUE,
        "may_decide": officers.decides(request.user),
        "own": request.user.agency if officers.manages(request.user) else None,
    }
    template = "_list" if request.htmx and asked.after else "show"
    return render(request, f"accounts/readiness/board/{template}.html", context)


def _tops(reached: QuerySet[Agency], tree: Mapping[int, Agency]) -> list[Agency]:
    """The ministries that may be chosen: those within reach."""
    ids = set(reached.order_by().filter(parent=None).values_list("pk", flat=True))
    return sorted((tree[pk] for pk in ids if pk in tree), key=lambda one: one.name)


def _only(reached: QuerySet[Agency]) -> Agency | None:
    found = list(reached[:2])
    return found[0] if len(found) == 1 else None


def _asked(request: PortalRequest, reached: QuerySet[Agency], tree: Mapping[int, Agency]) -> Asked:
    state = request.GET.get("state", "")
    if state and state not in Agency.State.values:
        raise Http404
    under, after = _named(request, "under", tree), _named(request, "after", tree)
    for each in (under, after):
        if each is not None and not reached.filter(pk=each.pk).exists():
            raise Http404
    return Asked(state, under, after)


def _named(request: PortalRequest, name: str, tree: Mapping[int, Agency]) -> Agency | None:
    wanted = request.GET.get(name, "")
    if not wanted:
        return None
    found = tree.get(int(wanted)) if wanted.isdecimal() and len(wanted) < _DIGITS else None
    if found is None:
        raise Http404
    return found


def _under(
    reached: QuerySet[Agency], top: Agency | None, tree: Mapping[int, Agency]
) -> QuerySet[Agency]:
    return reached if top is None else reached.filter(pk__in=mandate_board.below(top, tree))


def _figures(states: Mapping[str, int]) -> dict[str, int]:
    """The sums at the head: all, open, at risk, waiting for a decision, shut."""
    state = Agency.State
    opened = sum(states.get(each, 0) for each in Agency.OPEN_STATES)
    shut = (state.NOT_READY, state.ASSESSING, state.UNASSESSED, state.SUSPENDED)
    return {
        "all": sum(states.values()),
        "open": opened,
        "at_risk": states.get(state.AT_RISK, 0),
        "deciding": states.get(state.READY_FOR_DECISION, 0),
        "shut": sum(states.get(each, 0) for each in shut),
    }


def _pillars(
    part: QuerySet[Agency], day: date | None, manner: Manner
) -> list[tuple[Promise | str, Promise, board.Course, chart.Spark | None]]:
    if day is None:
        return []
    return [
        (
            Rule.Pillar(course.pillar).label,
            GISTS[course.pillar],
            course,
            chart.spark(course.shares, manner),
        )
        for course in board.courses(part, day)
    ]


def _rungs(
    part: QuerySet[Agency], day: date | None
) -> list[tuple[str, Promise, Promise, int, float]]:
    """The rungs with their counts and shares; nobody on the ladder: nothing."""
    counted = board.rungs(part, day) if day else {}
    whole = sum(counted.values())
    return [
        (rung, name, gist, counted.get(rung, 0), counted.get(rung, 0) / whole)
        for rung, name, gist in RUNGS
        if whole
    ]


def _lines(
    found: Sequence[Agency], tree: Mapping[int, Agency], day: date | None, manner: Manner
) -> list[Line]:
    ids = [each.pk for each in found]
    days = board.days_of(ids, day) if day else {}
    courses = board.sparks_of(ids, day) if day else {}
    names = {rung: name for rung, name, _gist in RUNGS}
    return [
        Line(
            each,
            tree.get(each.parent_id or 0),
            days.get(each.pk),
            names.get(days[each.pk].dmarc, "") if each.pk in days else "",
            chart.spark(courses.get(each.pk, ()), manner),
        )
        for each in found
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/readiness/", show, name="readiness"),
]
