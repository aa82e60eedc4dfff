"""Opening and closing accounts."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Account
from accounts.signing_in import sessions


@transaction.atomic
def activate(account: Account) -> None:
    """Let the account's holder sign in."""
    account.state = Account.State.ACTIVE
    account.save(update_fields=["state"])


@transaction.atomic
def suspend(account: Account) -> None:
    """Close the account: every session ends at once, and none can begin."""
    account.state = Account.State.SUSPENDED
    account.save(update_fields=["state"])
    sessions.end_all(account)
