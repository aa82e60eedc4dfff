"""Addresses of the pages about people, below /people/; each module lists its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from accounts.web.people import (
    activation,
    audit,
    board,
    decisions,
    directory,
    exports,
    imports,
    names,
    requests,
    tokens,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *board.urlpatterns,
    *exports.urlpatterns,
    *names.urlpatterns,
    *directory.urlpatterns,
    *imports.urlpatterns,
    *requests.urlpatterns,
    *activation.urlpatterns,
    *decisions.urlpatterns,
    *audit.urlpatterns,
    *tokens.urlpatterns,
]
