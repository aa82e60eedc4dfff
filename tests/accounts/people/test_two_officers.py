from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Account, AuditEvent, SecondOpinion, TotpDevice
from accounts.people import two_officers
from accounts.people.roles import HR_OFFICER, OPERATOR
from tests.cast import Cast

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RESET = "reset_second_factor"


def officer(account: Account, role: str) -> Account:
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=role))
    return Account.objects.get(pk=account.pk)


@pytest.fixture
def operator(cast: Cast) -> Account:
    return officer(cast.chiara, OPERATOR)


@pytest.fixture
def asked(cast: Cast) -> SecondOpinion:
    return two_officers.ask(RESET, cast.amina, reason="โทรศัพท์หาย", by=cast.hana, now=NOW)


def has_app(account: Account) -> bool:
    return TotpDevice.objects.filter(user=account).exists()


def test_asking_alone_changes_nothing(cast: Cast, asked: SecondOpinion) -> None:
    assert has_app(cast.amina)


def test_a_second_officer_who_agrees_carries_it_out(
    cast: Cast, asked: SecondOpinion, operator: Account
) -> None:
    two_officers.agree(asked, by=operator, now=NOW)
    assert not has_app(cast.amina)
    acts = AuditEvent.objects.order_by("number").values_list("act", "actor_name")
    assert list(acts) == [
        ("reset_second_factor_asked", cast.hana.address),
        ("reset_second_factor_agreed", operator.address),
    ]


def test_a_refusal_changes_nothing_and_is_final(
    cast: Cast, asked: SecondOpinion, operator: Account
) -> None:
    two_officers.refuse(asked, by=operator, now=NOW)
    with pytest.raises(two_officers.AlreadyAnswered):
        two_officers.agree(asked, by=operator, now=NOW)
    assert has_app(cast.amina)


def test_nobody_agrees_to_what_they_asked_for(cast: Cast, operator: Account) -> None:
    asked = two_officers.ask(RESET, cast.amina, reason="หาย", by=operator, now=NOW)
    with pytest.raises(two_officers.AnotherOfficerNeeded):
        two_officers.agree(asked, by=operator, now=NOW)
    assert has_app(cast.amina)


def test_the_table_itself_refuses_one_officer_as_two(cast: Cast, asked: SecondOpinion) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondOpinion.objects.update(answered_by=cast.hana, is_agreed=True)


def test_nobody_asks_or_agrees_on_their_own_account(cast: Cast, operator: Account) -> None:
    with pytest.raises(two_officers.NotYourOwn):
        two_officers.ask(RESET, cast.hana, reason="หาย", by=cast.hana, now=NOW)
    hana = officer(cast.bruno, HR_OFFICER)
    about_operator = two_officers.ask(RESET, cast.amina, reason="หาย", by=hana, now=NOW)
    SecondOpinion.objects.update(account=operator)
    with pytest.raises(two_officers.NotYourOwn):
        two_officers.agree(about_operator, by=operator, now=NOW)


def test_agreeing_takes_the_deeds_own_right(cast: Cast, asked: SecondOpinion) -> None:
    with pytest.raises(two_officers.MayNotAgree):
        two_officers.agree(asked, by=officer(cast.bruno, HR_OFFICER), now=NOW)
    assert has_app(cast.amina)


def test_nobody_asks_about_accounts_out_of_reach(cast: Cast) -> None:
    with pytest.raises(two_officers.MayNotAgree):
        two_officers.ask(RESET, cast.chiara, reason="หาย", by=cast.hana, now=NOW)


def test_asking_twice_is_one_question(cast: Cast, asked: SecondOpinion) -> None:
    again = two_officers.ask(RESET, cast.amina, reason="ยังหาย", by=cast.hana, now=NOW)
    assert again == asked and SecondOpinion.objects.count() == 1


def test_a_reason_must_be_given(cast: Cast) -> None:
    with pytest.raises(two_officers.ReasonNeeded):
        two_officers.ask(RESET, cast.amina, reason=" ", by=cast.hana, now=NOW)


def test_what_nobody_answered_within_a_week_lapses_and_can_be_asked_again(
    cast: Cast, asked: SecondOpinion, operator: Account
) -> None:
    later = NOW + timedelta(days=7)
    with pytest.raises(two_officers.Lapsed):
        two_officers.agree(asked, by=operator, now=later)
    again = two_officers.ask(RESET, cast.amina, reason="ยังหาย", by=cast.hana, now=later)
    assert again != asked


def test_whoever_asked_may_take_it_back(cast: Cast, asked: SecondOpinion) -> None:
    two_officers.refuse(asked, by=cast.hana, now=NOW)
    asked.refresh_from_db()
    assert asked.is_agreed is False and has_app(cast.amina)
