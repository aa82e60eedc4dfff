"""The rules that are in force on a day, as values that a verdict can be reached with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import RuleProfile
from govmail_portal.errors import PortalError


class NoRulesInForce(PortalError):
    message = _("No rules of the readiness gate are in force on that day.")


@dataclass(frozen=True)
class RuleLine:
    """One rule of a profile, without its row. level: "B", "S" or "A", see `Rule.Level`."""

    code: str
    revision: int
    pillar: str
    level: str
    params: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def __str__(self) -> str:
        return f"{self.code}v{self.revision}"


def in_force(day: date) -> RuleProfile:
    """The newest profile whose day has come; a day in Thailand. Raises NoRulesInForce."""
    found = RuleProfile.objects.filter(valid_from__lte=day).order_by("-version").first()
    if found is None:
        raise NoRulesInForce
    return found


def lines_of(profile: RuleProfile) -> list[RuleLine]:
    """The rules of a profile, in its order."""
    return [
        RuleLine(each.code, each.revision, each.pillar, each.level, each.params, each.source)
        for each in profile.rules.order_by("order")
    ]
