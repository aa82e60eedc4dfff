"""Warm connections to gateways, of this worker process."""

from __future__ import annotations

from mailbox.outbound.gateways import limits
from mailbox.smtp.pool import Pool

# A forked child begins with none of its parent's (`Pool`).
WARM = Pool()
# To gateways that count their connections: kept for a turn only, with a place for each.
COUNTED = Pool()


def let_go() -> None:
    """At the end of a turn: give others the connections of gateways that count them."""
    if len(COUNTED):
        COUNTED.close()
    limits.let_go()
