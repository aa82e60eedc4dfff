"""The steps of `accounts` itself: the line in the directory, and the account's opening."""

from __future__ import annotations

from datetime import datetime

from accounts.audit import chain
from accounts.models import Account
from accounts.people import directory
from accounts.provisioning.steps import step


@step("directory", order=30)
def list_in_directory(account: Account, *, now: datetime) -> None:
    """Have people find the account; the directory shows it from its opening on."""
    directory.list_again([account])


@step("account", order=50)
def open_account(account: Account, *, now: datetime) -> None:
    """Let its holder sign in, once the first key has set a password."""
    if account.state != Account.State.ACTIVE:
        account.state = Account.State.ACTIVE
        account.save(update_fields=["state"])
        chain.record("account_opened", account, by=None, now=now)
