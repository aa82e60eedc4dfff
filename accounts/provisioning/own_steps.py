"""The steps of `accounts` itself: the line in the directory, and the account's opening."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Assignment
from accounts.people import directory
from accounts.provisioning.steps import step
from govmail_portal.errors import PortalError

State = Account.State
_OPENED_FROM = (State.APPROVED, State.RESERVED, State.PROVISIONING, State.FAILED)


class NotToBeOpened(PortalError):
    message = _("This account is not to be opened any more: its standing has changed.")


@step("directory", order=30)
def list_in_directory(account: Account, *, now: datetime) -> None:
    """Have people find the account; the directory shows it from its opening on."""
    if account.official is not None:
        posts = Prefetch("assignments", Assignment.objects.select_related("position"))
        prefetch_related_objects([account.official], posts)
    directory.list_again([account])


@step("account", order=50)
def open_account(account: Account, *, now: datetime) -> None:
    """Let its holder sign in, once the first key has set a password."""
    if account.state in Account.OPEN_STATES:
        return
    # Whose last day is known already is leaving from the first one on.
    state = State.LEAVING if account.valid_to else State.ACTIVE
    # Asked of the row, not of what was read: nobody is let in over a suspension.
    waiting = Account.objects.filter(pk=account.pk, state__in=_OPENED_FROM)
    if not waiting.update(state=state):
        raise NotToBeOpened
    account.state = state
    chain.record("account_opened", account, by=None, now=now)
