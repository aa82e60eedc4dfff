from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Account, AuditEvent, Exemption, PersonnelOrder, Position, SecondOpinion
from accounts.people import orders, two_officers
from accounts.people.roles import HR_OFFICER
from accounts.people.transferring import releasing
from mailbox.models import Delegation
from tests.accounts.admin.rows import a_rule
from tests.cast import Cast, signed_in

OFFICIALS = "/admin/accounts/official/"
ORDERS = "/admin/accounts/personnelorder/"
ACCOUNTS = "/admin/accounts/account/"
OPINIONS = "/admin/accounts/secondopinion/"


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


@pytest.fixture
def other_side(cast: Cast) -> Client:
    """Chiara as the HR officer of the other ministry."""
    cast.chiara.is_staff = True
    cast.chiara.save(update_fields=["is_staff"])
    cast.chiara.groups.add(Group.objects.get(name=HR_OFFICER))
    return signed_in(Account.objects.get(pk=cast.chiara.pk))


def do(client: Client, address: str, action: str, row: Any, **answers: object) -> Any:
    chosen = {"action": action, "_selected_action": [row.pk]}
    more = {"answered": "yes", **answers} if answers else {}
    return client.post(address, chosen | more, follow=True)


def ask_transfer(cast: Cast, hana: Client, **changes: object) -> Any:
    answers = {"to_agency": cast.interior.pk, "effective_on": "๑ ม.ค. ๒๖๕๐", "order_no": "๑/๒๕๖๙"}
    return do(hana, OFFICIALS, "transfer", cast.amina.official, **{**answers, **changes})


def test_a_deed_that_needs_facts_asks_for_them_first_and_changes_nothing(
    cast: Cast, hana: Client
) -> None:
    page = do(hana, OFFICIALS, "transfer", cast.amina.official).content.decode()
    assert 'name="order_no"' in page and "Amina Saengthong" in page
    assert not PersonnelOrder.objects.exists() and not AuditEvent.objects.exists()


def test_a_day_that_cannot_be_read_is_said_beside_its_field(cast: Cast, hana: Client) -> None:
    page = ask_transfer(cast, hana, effective_on="31/02/2569").content.decode()
    assert "31/02/2569" in page and "errorlist" in page
    assert not PersonnelOrder.objects.exists()


def test_a_transfer_takes_an_officer_of_each_agency(
    cast: Cast, hana: Client, other_side: Client
) -> None:
    ask_transfer(cast, hana)
    order = PersonnelOrder.objects.get()
    assert order.state == PersonnelOrder.State.AWAITING_SECOND
    mine = Position.objects.filter(agency=cast.transport).first()
    theirs = Position.objects.filter(agency=cast.interior).first()
    assert mine is not None and theirs is not None
    do(hana, ORDERS, "agree", order, position=mine.pk)
    order.refresh_from_db()
    assert order.state == PersonnelOrder.State.AWAITING_SECOND
    do(other_side, ORDERS, "agree", order, position=theirs.pk)
    order.refresh_from_db()
    assert (order.state, order.agreed_by) == (PersonnelOrder.State.SCHEDULED, cast.chiara)


def test_an_order_is_recorded_for_a_day_to_come_and_can_be_withdrawn(
    cast: Cast, hana: Client
) -> None:
    values = {
        "kind": "resigned",
        "official": cast.amina.official_id,
        "effective_on": "1 ม.ค. 2650",
        "order_no": "๒/๒๕๖๙",
    }
    assert hana.post(f"{ORDERS}add/", values).status_code == 302
    order = PersonnelOrder.objects.get()
    assert order.state == PersonnelOrder.State.SCHEDULED and order.recorded_by == cast.hana
    do(hana, ORDERS, "withdraw", order)
    order.refresh_from_db()
    assert order.state == PersonnelOrder.State.WITHDRAWN


def test_an_order_that_cannot_be_is_a_sentence_and_leaves_nothing(cast: Cast, hana: Client) -> None:
    values = {
        "kind": "acting",
        "official": cast.amina.official_id,
        "effective_on": "1 ม.ค. 2650",
    }
    answer = hana.post(f"{ORDERS}add/", values, follow=True)
    assert [each.level_tag for each in answer.context["messages"]] == ["error"]
    assert not PersonnelOrder.objects.exists() and not AuditEvent.objects.exists()


def test_an_exemption_waits_for_a_second_officer(cast: Cast, hana: Client) -> None:
    answers = {"rule": a_rule().pk, "reason": "leave", "letter_no": "คค ๐๑/๑"}
    days = {"starts_on": "1 ม.ค. 2650", "expires_on": "1 มี.ค. 2650"}
    do(hana, OFFICIALS, "exempt", cast.amina.official, **answers, **days)
    exemption = Exemption.objects.get()
    assert (exemption.asked_by, exemption.approved_at) == (cast.hana, None)


def test_the_deeds_of_a_list_stand_above_one_row(cast: Cast, hana: Client) -> None:
    page = hana.get(f"/admin/accounts/account/{cast.amina.pk}/change/").content.decode()
    assert 'name="action" value="suspend"' in page
    assert 'value="delete_selected"' not in page


@pytest.fixture
def moved(cast: Cast) -> Account:
    """Bruno's new account at the other ministry; his old one is nobody's."""
    official = cast.bruno.official
    Account.objects.filter(pk=cast.bruno.pk).update(
        official=None, former_official=official, state=Account.State.SUSPENDED
    )
    return Account.objects.create_user(
        "bruno@interior.example",
        official=official,
        agency=cast.interior,
        state=Account.State.ACTIVE,
    )


def test_a_release_is_agreed_to_where_second_opinions_are_by_the_other_side(
    cast: Cast, moved: Account, hana: Client, other_side: Client
) -> None:
    old = Account.objects.get(pk=cast.bruno.pk)
    asked = releasing.ask(old, reason="บันทึกส่วนตัว", by=cast.hana, now=timezone.now())
    do(hana, OPINIONS, "agree", asked)
    asked.refresh_from_db()
    assert asked.answered_at is None
    do(other_side, OPINIONS, "agree", asked)
    asked.refresh_from_db()
    assert (asked.is_agreed, asked.answered_by) == (True, cast.chiara)
    assert Delegation.objects.get().account == moved


@pytest.mark.parametrize("asks", ["old side", "new side"])
def test_either_side_asks_for_a_release_from_its_list_of_accounts(
    cast: Cast, moved: Account, hana: Client, other_side: Client, asks: str
) -> None:
    client, account = (hana, cast.bruno) if asks == "old side" else (other_side, moved)
    do(client, ACCOUNTS, "ask_for_release", account, reason="บันทึกส่วนตัว")
    asked = SecondOpinion.objects.get()
    assert (asked.deed, asked.account) == ("release_copy", cast.bruno)


def test_a_release_of_who_has_gone_nowhere_is_a_sentence(cast: Cast, hana: Client) -> None:
    answer = do(hana, ACCOUNTS, "ask_for_release", cast.bruno, reason="บันทึกส่วนตัว")
    assert [each.level_tag for each in answer.context["messages"]] == ["error"]
    assert not SecondOpinion.objects.exists()


def test_a_superior_is_asked_for_by_address_and_reason(cast: Cast, hana: Client) -> None:
    assert cast.bruno.official is not None
    dismiss(cast.bruno)
    answers = {"superior": " Amina@transport.example", "reason": "งานค้าง"}
    do(hana, ACCOUNTS, "ask_for_superior", cast.bruno, **answers)
    asked = SecondOpinion.objects.get()
    assert (asked.account, asked.details) == (cast.bruno, {"superior": cast.amina.pk})


@pytest.mark.parametrize("address", ["chiara@interior.example", "nobody@x.example", "a\0@b.c"])
def test_a_superior_out_of_reach_is_said_beside_the_field(
    cast: Cast, hana: Client, address: str
) -> None:
    dismiss(cast.bruno)
    page = do(hana, ACCOUNTS, "ask_for_superior", cast.bruno, superior=address, reason="งานค้าง")
    assert "errorlist" in page.content.decode()
    assert not SecondOpinion.objects.exists()


def test_no_superior_is_asked_for_who_is_still_in_service(cast: Cast, hana: Client) -> None:
    answers = {"superior": cast.amina.address, "reason": "งานค้าง"}
    do(hana, ACCOUNTS, "ask_for_superior", cast.bruno, **answers)
    assert not SecondOpinion.objects.exists()


def dismiss(account: Account) -> None:
    assert account.official is not None
    now = timezone.now()
    orders.record(
        "dismissed", account.official, effective_on=timezone.localdate(now), by=None, now=now
    )


def test_an_order_that_needs_help_is_tried_again(cast: Cast, hana: Client) -> None:
    assert cast.bruno.official is not None
    order = orders.record(
        "resigned",
        cast.bruno.official,
        effective_on=date(2107, 1, 1),
        by=cast.hana,
        now=timezone.now(),
    )
    PersonnelOrder.objects.update(state="failed", due_at=None, last_error="ล้มเหลว")
    do(hana, ORDERS, "try_again", order)
    order.refresh_from_db()
    assert (order.state, order.last_error) == (PersonnelOrder.State.SCHEDULED, "")


def test_the_other_side_sees_no_other_deed_about_the_old_account(
    cast: Cast, moved: Account, other_side: Client
) -> None:
    old = Account.objects.get(pk=cast.bruno.pk)
    asked = two_officers.ask(
        "reset_second_factor", old, reason="หาย", by=cast.hana, now=timezone.now()
    )
    assert other_side.get(f"{OPINIONS}{asked.pk}/change/").status_code == 404
