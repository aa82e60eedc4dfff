"""GeneralizedTime, as directories stamp what changed (RFC 4517, 3.3.13)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Active Directory writes a fraction (.0), OpenLDAP none; both write UTC.
_STAMP = re.compile(r"(\d{14})(?:[.,]\d+)?Z")


def read_stamp(text: str) -> datetime | None:
    """Return the moment in UTC, to the second; None for anything that is not such a stamp."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def write_stamp(moment: datetime) -> str:
    """Return an aware moment as both kinds of directory take it in a filter."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S.0Z")
