"""Cases to decide: whether posts are director or above; and who serves past the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.mandate import decisions
from accounts.models import Agency, Official
from accounts.people import retirement
from accounts.people.reach import agencies_within_reach
from accounts.web.people.decisions import asked
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest

SHOWN = 50
POSTS_SHOWN = 200


@dataclass(frozen=True)
class Unexplained:
    """Somebody in service though the last day, by birth date or by order, is over."""

    official: Official
    last_day: date | None


@require_GET
@for_officers
def index(request: PortalRequest) -> HttpResponse:
    """Every case within reach, and who is past the last day; ?like= one post's case."""
    now, reached = timezone.now(), agencies_within_reach(request.user)
    like = request.GET.get("like", "")
    if like:
        return _one(request, like)
    found = decisions.cases(reached, now=now, most=SHOWN + 1)
    past = _unexplained(reached, now)
    context = {
        "at": "decisions",
        "cases": found[:SHOWN],
        "has_more": len(found) > SHOWN,
        "unexplained": past[:SHOWN],
        "more_unexplained": len(past) > SHOWN,
    }
    return render(request, "accounts/people/decisions/cases.html", context)


@require_POST
@for_officers
def decide(request: PortalRequest) -> HttpResponse:
    """Write the answer on one post (alone=1) or on all that are alike."""
    now, post = timezone.now(), asked.number(request.POST.get("post", ""))
    found = decisions.waiting(agencies_within_reach(request.user), now=now)
    chosen = decisions.alike(found, post)
    if request.POST.get("alone"):
        chosen = chosen.filter(position=post)
    first = chosen.select_related("position__agency").first()
    if first is None:
        raise decisions.DecidedMeanwhile
    count = decisions.decide(
        chosen.order_by().values_list("position", flat=True),
        request.POST.get("answer", ""),
        agency=first.position.agency,
        by=request.user,
        now=now,
    )
    said = ngettext(
        "%(count)d post of “%(title)s” is decided.",
        "%(count)d posts of “%(title)s” are decided.",
        count,
    )
    messages.success(request, said % {"count": count, "title": first.position.title})
    return redirect("accounts:decisions")


def _unexplained(reached: QuerySet[Agency], now: datetime) -> list[Unexplained]:
    found = retirement.unexplained(now).filter(account__agency__in=reached)
    rows = found.select_related("account__agency").order_by("birth_date", "pk")[: SHOWN + 1]
    return [Unexplained(each, retirement.last_day_of(each)) for each in rows]


def _one(request: PortalRequest, like: str) -> HttpResponse:
    found = decisions.waiting(agencies_within_reach(request.user), now=timezone.now())
    posts = decisions.alike(found, asked.number(like)).select_related(
        "position__agency", "position__unit", "official"
    )
    shown = list(posts.order_by("position__unit__name_th", "pk")[: POSTS_SHOWN + 1])
    if not shown:
        raise Http404
    context = {
        "at": "decisions",
        "posts": shown[:POSTS_SHOWN],
        "has_more": len(shown) > POSTS_SHOWN,
        "position": shown[0].position,
    }
    return render(request, "accounts/people/decisions/posts.html", context)


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/decisions/", index, name="decisions"),
    path("people/decisions/decide/", decide, name="decide"),
]
