"""The request as our views see it, and how its reader wants dates and figures."""

from __future__ import annotations

from django.utils.translation import get_language

from accounts.web.request import PortalRequest
from govmail_portal.dates import Manner

__all__ = ["PortalRequest", "manner_of"]


def manner_of(request: PortalRequest) -> Manner:
    """The reader's language, kind of digits, and era."""
    return Manner.of(
        get_language(),
        thai_digits=request.user.thai_digits,
        christian_era=request.user.christian_era,
    )
