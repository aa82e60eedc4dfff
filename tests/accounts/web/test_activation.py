from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Activation
from accounts.provisioning import activation
from mailbox.sealing.keyring import StoredKeyring
from tests.accounts.provisioning.newcomers import agency, newcomer
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a boat that nobody has seen yet"
PASSWORDS = {"password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Real password hashes take a second each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def account(keyring: StoredKeyring) -> Account:
    cache.clear()
    return newcomer(agency(), state=Account.State.ACTIVE)


@pytest.fixture
def code(account: Account) -> str:
    (letter,) = activation.print_letters([account], by=account, now=timezone.now())
    return letter.code


def link_to(account: Account) -> str:
    token = activation.make_link(account, by=None, now=timezone.now())
    return reverse("accounts:activate-by-link", args=[token])


def try_code(client: Client, address: str, code: str, **passwords: str) -> str:
    form = {"address": address, "code": code, **(passwords or PASSWORDS)}
    return client.post(reverse("accounts:activate"), form).content.decode()


def test_a_letters_code_opens_the_account_and_the_second_step_is_set_up_at_sign_in(
    account: Account, code: str
) -> None:
    client = Client()
    try_code(client, account.address, code)
    client.post(reverse("account_login"), {"login": account.address, "password": PASSWORD})
    assert client.get(reverse("accounts:second-factor"))["Location"] == reverse("accounts:enrol")


def test_a_link_opens_the_account(account: Account) -> None:
    Client().post(link_to(account), PASSWORDS)
    account.refresh_from_db()
    assert account.check_password(PASSWORD)


def test_looking_at_a_link_uses_nothing_up(account: Account) -> None:
    link = link_to(account)
    for _look in range(3):
        assert Client().get(link).status_code == 200
    assert Activation.objects.get().used_at is None


def test_a_used_link_says_so(account: Account) -> None:
    link = link_to(account)
    Client().post(link, PASSWORDS)
    assert Client().get(link).status_code == 410


def test_a_link_nobody_made_is_not_there(account: Account) -> None:
    assert Client().get(reverse("accounts:activate-by-link", args=["made-up"])).status_code == 404


def test_a_weak_password_is_refused_and_the_key_stays(account: Account) -> None:
    link = link_to(account)
    Client().post(link, {"password1": "short", "password2": "short"})
    assert Activation.objects.get().used_at is None


def test_two_different_passwords_are_refused(account: Account, code: str) -> None:
    try_code(Client(), account.address, code, password1=PASSWORD, password2=PASSWORD + "!")
    account.refresh_from_db()
    assert not account.has_usable_password()


def test_a_wrong_code_and_an_unknown_address_say_the_same(account: Account, code: str) -> None:
    client = Client(headers={"Accept-Language": "en"})
    known = try_code(client, account.address, "1" * 20)
    unknown = try_code(client, "nobody@agency.example", "1" * 20)
    sentence = "The address or the code is not right."
    assert sentence in known and sentence in unknown


def test_after_five_wrong_codes_even_the_right_one_waits(account: Account, code: str) -> None:
    client = Client()
    for _try in range(5):
        try_code(client, account.address, "1" * 20)
    try_code(client, account.address, code)
    account.refresh_from_db()
    assert not account.has_usable_password()


def test_wrong_codes_for_one_address_do_not_hold_up_another(account: Account, code: str) -> None:
    client = Client()
    for _try in range(5):
        try_code(client, "nobody@agency.example", "1" * 20)
    try_code(client, account.address, code)
    account.refresh_from_db()
    assert account.check_password(PASSWORD)


def test_for_somebody_else_who_is_signed_in_a_link_does_not_exist(
    cast: Cast, account: Account
) -> None:
    assert signed_in(cast.bruno).get(link_to(account)).status_code == 404


def test_the_password_never_comes_back_in_a_page(account: Account) -> None:
    answer = Client().post(link_to(account), {"password1": PASSWORD, "password2": "x"})
    assert PASSWORD not in answer.content.decode()
