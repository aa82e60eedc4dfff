from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import (
    Account,
    Agency,
    Obligation,
    Official,
    OrgUnit,
    ProvisioningJob,
    TotpDevice,
)
from accounts.people import retirement
from tests.accounts.admin.rows import a_rule, one_of_each
from tests.cast import Cast, signed_in

OFFICIALS = "/admin/accounts/official/"
ACCOUNTS = "/admin/accounts/account/"


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


def found(client: Client, address: str, **query: str) -> set[str]:
    """The addresses of the accounts a list shows."""
    answer: Any = client.get(address, query)
    assert answer.status_code == 200, answer
    rows = answer.context["cl"].result_list
    return {str(getattr(row, "account", row)).partition("@")[0] for row in rows}


def owe(account: Account, due_on: date, **more: Any) -> None:
    Obligation.objects.filter(official=account.official).delete()
    Obligation.objects.create(
        official=account.official,
        rule=a_rule(),
        agency=account.agency,
        began_on=due_on,
        due_on=due_on,
        **more,
    )


def test_who_is_due_this_month(cast: Cast, hana: Client) -> None:
    today = timezone.localdate()
    owe(cast.amina, today.replace(day=1))
    owe(cast.bruno, today.replace(day=1) - timedelta(days=1))
    assert found(hana, OFFICIALS, due="month") == {"amina"}
    assert found(hana, ACCOUNTS, due="month") == {"amina"}


def test_who_is_late_and_whose_lateness_it_is(cast: Cast, hana: Client) -> None:
    past = timezone.localdate() - timedelta(days=3)
    owe(cast.amina, past)
    owe(cast.bruno, past, is_waiting_gate=True)
    assert found(hana, OFFICIALS, due="late") == {"amina", "bruno"}
    assert found(hana, OFFICIALS, due="late_person") == {"amina"}
    assert found(hana, OFFICIALS, due="late_agency") == {"bruno"}


def test_a_duty_that_is_met_is_not_due(cast: Cast, hana: Client) -> None:
    owe(cast.amina, timezone.localdate(), state=Obligation.State.MET)
    assert found(hana, OFFICIALS, due="30") == set()


def test_who_has_no_second_factor(cast: Cast, hana: Client) -> None:
    TotpDevice.objects.filter(user=cast.amina).update(confirmed=False)
    TotpDevice.objects.filter(user=cast.bruno).delete()
    Account.objects.filter(pk=cast.bruno.pk).update(state=Account.State.REQUESTED)
    assert found(hana, OFFICIALS, second_factor="no") == {"amina"}
    assert found(hana, ACCOUNTS, second_factor="no") == {"amina"}
    assert found(hana, ACCOUNTS, second_factor="yes") == {"hana"}


def test_who_is_stuck_and_at_which_step(cast: Cast, hana: Client) -> None:
    one_of_each(cast.amina, by=cast.hana)
    job: Any = ProvisioningJob.objects.create(
        account=cast.bruno,
        agency=cast.transport,
        requested_at=timezone.now(),
        state="waiting_gate",
    )
    job.steps.create(name="keys", order=1)
    assert found(hana, OFFICIALS, stuck="step:mailbox") == {"amina"}
    assert found(hana, ACCOUNTS, stuck="step:keys") == {"bruno"}
    assert found(hana, ACCOUNTS, stuck="help") == {"amina"}
    assert found(hana, ACCOUNTS, stuck="gate") == {"bruno"}


@pytest.mark.parametrize(
    ("born", "years"),
    [((10, 2), 61), ((12, 31), 61), ((1, 1), 60), ((10, 1), 60)],
)
def test_who_retires_agrees_with_the_rule(
    cast: Cast, hana: Client, born: tuple[int, int], years: int
) -> None:
    today = timezone.localdate()
    year = today.year + (today.month > 9)
    birth = date(year - years, *born)
    assert retirement.last_day(birth) == date(year, 9, 30)
    Official.objects.filter(account=cast.amina).update(birth_date=birth)
    Official.objects.filter(account=cast.bruno).update(birth_date=birth, retires_on="2099-09-30")
    assert found(hana, OFFICIALS, retires="0") == {"amina"}
    assert found(hana, OFFICIALS, retires="1") == set()


def test_whose_account_is_open_and_never_used(cast: Cast, hana: Client) -> None:
    Account.objects.exclude(pk=cast.amina.pk).update(
        first_signed_in_at=timezone.now(), last_login=timezone.now()
    )
    Account.objects.filter(pk=cast.amina.pk).update(first_signed_in_at=None, last_login=None)
    assert found(hana, OFFICIALS, has_account="unused") == {"amina"}
    assert found(hana, ACCOUNTS, signed_in="no") == {"amina"}


def test_an_agency_stands_for_all_below_it(cast: Cast, hana: Client) -> None:
    below = Agency.objects.create(name_th="กรมทางหลวง", parent=cast.transport)
    OrgUnit.objects.create(agency=below, name_th="กองช่าง")
    Account.objects.filter(pk=cast.bruno.pk).update(agency=below)
    everybody = found(hana, ACCOUNTS, in_agency=str(cast.transport.pk))
    assert everybody == {"amina", "bruno", "hana"}
    assert found(hana, ACCOUNTS, in_agency=str(below.pk)) == {"bruno"}


def test_a_filter_of_a_stranger_agency_finds_nobody(cast: Cast, hana: Client) -> None:
    assert found(hana, ACCOUNTS, in_agency=str(cast.interior.pk)) == set()


@pytest.mark.parametrize("name", ["due", "second_factor", "stuck", "retires", "in_agency"])
def test_nonsense_in_a_filter_is_an_empty_or_full_list_and_no_error(
    cast: Cast, hana: Client, name: str
) -> None:
    found(hana, OFFICIALS, **{name: "x'); --"})


@pytest.mark.parametrize("words", ["อามีนา แสงทอง", "Saengthong", "amina@", "๔๕๖๗", "4567", "hr-77"])
def test_people_are_found_by_name_number_and_address(cast: Cast, hana: Client, words: str) -> None:
    official = cast.amina.official
    assert official is not None
    position = official.assignments.get().position
    position.position_number = "คค-4567"
    position.save()
    source: Any = one_of_each(cast.bruno, by=cast.hana)["source"]
    source.records.create(key="HR-77", official=official, seen_at=timezone.now())
    assert found(hana, OFFICIALS, q=words) == {"amina"}
