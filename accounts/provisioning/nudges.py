"""Ring the workers of the provisioning queue: quicker than the sweep of every minute, no more."""

from __future__ import annotations

from celery import current_app
from django.core.cache import cache
from django.db import transaction

# An import asks for a thousand accounts in a moment; one ring a second tells of them all.
_PAUSE = 1
_RUNG = "provisioning-rung"


def provision_soon() -> None:
    """Have the queue worked on once this transaction is committed. The rows are the truth:
    a broker that is down is logged, and the sweep finds what nobody was told of."""
    transaction.on_commit(_ring, robust=True)


def provision_on() -> None:
    """Have the queue worked on further, now: there is more than one task was to do."""
    current_app.send_task("accounts.provision", retry=False, ignore_result=True)


def _ring() -> None:
    # Rung with the pause as delay, so that whoever was too late to ring is not too late to be seen.
    if cache.add(_RUNG, 1, timeout=_PAUSE):
        current_app.send_task(
            "accounts.provision", countdown=_PAUSE, retry=False, ignore_result=True
        )
