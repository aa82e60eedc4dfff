"""Ring the workers for imports: quicker than the sweep of every minute, no more."""

from __future__ import annotations

from celery import current_app
from django.db import transaction


def read_soon(batch: int) -> None:
    """Have an uploaded file read once this transaction is committed."""
    _ring_after_commit("accounts.read_import", batch)


def apply_soon(batch: int) -> None:
    """Have an approved import carried out once this transaction is committed."""
    _ring_after_commit("accounts.apply_import", batch)


def _ring_after_commit(task: str, batch: int) -> None:
    # A broker that is down is logged, not raised: the sweep finds what nobody was told of.
    def ring() -> None:
        current_app.send_task(task, [batch], retry=False, ignore_result=True)

    transaction.on_commit(ring, robust=True)
