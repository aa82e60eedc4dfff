"""What is asked of a subject: DNS first, then servers (docs/readiness-evidence.md)."""

from __future__ import annotations

from accounts.readiness.gathering.availability import ask_availability
from accounts.readiness.gathering.names import ask_dns
from accounts.readiness.gathering.servers import ask_net

__all__ = ["ask_availability", "ask_dns", "ask_net"]
