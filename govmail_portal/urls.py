"""The doors of the house, by address."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from govmail_portal import views

urlpatterns = [
    path("", include("mailbox.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
