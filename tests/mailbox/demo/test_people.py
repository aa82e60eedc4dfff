from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Agency, AgencyDomain
from accounts.people import directory
from mailbox.demo import people
from mailbox.models import Mailbox
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_the_demo_has_all_agencies_and_thirty_people_with_mailboxes(keyring: StoredKeyring) -> None:
    made = people.load_people()
    assert made == len(people.officials()) >= 30
    assert Agency.objects.count() == 220
    assert Mailbox.objects.count() == made
    assert all(
        each.endswith(".example") for each in AgencyDomain.objects.values_list("domain", flat=True)
    )
    assert Agency.objects.get(name_th="กรมทางหลวง").parent == Agency.objects.get(letter_code="คค")


def test_a_second_load_changes_nothing(keyring: StoredKeyring) -> None:
    people.load_people()
    before = list(Account.objects.get_queryset().values())
    assert people.load_people() == 0
    assert list(Account.objects.get_queryset().values()) == before


def test_every_demo_login_that_is_printed_opens_the_door(keyring: StoredKeyring) -> None:
    cache.clear()
    people.load_people()
    printed = StringIO()
    call_command("demo_logins", "--json", stdout=printed)
    told = json.loads(printed.getvalue())
    assert len({login["agency"] for login in told["logins"]}) > 3
    for login in told["logins"][:2]:
        client = Client()
        client.post(
            reverse("account_login"), {"login": login["address"], "password": login["password"]}
        )
        answer = client.post(reverse("accounts:second-factor"), {"code": login["code"]})
        assert answer.status_code == 302
        assert client.get(reverse("accounts:security")).status_code == 200


def test_without_the_demo_no_login_is_printed(cast: Cast) -> None:
    with pytest.raises(CommandError, match="No demo was loaded"):
        call_command("demo_logins")


def test_a_portal_with_people_of_its_own_takes_no_demo_people(cast: Cast) -> None:
    with pytest.raises(CommandError, match="not the demo's"):
        call_command("demo_data")
    assert not people.is_loaded()


def test_the_demo_people_are_found_in_the_directory(keyring: StoredKeyring) -> None:
    people.load_people()
    by = Account.objects.get(address="wiphada.c@soc.example")
    found = directory.find("ผู้ว่าราชการ", by=by)
    assert [each.address for each in found] == ["wichai.m@chiangmai.example"]
