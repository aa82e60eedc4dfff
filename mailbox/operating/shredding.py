"""Shredding a mailbox by order of two officers, written down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account
from govmail_portal.errors import PortalError
from mailbox.filing import shredding
from mailbox.filing.shredding import Inventory
from mailbox.models import Mailbox

__all__ = ["Inventory", "check", "inventory", "shred_for"]

inventory = shredding.inventory


class TwoOfficersNeeded(PortalError):
    message = _("It takes two officers whose accounts are in use, and neither for their own.")
    status = 403


class StillInUse(PortalError):
    message = _("This mailbox is in use. Close its account first.")
    status = 409


class ReasonNeeded(PortalError):
    message = _("Say why: it stands in the record of acts.")


def check(
    mailbox: Mailbox, *, asked_by: Account | None, agreed_by: Account | None, reason: str
) -> None:
    """Raise what stands in the way: TwoOfficersNeeded, ReasonNeeded, StillInUse."""
    officers = [one for one in (asked_by, agreed_by) if one is not None and one.is_active]
    # An officer's right to look after accounts; who is named twice is one.
    officers = [one for one in officers if one.is_staff and one.pk != mailbox.account_id]
    if len({one.pk for one in officers}) != 2:
        raise TwoOfficersNeeded
    if not reason.strip():
        raise ReasonNeeded
    if mailbox.account is not None and mailbox.account.is_active:
        raise StillInUse


def shred_for(
    mailbox: Mailbox,
    *,
    asked_by: Account | None,
    agreed_by: Account | None,
    reason: str,
    now: datetime,
) -> None:
    """Destroy the key and write down by whose order, in one; then delete. Raises as `check`.

    Stopped half-way it is run again: what is left is deleted, and written down once more.
    """
    check(mailbox, asked_by=asked_by, agreed_by=agreed_by, reason=reason)
    with transaction.atomic():
        shredding.destroy_key(mailbox)
        agreed = "" if agreed_by is None else str(agreed_by.pk)
        details = {"agreed_by": agreed, "reason": reason.strip()[:300]}
        chain.record("mailbox_shredded", mailbox, by=asked_by, now=now, details=details)
    shredding.shred(mailbox)
