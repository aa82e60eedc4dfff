"""The portal as an app of a phone or a desktop: its description, worker, and offline page.

The worker keeps the frame's own files and one page that says there is no connection.
It never keeps, nor even sees the answers of, anything that belongs to a person.
"""

from __future__ import annotations

import json
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

# What the page without a network needs, and nothing more.
KEPT = (
    "bundles/base.css",
    "shared/mark.svg",
    "vendor/icons.svg",
    "vendor/sarabun/thai-400.woff2",
    "vendor/sarabun/thai-600.woff2",
    "vendor/sarabun/latin-400.woff2",
    "vendor/sarabun/latin-600.woff2",
)
A_DAY = "public, max-age=86400"


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """The app's name, colours and pictures (W3C Web Application Manifest)."""
    icons = [
        _icon("shared/mark.svg", "any", "any"),
        _icon("vendor/app-192.png", "192x192", "any"),
        _icon("vendor/app-512.png", "512x512", "any"),
        _icon("vendor/app-maskable-512.png", "512x512", "maskable"),
    ]
    about = {
        "id": "/",
        "name": "GovMail Portal",
        "short_name": "GovMail",
        "description": _("Central mail of the state"),
        "lang": "th",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#eaeef4",
        "theme_color": "#101b32",
        "icons": icons,
    }
    answer = JsonResponse(about, content_type="application/manifest+json")
    answer.headers["Cache-Control"] = A_DAY
    return answer


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; it stands at the root so that its scope is the whole portal."""
    kept = [static(name) for name in KEPT]
    body = (settings.BASE_DIR / "static" / "shared" / "worker.js").read_text(encoding="utf-8")
    begin = {"KEPT": kept, "OFFLINE": reverse("offline"), "NAME": _name_of(kept, body)}
    lines = [f"const {name} = {json.dumps(value)};" for name, value in begin.items()]
    answer = HttpResponse("\n".join([*lines, body]), content_type="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What an app shows that cannot reach the portal; the same for everybody, in both languages."""
    answer = render(request, "shared/offline.html")
    answer.headers["Cache-Control"] = A_DAY
    return answer


def _name_of(kept: list[str], body: str) -> str:
    """A cache of its own for each version of the worker and of what it keeps."""
    return "frame-" + sha256("\n".join([*kept, body]).encode()).hexdigest()[:12]


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return {"src": static(name), "sizes": sizes, "type": kind, "purpose": purpose}
