"""The doors of the house, by address."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("mailbox.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
