"""Addresses of the pages of mail officers; each module lists its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from mailbox.web.people.mail import domains, gateways, letters, queue

urlpatterns: list[URLPattern | URLResolver] = [
    *queue.urlpatterns,
    *letters.urlpatterns,
    *gateways.urlpatterns,
    *domains.urlpatterns,
]
