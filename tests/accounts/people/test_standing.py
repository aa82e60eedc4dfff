from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Account, Agency, Official, ProvisioningJob
from accounts.people import joining, orders, standing
from accounts.provisioning import queue
from tests.accounts.people.service import NOW, TODAY, Kind, Told, official, order, post, serving

State = Account.State
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize(
    ("opens", "closes", "within"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + HOUR, None, False),
        (None, NOW + HOUR, True),
        (None, NOW, False),
        (NOW - HOUR, NOW + HOUR, True),
    ],
)
def test_the_row_and_the_query_say_the_same_of_an_open_door(
    water: Agency, state: str, opens: datetime | None, closes: datetime | None, within: bool
) -> None:
    account = Account.objects.create_user(
        "a@water.example", agency=water, state=state, valid_from=opens, valid_to=closes
    )
    is_open = within and state in (State.ACTIVE, State.LEAVING)

    assert account.is_active_at(NOW) is is_open
    assert Account.objects.active(NOW).filter(pk=account.pk).exists() is is_open


def test_a_suspended_leaver_comes_back_as_a_leaver(malee: Account) -> None:
    malee.state, malee.valid_to = State.LEAVING, NOW + HOUR
    malee.save()
    standing.suspend(malee, now=NOW)
    standing.reinstate(malee, now=NOW)

    assert (malee.state, malee.valid_to) == (State.LEAVING, NOW + HOUR)


def test_who_is_reinstated_after_the_last_day_is_let_in_again(malee: Account) -> None:
    malee.state, malee.valid_to = State.SUSPENDED, NOW - HOUR
    malee.save()
    standing.reinstate(malee, now=NOW)

    assert malee.is_active_at(NOW + HOUR)


def test_activating_a_suspended_account_tells_the_mail_as_reinstating_does(
    water: Agency, told: Told
) -> None:
    account = serving(water)
    standing.suspend(account, now=NOW)
    standing.activate(account, now=NOW)

    assert [each for each, _more in told["reinstated"]] == [account]


# --- What was never opened ------------------------------------------------


def joined(at: Agency) -> Account:
    """Appointed, and in the queue."""
    person = official("Nid", "Rakdee")
    orders.record(Kind.APPOINTED, person, effective_on=TODAY, position=post(at), by=None, now=NOW)
    return Account.objects.get_queryset().get(official=person)


@pytest.mark.parametrize(
    "state", sorted(set(State.values) - {"active", "leaving", "suspended", "retained"})
)
def test_no_account_is_let_in_but_by_the_queue(water: Agency, told: Told, state: str) -> None:
    account = serving(water)
    Account.objects.filter(pk=account.pk).update(state=state)
    with pytest.raises(standing.NotOpenedYet):
        standing.activate(account, now=NOW)

    account.refresh_from_db()
    assert account.state == state


def test_who_is_suspended_before_the_opening_is_not_opened(water: Agency, told: Told) -> None:
    account = joined(water)
    order(Kind.SUSPENDED, account)
    job = ProvisioningJob.objects.get(account=account)
    queue.work(job, now=NOW)

    account.refresh_from_db()
    job.refresh_from_db()
    assert (account.state, job.state) == (State.SUSPENDED, ProvisioningJob.State.CANCELLED)


def test_who_is_reinstated_before_the_opening_goes_through_the_queue(
    water: Agency, told: Told
) -> None:
    account = joined(water)
    order(Kind.SUSPENDED, account)
    order(Kind.REINSTATED, account)

    account.refresh_from_db()
    assert account.state == State.RESERVED
    assert ProvisioningJob.objects.open().filter(account=account).exists()


def test_a_mere_request_is_not_suspended_into_being(water: Agency, told: Told) -> None:
    account = serving(water)
    Account.objects.filter(pk=account.pk).update(state=State.REQUESTED)
    with pytest.raises(standing.NotOpenedYet):
        standing.suspend(account, now=NOW)


def test_who_has_left_for_good_is_not_suspended_anew(water: Agency, told: Told) -> None:
    account = serving(water)
    Account.objects.filter(pk=account.pk).update(state=State.RETAINED)
    standing.suspend(account, now=NOW)

    account.refresh_from_db()
    assert account.state == State.RETAINED and not told["suspended"]


def test_the_old_account_of_who_was_transferred_is_nobodys(water: Agency, told: Told) -> None:
    account = serving(water)
    Account.objects.filter(pk=account.pk).update(
        state=State.SUSPENDED, official=None, former_official=account.official
    )
    with pytest.raises(standing.NobodysAnyMore):
        standing.activate(account, now=NOW)


def test_an_appointment_approves_the_account_that_was_requested(water: Agency, told: Told) -> None:
    person: Official = official("Nid", "Rakdee")
    account = Account.objects.create_user("nid@water.example", official=person, agency=water)
    joining.join(
        person,
        agency=water,
        position=post(water),
        kind="substantive",
        valid_from=TODAY,
        order_no="1",
        by=None,
        now=NOW,
    )

    account.refresh_from_db()
    assert account.state == State.RESERVED
    assert ProvisioningJob.objects.open().filter(account=account).exists()
