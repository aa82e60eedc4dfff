"""How a letter is to be shown this once, by the query of its address."""

from __future__ import annotations

from mailbox.reading.letters import Look
from mailbox.web.requests import PortalRequest


def look_of(request: PortalRequest) -> Look:
    """images=1: with pictures from outside; quote=1: with the quoted original."""
    return Look(images=request.GET.get("images") == "1", quote=request.GET.get("quote") == "1")
