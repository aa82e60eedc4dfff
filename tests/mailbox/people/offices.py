"""Offices for the tests of people's mail: a position with a mailbox, a holder, a delegate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Account, Agency, Assignment, Position
from accounts.people import directory
from mailbox.filing.mailboxes import open_mailbox
from mailbox.models import Delegation, Mailbox


def office(agency: Agency, name: str = "saraban") -> Mailbox:
    """A position's mailbox, which nobody holds yet."""
    position = Position.objects.create(
        agency=agency, title_th="งานสารบรรณกลาง", title_en="Central registry"
    )
    account = Account.objects.create_user(
        f"{name}@{agency.domains.get().domain}",
        agency=agency,
        position=position,
        state=Account.State.ACTIVE,
        language="en",
    )
    directory.list_again([account])
    return open_mailbox(account, [account.address])


def hold(
    box: Mailbox, by: Account, kind: str = Assignment.Kind.SUBSTANTIVE, **dates: Any
) -> Assignment:
    """Have somebody hold the position of a mailbox."""
    assert box.account is not None and box.account.position is not None
    return Assignment.objects.create(
        official=by.official, position=box.account.position, kind=kind, **dates
    )


def delegate(box: Mailbox, to: Account, **terms: Any) -> Delegation:
    """Let somebody use a mailbox from yesterday on for a month; terms: other fields."""
    today = timezone.localdate()
    values = {
        "valid_from": today - timedelta(days=1),
        "valid_to": today + timedelta(days=30),
        "granted_at": timezone.now(),
        **terms,
    }
    return Delegation.objects.create(mailbox=box, account=to, **values)
