"""Have duties reckoned soon after a proof came: quicker than the night does, and no more."""

from __future__ import annotations

from celery import current_app
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Obligation, Official


def proof_came(name: str, officials: QuerySet[Official]) -> None:
    """Say that these officials have shown what `evidence` knows by this name; one statement.

    Nothing follows where no open duty of theirs lacks it, so it may be said often. A ring that
    is lost is made good by the night.
    """
    open_now = Obligation.objects.open().filter(official__in=officials)
    lacking = open_now.exclude(evidence__has_key=name).order_by()
    found = sorted({f"{pk}" for pk in lacking.values_list("official_id", flat=True)})
    if found:

        def ring() -> None:
            current_app.send_task(
                "accounts.proof_came", args=[found, name], retry=False, ignore_result=True
            )

        transaction.on_commit(ring, robust=True)
