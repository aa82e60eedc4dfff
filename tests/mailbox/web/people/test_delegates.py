from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailbox.models import Delegation
from mailbox.models.delegations import Rights, rights_in
from tests.cast import Cast, signed_in
from tests.mailbox.people.offices import delegate, hold, office

pytestmark = pytest.mark.django_db
PAGE = "/mail/delegates/"


@pytest.fixture
def amina(cast: Cast) -> Client:
    return signed_in(cast.amina)


def days(name: str, day: date) -> dict[str, str]:
    return {
        f"{name}_day": str(day.day),
        f"{name}_month": str(day.month),
        f"{name}_year": str(day.year),
    }


def form(cast: Cast, **fields: object) -> dict[str, str]:
    today = timezone.localdate()
    asked = {
        "mailbox": cast.mailbox_of(cast.amina).pk,
        "address": "bruno@transport.example",
        "manner": "behalf",
        **days("first", today),
        **days("last", today + timedelta(days=30)),
        **fields,
    }
    return {name: str(value) for name, value in asked.items()}


def test_a_colleague_is_let_in_and_stands_on_the_page(cast: Cast, amina: Client) -> None:
    page = amina.post(PAGE, form(cast), follow=True).content.decode()

    assert rights_in(cast.mailbox_of(cast.amina), cast.bruno) == Rights(True, True, False, True)
    assert "Bruno Wongsakul" in page and "under both names" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "nobody@else.example"},
        {"last_day": "31", "last_month": "2"},
        {"last_year": "1999"},
        {"first_day": "x"},
        {"address": ""},
        {"address": "\0bruno@transport.example"},
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    cast: Cast, amina: Client, fields: dict[str, str]
) -> None:
    answer = amina.post(PAGE, form(cast, reason="เลขที่ ๑๒", **fields))

    assert answer.status_code == 422
    assert "เลขที่ ๑๒" in answer.content.decode() and 'role="alert"' in answer.content.decode()
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("fields", [{"mailbox": "x"}, {"manner": "own"}])
def test_what_the_page_does_not_offer_does_not_exist(
    cast: Cast, amina: Client, fields: dict[str, str]
) -> None:
    assert amina.post(PAGE, form(cast, **fields)).status_code == 404


def test_nobody_gives_away_anothers_mailbox(cast: Cast) -> None:
    delegate(cast.mailbox_of(cast.amina), cast.chiara, may_write=True)
    for somebody in (cast.bruno, cast.chiara, cast.hana):
        assert signed_in(somebody).post(PAGE, form(cast)).status_code == 404


def test_the_head_of_an_office_decides_on_its_delegates(cast: Cast, amina: Client) -> None:
    box = office(cast.transport)
    hold(box, cast.amina)
    amina.post(PAGE, form(cast, mailbox=box.pk, manner="as"))

    assert rights_in(box, cast.bruno).may_send_as
    assert "Central registry" in amina.get(PAGE).content.decode()


def test_the_head_of_an_office_sees_who_uses_it_by_their_post(cast: Cast, amina: Client) -> None:
    box, last = office(cast.transport), timezone.localdate() + timedelta(days=9)
    hold(box, cast.amina)
    hold(box, cast.bruno, "acting", valid_to=last)
    hold(box, cast.hana, "acting", valid_to=timezone.localdate() - timedelta(days=1))
    page = amina.get(PAGE).content.decode()

    assert "Amina Saengthong (Substantive), Bruno Wongsakul (Acting, until" in page
    assert "Hana Jaidee" not in page


def test_a_delegation_is_ended_from_the_page_of_either_side(cast: Cast, amina: Client) -> None:
    for client in (amina, signed_in(cast.bruno)):
        given = delegate(cast.mailbox_of(cast.amina), cast.bruno)
        assert str(given.pk) in client.get(PAGE).content.decode()
        client.post(f"{PAGE}{given.pk}/end/")
        assert Delegation.objects.get(pk=given.pk).ended_at is not None


def test_who_shares_nothing_is_told_so(cast: Cast) -> None:
    box = cast.mailbox_of(cast.hana)
    box.is_open = False
    box.save(update_fields=["is_open"])

    assert "nobody shares one with you" in signed_in(cast.hana).get(PAGE).content.decode()
