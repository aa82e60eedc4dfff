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
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.mandate import board, counting
from accounts.mandate.board import Line, Standing
from accounts.models import Account, Agency, MandateRule
from accounts.people.reach import agencies_within_reach, is_officer
from accounts.web.people import chart
from accounts.web.request import PortalRequest, manner_of
from govmail_portal import dates
from govmail_portal.dates import Manner

FIRST_SHOWN = 15


@dataclass(frozen=True)
class Scope:
    """What part of the state a board shows, and what of it its reader looks after.

    under: the ids shown, None for all. reached: the ids whose small counts and names are shown.
    """

    top: Agency | None
    under: Collection[int] | None
    reached: Collection[int]
    tree: Mapping[int, Agency]

    @property
    def tops(self) -> list[Agency]:
        """The agencies that stand below no other, by name."""
        tops = (one for one in self.tree.values() if one.parent_id is None)
        return sorted(tops, key=lambda one: one.name_th)


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
    return render(
        request,
        "accounts/people/mandate/board.html",
        context
        | {
            "mandate": cards[0].rule.mandate,
            "chosen": chosen,
            "everyone": cards[-1],
            "chart": chart.draw([card.series for card in cards], day, manner),
            "sentences": [_outlook(card, manner) for card in cards],
            "ministries": _shown(board.by_ministry(chosen.lines), scope, manner),
            "worst": _shown(worst if everything else worst[:FIRST_SHOWN], scope, manner),
            "more": 0 if everything else max(0, len(worst) - FIRST_SHOWN),
            "by_heads": by_heads,
            "query": _query(request),
        },
    )


def read(request: PortalRequest) -> tuple[Scope, list[RuleCard], date | None]:
    """What a board, its table as a file and its letter are all made of."""
    scope = _scope(request)
    rules = list(
        MandateRule.objects.filter(mandate__is_in_force=True)
        .select_related("mandate")
        .order_by("mandate", "order", "pk")
    )
    day = board.newest_day(rules)
    if day is None:
        return scope, [], None
    return scope, [_card(rule, day, scope) for rule in rules], day


def _scope(request: PortalRequest) -> Scope:
    tree = board.agencies_by_id()
    wanted = request.GET.get("under", "")
    top = tree.get(int(wanted)) if wanted.isdecimal() else None
    if wanted and top is None:
        raise Http404
    reached = _reached(request.user)
    return Scope(top, board.below(top, tree) if top else None, reached, tree)


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


@dataclass(frozen=True)
class ShownLine:
    """A line as this reader may see it: small counts of others are "fewer than five"."""

    agency: Agency
    above: Agency
    share: float
    percent: str
    eligible: str
    late_person: str
    late_agency: str
    parts: Sequence[tuple[str, float, float]]
    has_names: bool


def _shown(found: Sequence[Line], scope: Scope, manner: Manner) -> list[ShownLine]:
    return [_shown_line(line, scope, manner) for line in found]


def _shown_line(line: Line, scope: Scope, manner: Manner) -> ShownLine:
    near = line.agency.pk in scope.reached
    one = line.standing

    def count(number: int) -> str:
        return counted(number, manner, is_near=near)

    is_small = not near and 0 < one.eligible < board.SMALLEST_SHOWN
    return ShownLine(
        agency=line.agency,
        above=line.above,
        share=one.share,
        percent="" if is_small else manner.digits(f"{one.share:.0%}"),
        eligible=count(one.eligible),
        late_person=count(one.late_person),
        late_agency=count(one.late_agency),
        parts=() if is_small else _parts(one),
        has_names=near,
    )


def counted(number: int, manner: Manner, *, is_near: bool) -> str:
    """A count as the reader may see it: "1,234", "–" for none, "<5" of strangers."""
    if number == 0:
        return "–"
    if not is_near and number < board.SMALLEST_SHOWN:
        return manner.digits(f"<{board.SMALLEST_SHOWN}")
    return manner.digits(f"{number:,}")


def _parts(one: Standing) -> list[tuple[str, float, float]]:
    """Pieces of a bar: kind, where it begins and how long it is, in hundredths."""
    waiting = one.late_agency + one.waiting_gate
    heads = (("success", one.used), ("danger", one.late_person), ("agency", waiting))
    made: list[tuple[str, float, float]] = []
    begun = 0.0
    for kind, count in heads:
        width = round(100 * count / max(1, one.eligible), 2)
        made.append((kind, begun, width))
        begun += width
    return made


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


def _query(request: PortalRequest) -> str:
    """What of the address the files and the letter take over."""
    under = request.GET.get("under", "")
    return f"?under={under}" if under.isdecimal() else ""


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mandate/", show, name="mandate-board"),
]
