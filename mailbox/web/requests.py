"""The request as our views see it, and how its reader wants dates and figures."""

from __future__ import annotations

from accounts.web.request import PortalRequest, manner_of

__all__ = ["PortalRequest", "manner_of"]
