"""Finding people, for whoever writes to them."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.http import require_GET

from accounts.people import directory
from accounts.web.request import PortalRequest

AT_MOST = 10


@require_GET
def find(request: PortalRequest) -> JsonResponse:
    """Answer ?q= with up to ten people: name, position, agency, code, address."""
    people = directory.find(request.GET.get("q", ""), by=request.user, limit=AT_MOST)
    return JsonResponse({"people": [person.as_json() for person in people]})
