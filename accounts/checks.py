"""System checks: settings that the gate's probes must not go out with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from accounts.readiness import ground


@register("readiness")
def probes_stay_on_their_ground(**_: Any) -> list[CheckMessage]:
    """Nothing but a test bed lets probes reach private networks."""
    return [Error(sentence, id="accounts.E001") for sentence in ground.complaints()]


@register("readiness", deploy=True)
def production_is_no_test_bed(**_: Any) -> list[CheckMessage]:
    """The test profile is told of where the portal is made ready for production."""
    if not settings.READINESS_TEST_PROFILE:
        return []
    hint = "It lets anybody who may enter a domain reach the networks in READINESS_ALSO."
    return [Warning("READINESS_TEST_PROFILE is for test beds.", hint=hint, id="accounts.W001")]
