"""The clock's part with keys: look for records in DNS, and end what is over.

Run as often as one likes, by as many as one likes: every row is decided by what it says.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import F, Q

from accounts.models import AgencyDomain
from mailbox.models import SigningKey
from mailbox.outbound.domains import keys

# Records of keys in use are looked for once a day, and of new ones every time.
DAILY = timedelta(hours=23)
# One turn looks for so many at most: DNS may take seconds for each.
PIECE = 50
_GONE = (AgencyDomain.DoesNotExist, SigningKey.DoesNotExist)


def look_around(now: datetime) -> int:
    """Look for the records that are due, oldest look first; return how many."""
    due = Q(state=SigningKey.State.NEW) | Q(state=SigningKey.State.ACTIVE) & (
        Q(seen_at__isnull=True) | Q(seen_at__lte=now - DAILY) | ~Q(seen=SigningKey.Seen.GOOD)
    )
    rows = SigningKey.objects.filter(due).select_related("domain__agency")
    looked = list(rows.order_by(F("seen_at").asc(nulls_first=True))[:PIECE])
    for key in looked:
        with suppress(*_GONE):
            keys.look(key, by=None, now=now)
    return len(looked)


def end_what_is_over(now: datetime) -> int:
    """Say of every key whose time is over that its record may go; return how many."""
    over = SigningKey.objects.filter(state=SigningKey.State.RETIRING, retires_at__lte=now)
    ended = list(over.select_related("domain__agency"))
    for key in ended:
        # Another worker may have ended it meanwhile.
        with suppress(*_GONE, keys.KeyIsOver):
            keys.retire(key, by=None, now=now)
    return len(ended)
