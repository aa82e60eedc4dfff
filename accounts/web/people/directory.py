"""The government directory: people, offices and posts of the state, for everybody signed in."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Agency, OrgUnit, Position
from accounts.people import directory, offices
from accounts.web.request import PortalRequest

AT = {"at": "directory"}
# One more is asked for, to tell that there are more.
MOST_PEOPLE = 50


@require_GET
def index(request: PortalRequest) -> HttpResponse:
    """Answer ?q= with people, agencies and offices; without it, show the ministries."""
    query, today = request.GET.get("q", "").strip(), timezone.localdate()
    found = directory.find_accounts(query, by=request.user, limit=MOST_PEOPLE + 1)
    context = AT | {
        "query": query,
        "people": [(each, offices.phone_of(each)) for each in found[:MOST_PEOPLE]],
        "has_more": len(found) > MOST_PEOPLE,
        "agencies": offices.find_agencies(query, day=today),
        "units": offices.find_units(query, day=today),
        "ministries": [] if query else offices.ministries(day=today),
    }
    is_part = request.htmx.target == "found"
    template = "accounts/people/directory/_found.html" if is_part else _page("index")
    return render(request, template, context)


@require_GET
def agency(request: PortalRequest, agency: int) -> HttpResponse:
    """Show an agency: what is below it, its posts, and who holds them today."""
    shown = get_object_or_404(Agency.objects.select_related("parent"), pk=agency)
    today = timezone.localdate()
    context = AT | {
        "agency": shown,
        "other_name": offices.other_name(shown.name_th, shown.name_en),
        "agencies": offices.agencies_below(shown, day=today),
        "units": offices.units_of(shown, parent=None, day=today),
        **_posts(shown, None, today),
    }
    return render(request, _page("agency"), context)


@require_GET
def office(request: PortalRequest, unit: int) -> HttpResponse:
    """Show a division or group: where it stands, its posts, and who holds them today."""
    shown = get_object_or_404(OrgUnit.objects.select_related("agency"), pk=unit)
    today = timezone.localdate()
    context = AT | {
        "unit": shown,
        "other_name": offices.other_name(shown.name_th, shown.name_en),
        "above": offices.above(shown),
        "units": offices.units_of(shown.agency, parent=shown, day=today),
        **_posts(shown.agency, shown, today),
    }
    return render(request, _page("office"), context)


@require_GET
def post(request: PortalRequest, post: int) -> HttpResponse:
    """Show a post: its mailbox and telephone, who holds it today, and who acts."""
    get_object_or_404(Position, pk=post)
    shown = offices.posts(Position.objects.filter(pk=post), day=timezone.localdate())[0]
    unit = shown.position.unit
    above = [*offices.above(unit), unit] if unit else []
    return render(request, _page("post"), AT | {"post": shown, "above": above})


def _posts(agency: Agency, unit: OrgUnit | None, day: date) -> dict[str, object]:
    """The posts of an office, and whether there are more than a page shows."""
    found = offices.posts_of(agency, unit=unit, day=day)
    return {"posts": found, "has_more": len(found) == offices.MOST_POSTS}


def _page(name: str) -> str:
    return f"accounts/people/directory/{name}.html"


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/directory/", index, name="directory"),
    path("people/directory/agencies/<int:agency>/", agency, name="directory-agency"),
    path("people/directory/offices/<int:unit>/", office, name="directory-office"),
    path("people/directory/posts/<int:post>/", post, name="directory-post"),
]
