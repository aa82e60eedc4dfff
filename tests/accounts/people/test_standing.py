from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Account, Agency
from accounts.people import standing
from tests.accounts.people.service import NOW, Told, serving

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
