"""Carrying out a plan: one officer or two agree, then row after row, each whole or not at all.

States: PLANNED -approve-> APPROVED, or AWAITING_SECOND -second-> APPROVED; -apply-> APPLYING ->
APPLIED. `withdraw` ends any of them, also while rows are being carried out.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ImportBatch
from govmail_portal.errors import PortalError


class SecondOfficerNeeded(PortalError):
    message = _("Another officer must agree to this import.")


class ImportUnderWay(PortalError):
    message = _("Another import of this source is being carried out. Try again when it is done.")
    status = 409


class PlanOutdated(PortalError):
    message = _("Another import was carried out since this one was read. Read it again.")
    status = 409


class NotWaiting(PortalError):
    message = _("This import is not waiting for that.")
    status = 409


def approve(batch: ImportBatch, *, by: Account | None, now: datetime) -> ImportBatch:
    """An officer agrees. Without `why_second` it is APPROVED and due, else AWAITING_SECOND.

    by None: the portal itself, for syncs; refused (SecondOfficerNeeded) if `why_second`.
    Raises ImportUnderWay, PlanOutdated, NotWaiting, NotYours.
    """
    raise NotImplementedError


def second(batch: ImportBatch, *, by: Account, now: datetime) -> ImportBatch:
    """Another officer agrees; by whoever approved: SecondOfficerNeeded."""
    raise NotImplementedError


def withdraw(batch: ImportBatch, *, by: Account | None, now: datetime) -> ImportBatch:
    """End a batch. Rows already carried out stand; no further row begins."""
    raise NotImplementedError


def apply(batch: ImportBatch, *, now: datetime) -> ImportBatch:
    """Carry out an approved batch; idempotent, and goes on where a kill left off.

    Rows that fail become ERROR with a sentence and spoil no other. Synchronous: SCIM and
    commands may call it at once; the web leaves it to the worker.
    """
    raise NotImplementedError
