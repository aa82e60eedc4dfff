"""Cases to decide: whether posts are division director or above."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.mandate import decisions
from accounts.people.reach import agencies_within_reach
from accounts.web.people.decisions import asked
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest

SHOWN = 50
POSTS_SHOWN = 200


@require_GET
@for_officers
def index(request: PortalRequest) -> HttpResponse:
    """Every case within reach; ?like= one post's: its case, post by post."""
    now, reached = timezone.now(), agencies_within_reach(request.user)
    like = request.GET.get("like", "")
    if like:
        return _one(request, like)
    found = decisions.cases(reached, now=now, most=SHOWN + 1)
    context = {"at": "decisions", "cases": found[:SHOWN], "has_more": len(found) > SHOWN}
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
