"""Pages of the house itself: is it up, and what a refused form says."""

from __future__ import annotations

from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from redis.exceptions import RedisError


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """The process and the engines it needs answer; 503 names the one that does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return JsonResponse({"ok": False, "missing": "database"}, status=503)
    try:
        cache.set("readyz", 1, 5)
    except (RedisError, OSError):
        return JsonResponse({"ok": False, "missing": "redis"}, status=503)
    return JsonResponse({"ok": True})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was sent without this session's token: most often a session that has ended."""
    message = _(
        "Your session has changed since this page was opened. Go back, reload and try again."
    )
    return render(request, "shared/error.html", {"message": message}, status=403)
