"""Ring a worker when an identity system has told something; the sweep finds what was not heard."""

from __future__ import annotations

from functools import partial

from celery import current_app
from django.core.cache import cache
from django.db import transaction

from accounts.models import Source

# An identity system tells of a thousand people in a row; one ring tells of them all.
_PAUSE = 2


def tell_soon(source: Source) -> None:
    """Have what this source said planned, once the transaction is committed."""
    transaction.on_commit(partial(_ring, source.pk), robust=True)


def _ring(pk: int) -> None:
    # Rung with the pause as delay, so that whoever was too late to ring is not too late to be seen.
    if cache.add(f"scim-rung-{pk}", 1, timeout=_PAUSE):
        current_app.send_task(
            "accounts.scim_tell", args=[pk], countdown=_PAUSE, retry=False, ignore_result=True
        )
