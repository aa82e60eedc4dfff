"""The request as our views see it: somebody is signed in, and htmx may be asking."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from accounts.models import Account
from govmail_portal.dates import Manner


class PortalRequest(HttpRequest):
    """A request behind both factors; `htmx` is true when a part of a page is asked for."""

    user: Account
    htmx: HtmxDetails


def manner_of(request: PortalRequest) -> Manner:
    """How this reader wants dates and figures."""
    return Manner.of(get_language(), thai_digits=request.user.thai_digits)
