"""The request as views behind the second factor know it: somebody is signed in."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Account


class PortalRequest(HttpRequest):
    """A request that has passed both factors: `user` is an Account; `htmx` is there."""

    user: Account
    htmx: HtmxDetails
