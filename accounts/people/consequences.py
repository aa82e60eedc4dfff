"""What else happens when an account's standing changes: each app hangs its part on, by name.

`accounts` never imports the mail; so the mail registers here, from its `apps.py`, what a
suspension, a departure or a transfer means for it. A part is called inside the transaction of
the change, must be idempotent, and hands slow work to a row of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from accounts.models import Account

# Suspended (details: "for_good": died or dismissed), opened again, retained (has left; mail kept;
# details: "position", the last one held or None, and "until", an aware moment), transferred
# (details: "to", the new account, and "until", an aware moment), died and handed_over (dismissed;
# details of both: "superior", an account or None, two officers having agreed, and "quiet": the
# order says that the official is not told), released (after a transfer, both agencies having
# agreed; details: "to", the new account, and "reason").
CHANGES = ("suspended", "reinstated", "retained", "transferred", "died", "handed_over", "released")

Part = Callable[..., None]
_PARTS: dict[str, list[Part]] = defaultdict(list)


def follows(change: str) -> Callable[[Part], Part]:
    """Hang a part on a change; it is called as `part(account, now=…, **details)`."""
    if change not in CHANGES:
        raise ValueError(change)

    def hang(part: Part) -> Part:
        if part not in _PARTS[change]:
            _PARTS[change].append(part)
        return part

    return hang


def carry_out(change: str, account: Account, *, now: datetime, **details: Any) -> None:
    """Call every part of a change, in the order they were hung on."""
    for part in _PARTS[change]:
        part(account, now=now, **details)
