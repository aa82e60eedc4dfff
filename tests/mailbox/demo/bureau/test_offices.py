from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Account, Agency, ProvisioningJob
from mailbox.demo import people
from mailbox.demo.bureau import offices
from mailbox.models import Delegation, Mailbox, Message
from mailbox.models.delegations import rights_in
from mailbox.sealing.keyring import StoredKeyring

pytestmark = pytest.mark.django_db


def address(name: str) -> Account:
    return Account.objects.get(address=name)


@pytest.fixture
def loaded(keyring: StoredKeyring) -> None:
    people.load_people()
    offices.load_offices(timezone.now())


def test_the_demo_has_offices_with_holders_and_a_first_letter(loaded: None) -> None:
    registry = Mailbox.objects.get(account__address="saraban@soc.example")

    assert rights_in(registry, address("sarawut.k@soc.example")).may_send_as
    assert Message.objects.filter(mailbox=registry).count() == 1
    assert Mailbox.objects.filter(account__address__in=offices.addresses()).count() == 5


def test_the_governors_office_has_a_delegate_who_signs_beside_him(loaded: None) -> None:
    box = Mailbox.objects.get(account__address="governor@chiangmai.example")
    rights = rights_in(box, address("sunee.k@chiangmai.example"))

    assert (rights.may_send_as, rights.may_send_on_behalf) == (False, True)
    assert rights_in(box, address("wichai.m@chiangmai.example")).may_send_as


def test_two_agencies_are_not_open_and_accounts_wait_at_a_gate(loaded: None) -> None:
    closed = Agency.objects.exclude(state__in=Agency.OPEN_STATES)

    assert set(closed.values_list("letter_code", flat=True)) == {"กห", "รง"}
    assert ProvisioningJob.objects.filter(agency__in=closed, state="waiting_gate").count() == 2


def test_a_second_load_makes_nothing(loaded: None) -> None:
    before = (Account.objects.get_queryset().count(), Delegation.objects.count())

    assert offices.load_offices(timezone.now()) == 0
    assert (Account.objects.get_queryset().count(), Delegation.objects.count()) == before
