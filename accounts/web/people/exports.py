"""The board as files for spreadsheets, and as a letter to the cabinet's secretariat."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.mandate.board import SMALLEST_SHOWN, Line
from accounts.spreadsheets.writing import Cell, as_csv, as_xlsx
from accounts.web.people.board import RuleCard, Scope, below, grouped, read, scope_of
from accounts.web.people.gate import for_officers
from accounts.web.people.lines import is_small, untold
from accounts.web.request import PortalRequest, manner_of

# The columns that add up to the heads of a row, in their order.
_PARTS = ("met", "late_met", "late_person", "late_agency", "waiting_gate", "exempt", "pending")
_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
@login_required
def table(request: PortalRequest, kind: str) -> HttpResponse:
    """Every agency and rule, as the board shows them; small counts of strangers are left out."""
    if kind not in _KINDS:
        raise Http404
    scope, cards, day = read(request)
    if day is None:
        raise Http404
    head, rows = _head(), [row for card in cards for row in _rows(card, scope)]
    content = as_csv(head, rows) if kind == "csv" else as_xlsx(str(day), head, rows)
    answer = HttpResponse(content, content_type=_KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="mandate-{day}.{kind}"'
    return answer


@require_GET
@for_officers
def letter(request: PortalRequest) -> HttpResponse:
    """A letter of progress to the cabinet's secretariat, to be printed; in Thai, as letters are.

    Its counts are exact, so an officer reports on whom they look after, and on nobody else.
    """
    scope, cards, day = read(request, scope=_reported(request))
    if day is None or not cards:
        raise Http404
    with translation.override("th"):
        return render(
            request,
            "accounts/people/mandate/letter.html",
            {
                "agency": scope.top or request.user.agency,
                "cards": [(card, grouped(card.lines, scope)) for card in cards],
                "mandate": cards[0].rule.mandate,
                "day": day,
                "today": timezone.localdate(),
                "manner": manner_of(request),
            },
        )


def _reported(request: PortalRequest) -> Scope:
    """What an officer reports on: the part asked for, else all they look after; 404 beyond it."""
    scope = scope_of(request)
    if not scope.asked and not scope.is_near:
        scope = below(scope.tree[request.user.agency_id], scope.reached, scope.tree)
    if not scope.is_near:
        raise Http404
    return scope


def _head() -> list[str]:
    return [
        _("Rule"),
        _("Ministry"),
        _("Agency"),
        _("Letter code"),
        _("Must use it"),
        _("Use it, in time"),
        _("Use it, late"),
        _("Overdue, the person"),
        _("Overdue, the agency is not open"),
        _("Waiting for the agency"),
        _("Exempt"),
        _("Not due yet"),
        _("Share"),
        _("Agency is open"),
    ]


def _rows(card: RuleCard, scope: Scope) -> Iterator[list[Cell]]:
    for line in sorted(card.lines, key=lambda one: (one.above.name_th, one.agency.name_th)):
        yield [
            str(card.rule),
            line.above.name,
            line.agency.name,
            line.agency.letter_code,
            *_counts(line, scope),
            _("yes") if line.agency.is_open else _("no"),
        ]


def _counts(line: Line, scope: Scope) -> Iterator[Cell]:
    one, near = line.standing, line.agency.pk in scope.reached
    parts = {name: getattr(one, name) for name in _PARTS}
    hidden = untold(parts, is_near=near)
    yield f"<{SMALLEST_SHOWN}" if not near and is_small(one.eligible) else one.eligible
    for name, count in parts.items():
        if name not in hidden:
            yield count
        else:
            yield f"<{SMALLEST_SHOWN}" if is_small(count) else f"≥{SMALLEST_SHOWN}"
    if not near and one.eligible < 2 * SMALLEST_SHOWN:
        yield None
    else:
        yield round(one.share, 1 if hidden else 4)


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mandate/table.<str:kind>", table, name="mandate-table"),
    path("people/mandate/letter/", letter, name="mandate-letter"),
]
