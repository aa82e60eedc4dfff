"""The doors of the house, by address."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from govmail_portal import views
from govmail_portal.app import installing

urlpatterns = [
    path("", include("mailbox.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("sw.js", installing.worker, name="service-worker"),
    path("offline/", installing.offline, name="offline"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
