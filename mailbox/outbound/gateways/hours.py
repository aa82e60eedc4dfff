"""The hours of the day in Thailand in which a gateway is in use."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from govmail_portal.dates import BANGKOK
from mailbox.models import Gateway

_DAY = timedelta(days=1)


def opens_in(gateway: Gateway, now: datetime) -> timedelta:
    """How long until the gateway is in use; none where it is in use at `now` (aware).

    From an hour until an earlier one goes over midnight; the same hour twice is always.
    """
    if gateway.active_from == gateway.active_to:
        return timedelta()
    begins, ends = _since_midnight(gateway.active_from), _since_midnight(gateway.active_to) or _DAY
    at = _since_midnight(now.astimezone(BANGKOK).time())
    in_use = begins <= at < ends if begins < ends else at >= begins or at < ends
    return timedelta() if in_use else (begins - at) % _DAY


def _since_midnight(hour: time | None) -> timedelta:
    if hour is None:
        return timedelta()
    return timedelta(
        hours=hour.hour, minutes=hour.minute, seconds=hour.second, microseconds=hour.microsecond
    )
