"""Accounts that have been approved and are to be opened, and steps that do as told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count

from accounts.models import (
    Account,
    Activation,
    Agency,
    Official,
    OrgUnit,
    Position,
    ProvisioningJob,
)
from accounts.provisioning import activation, queue

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
REST = ProvisioningJob.QueueClass.REST
_numbers = count(1)


def agency(state: str = Agency.State.LIVE) -> Agency:
    """An agency with a name of its own."""
    return Agency.objects.create(name_th=f"กรมตัวอย่าง {next(_numbers)}", state=state)


def newcomer(at: Agency, state: str = Account.State.RESERVED) -> Account:
    """An official who has an address reserved, and no password."""
    number = next(_numbers)
    official = Official.objects.create(given_name_th="สมชาย", family_name_th=f"ที่ {number}")
    post = Position.objects.create(agency=at, title_th="นักวิชาการ")
    official.assignments.create(position=post)
    account = Account(
        address=f"n{number}@agency.example", agency=at, official=official, state=state
    )
    account.set_unusable_password()
    account.save()
    return account


def asked_for(
    account: Account,
    *,
    queue_class: int = REST,
    by_day: date | None = None,
    now: datetime = NOW,
) -> ProvisioningJob:
    """The job of an account, asked for at a moment."""
    return queue.request(account, queue_class=queue_class, must_be_done_by=by_day, now=now)


class Units:
    """A step that writes a row and is not idempotent: done twice, it shows."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.at_end: Callable[[], None] = lambda: None
        self.at_beginning: Callable[[], None] = lambda: None

    def __call__(self, account: Account, *, now: datetime) -> None:
        self.at_beginning()
        self.calls.append(account.address)
        OrgUnit.objects.create(agency=account.agency, name_th=account.address)
        self.at_end()

    def made_for(self, account: Account) -> int:
        return OrgUnit.objects.filter(name_th=account.address).count()


def used_link(account: Account) -> str:
    """The token of a link that has opened this account already."""
    token = "used-up-long-ago"
    Activation.objects.create(
        account=account,
        kind=Activation.Kind.LINK,
        digest=activation._digest("link", token),
        made_at=NOW,
        expires_at=NOW,
        used_at=NOW,
    )
    return token
