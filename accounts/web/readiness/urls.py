"""Addresses of the readiness gate; each module lists its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from accounts.web.readiness import (
    agency,
    api,
    board,
    central,
    deciding,
    domains,
    promises,
    report,
    telling,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *board.urlpatterns,
    *deciding.urlpatterns,
    *central.urlpatterns,
    *agency.urlpatterns,
    *domains.urlpatterns,
    *promises.urlpatterns,
    *report.urlpatterns,
    *telling.urlpatterns,
    *api.urlpatterns,
]
