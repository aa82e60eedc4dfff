"""The request as views behind the second factor know it: somebody is signed in."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from accounts.models import Account
from govmail_portal.dates import Manner


class PortalRequest(HttpRequest):
    """A request that has passed both factors: `user` is an Account; `htmx` is there."""

    user: Account
    htmx: HtmxDetails


def manner_of(request: PortalRequest) -> Manner:
    """The reader's language, kind of digits, and era."""
    return Manner.of(
        get_language(),
        thai_digits=request.user.thai_digits,
        christian_era=request.user.christian_era,
    )
