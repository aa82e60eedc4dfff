"""The progress board of the mandate: counts for everybody, names for officers within reach."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.mandate import board, counting
from accounts.mandate.board import Line, Standing
from accounts.mandate.reminders import notices
from accounts.models import Account, Agency, MandateRule
from accounts.people.reach import agencies_within_reach, is_officer
from accounts.web.people import chart
from accounts.web.people.lines import (
    ShownLine,
    ShownStanding,
    is_small,
    shown_line,
    shown_standing,
)
from accounts.web.request import PortalRequest, manner_of
from govmail_portal import dates
from govmail_portal.dates import Manner

FIRST_SHOWN = 15
# What ?under= says in place of an agency's number, to see the provinces alone.
PROVINCES = "provinces"
_DIGITS = 10


@dataclass(frozen=True)
class Scope:
    """What part of the state a board shows, and what of it its reader looks after.

    asked: as the address says it. under: the ids shown, None for all. reached: the ids whose
    small counts and names are shown.
    """

    asked: str
    top: Agency | None
    under: Collection[int] | None
    reached: Collection[int]
    tree: Mapping[int, Agency]

    @property
    def tops(self) -> list[tuple[str | Promise, list[Agency]]]:
        """The agencies that stand below no other, by name: ministries, provinces, the rest."""
        kinds: dict[str, Promise] = {
            Agency.Kind.MINISTRY: gettext_lazy("Ministries"),
            Agency.Kind.PROVINCE: gettext_lazy("Provinces"),
        }
        groups: dict[str | Promise, list[Agency]] = {name: [] for name in kinds.values()}
        rest = gettext_lazy("Other agencies")
        for one in sorted(self.tree.values(), key=lambda one: one.name):
            if one.parent_id is None:
                groups.setdefault(kinds.get(one.kind, rest), []).append(one)
        return [(name, found) for name, found in groups.items() if found]

    @property
    def is_near(self) -> bool:
        """Whether its reader looks after everybody it counts."""
        return set(self.tree if self.under is None else self.under) <= set(self.reached)

    @property
    def is_told(self) -> bool:
        """Whether its sums are told exactly: those of the whole state tell of nobody."""
        return self.under is None or self.is_near

    @property
    def has_letter(self) -> bool:
        """Whether its reader may report on it: on all they look after, or on a part of that."""
        return bool(self.reached) and (not self.asked or self.is_near)


@dataclass(frozen=True)
class RuleCard:
    """One rule as the board shows it."""

    rule: MandateRule
    due: date
    days_left: int
    standing: Standing
    before: Standing | None
    lines: Sequence[Line]
    series: chart.Series


@require_GET
@login_required
def show(request: PortalRequest) -> HttpResponse:
    """The board, whole or below one agency (?under=), worst by share or by heads (?by=heads)."""
    scope, cards, day = read(request)
    context = {"at": "progress", "scope": scope, "cards": cards, "day": day}
    if day is None or not cards:
        return render(request, "accounts/people/mandate/none.html", context)
    manner = manner_of(request)
    chosen = _chosen(request, cards)
    by_heads = request.GET.get("by") == "heads"
    everything = request.GET.get("show") == "all"
    worst = board.worst(chosen.lines, by_heads=by_heads)
    shown = [(card, shown_standing(card.standing, manner, is_near=scope.is_told)) for card in cards]
    drawn = [card for card, standing in shown if standing.is_exact]
    return render(
        request,
        "accounts/people/mandate/board.html",
        context
        | {
            "mandate": cards[0].rule.mandate,
            "cards": shown,
            "chosen": chosen,
            "here": _of(chosen, shown),
            "week": _week(chosen, is_near=scope.is_told),
            "everyone": shown[-1],
            "chart": chart.draw([card.series for card in drawn], day, manner) if drawn else None,
            "sentences": [_outlook(card, manner) for card in drawn],
            "groups": [_shown(line, scope, manner) for line in grouped(chosen.lines, scope)],
            "worst": _worst(
                worst if everything else worst[:FIRST_SHOWN], chosen, scope, day, manner
            ),
            "more": 0 if everything else max(0, len(worst) - FIRST_SHOWN),
            "by_heads": by_heads,
            "query": f"?under={scope.asked}" if scope.asked else "",
        },
    )


def read(
    request: PortalRequest, *, scope: Scope | None = None
) -> tuple[Scope, list[RuleCard], date | None]:
    """What a board, its table as a file and its letter are all made of."""
    scope = scope or scope_of(request)
    rules = list(
        MandateRule.objects.filter(mandate__is_in_force=True)
        .select_related("mandate")
        .order_by("mandate", "order", "pk")
    )
    day = board.newest_day(rules)
    if day is None:
        return scope, [], None
    return scope, [_card(rule, day, scope) for rule in rules], day


def scope_of(request: PortalRequest) -> Scope:
    """What the address asks for; 404 for an agency that is not there."""
    tree = board.agencies_by_id()
    wanted = request.GET.get("under", "")
    reached = _reached(request.user)
    if wanted == PROVINCES:
        kind = Agency.Kind.PROVINCE
        under = {one.pk for one in tree.values() if board.root_of(one, tree).kind == kind}
        return Scope(wanted, None, under, reached, tree)
    is_number = wanted.isdecimal() and len(wanted) < _DIGITS
    top = tree.get(int(wanted)) if is_number else None
    if wanted and top is None:
        raise Http404
    return below(top, reached, tree)


def below(top: Agency | None, reached: Collection[int], tree: Mapping[int, Agency]) -> Scope:
    """An agency with all below it; None: the whole state."""
    if top is None:
        return Scope("", None, None, reached, tree)
    return Scope(str(top.pk), top, board.below(top, tree), reached, tree)


def grouped(lines: Sequence[Line], scope: Scope) -> list[Line]:
    """A line for each ministry; below one agency, for each agency. The furthest first."""
    if scope.top is None:
        return board.by_ministry(lines)
    return sorted(lines, key=lambda line: (-line.standing.share, line.agency.name_th))


def _reached(account: Account) -> set[int]:
    if not is_officer(account):
        return set()
    return set(agencies_within_reach(account).order_by().values_list("pk", flat=True))


def _card(rule: MandateRule, day: date, scope: Scope) -> RuleCard:
    found = board.lines(rule, day, scope.tree, under=scope.under)
    points = board.burn_up(rule, day, under=scope.under)
    due = counting.due(rule.mandate.base_date, rule.months, rule.moves_over_holidays)
    week = board.weeks_back(rule.mandate.base_date, day)[1:2]
    earlier = board.lines(rule, week[0], scope.tree, under=scope.under) if week else ()
    before = board.total(earlier)
    return RuleCard(
        rule=rule,
        due=due,
        days_left=(due - timezone.localdate()).days,
        standing=board.total(found),
        before=before if before.eligible else None,
        lines=found,
        series=chart.Series(
            name=str(rule),
            series=rule.covers,
            base=rule.mandate.base_date,
            due=due,
            points=points,
            projection=board.project(points, due),
        ),
    )


def _chosen(request: PortalRequest, cards: Sequence[RuleCard]) -> RuleCard:
    wanted = request.GET.get("rule", "")
    return next((card for card in cards if str(card.rule.pk) == wanted), cards[0])


def _of(chosen: RuleCard, shown: Sequence[tuple[RuleCard, ShownStanding]]) -> ShownStanding:
    return next(standing for card, standing in shown if card is chosen)


def _week(chosen: RuleCard, *, is_near: bool) -> dict[str, tuple[int, int]]:
    """Who was late a week ago and is now, where the difference tells of nobody hidden."""
    before, now = chosen.before, chosen.standing
    if before is None:
        return {}
    pairs = {
        "person": (before.late_person, now.late_person),
        "agency": (before.late_agency, now.late_agency),
    }
    return {name: pair for name, pair in pairs.items() if is_near or not any(map(is_small, pair))}


def _shown(line: Line, scope: Scope, manner: Manner) -> ShownLine:
    return shown_line(line, manner, is_near=line.agency.pk in scope.reached)


def _worst(
    found: Sequence[Line], chosen: RuleCard, scope: Scope, day: date, manner: Manner
) -> list[ShownLine]:
    """The rows of the table, each with its last seven weeks, and whether it was told today."""
    ids = [line.agency.pk for line in found]
    courses = board.courses(chosen.rule, day, ids)
    near = [pk for pk in ids if pk in scope.reached]
    told = notices.told_today(near, now=timezone.now()) if near else set()
    return [
        shown_line(
            line,
            manner,
            is_near=line.agency.pk in scope.reached,
            course=courses.get(line.agency.pk, ()),
            is_told=line.agency.pk in told,
        )
        for line in found
    ]


def _outlook(card: RuleCard, manner: Manner) -> str:
    ahead = card.series.projection
    name = str(card.rule)
    if card.standing.eligible and not card.standing.owed:
        return _("%(rule)s: everybody has done it.") % {"rule": name}
    if ahead is None:
        return _("%(rule)s: two weeks of records are needed for an outlook.") % {"rule": name}
    if ahead.complete_on is None:
        return _("%(rule)s: no progress in the last four weeks.") % {"rule": name}
    day = dates.day_of(ahead.complete_on, manner)
    if ahead.complete_on <= card.due or card.days_left < 0:
        return _("%(rule)s: at the pace of four weeks, complete about %(day)s.") % {
            "rule": name,
            "day": day,
        }
    missing = manner.digits(f"{1 - ahead.share_when_due:.0%}")
    return _(
        "%(rule)s: at the pace of four weeks, about %(missing)s will be missing when it is due."
    ) % {"rule": name, "missing": missing}


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mandate/", show, name="mandate-board"),
]
