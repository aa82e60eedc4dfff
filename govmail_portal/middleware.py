"""What every answer of the portal carries, and how an error becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from govmail_portal.errors import PortalError

GetResponse = Callable[[HttpRequest], HttpResponse]


class NoStoreMiddleware:
    """Mail is never kept by a browser or a proxy, unless an answer says so itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class PortalErrorMiddleware:
    """Turn any PortalError into a page, a partial for htmx, or JSON for a script."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, PortalError):
            return None
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"message": str(error.message)}, status=error.status)
        partial = bool(getattr(request, "htmx", False))
        template = "shared/_error.html" if partial else "shared/error.html"
        return render(request, template, {"message": error.message}, status=error.status)
