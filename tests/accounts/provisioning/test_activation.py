from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Account, Activation, Agency, AuditEvent, Source, SourceRecord
from accounts.provisioning import activation
from accounts.signing_in import sealing
from mailbox.errors import KeyMissing, SealBroken
from mailbox.sealing.keyring import StoredKeyring
from tests.accounts.provisioning.newcomers import NOW, agency, newcomer
from tests.cast import give_app

pytestmark = pytest.mark.django_db
PASSWORD = "a boat that nobody has seen yet"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Real password hashes take a second each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def account(web_keyring: StoredKeyring) -> Account:
    """Open, and never signed in to."""
    return newcomer(agency(), state=Account.State.ACTIVE)


@pytest.fixture
def officer(web_keyring: StoredKeyring) -> Account:
    return newcomer(agency(), state=Account.State.ACTIVE)


def via_link(token: str, *, now: datetime) -> Activation:
    key = activation.by_link(token)
    activation.must_be_valid(key, now=now)
    return key


def via_letter(address: str, code: str, *, now: datetime) -> Activation:
    key = activation.by_letter(address, code, now=now)
    activation.must_be_valid(key, now=now)
    return key


def printed(account: Account, officer: Account) -> str:
    (letter,) = activation.print_letters([account], by=officer, now=NOW)
    return letter.code


def test_a_link_sets_the_first_password(account: Account) -> None:
    token = activation.make_link(account, by=None, now=NOW)
    activation.use(via_link(token, now=NOW), password=PASSWORD, now=NOW)
    assert Account.objects.get(pk=account.pk).check_password(PASSWORD)


def test_a_code_sets_the_first_password(account: Account, officer: Account) -> None:
    code = printed(account, officer)
    key = via_letter(account.address.upper(), code, now=NOW)
    activation.use(key, password=PASSWORD, now=NOW)
    assert Account.objects.get(pk=account.pk).check_password(PASSWORD)


def test_a_code_is_twenty_figures_in_fours(account: Account, officer: Account) -> None:
    assert re.fullmatch(r"\d{4}( \d{4}){4}", printed(account, officer))


@pytest.mark.parametrize("manner", [str, lambda code: code.replace(" ", "-")])
def test_a_code_may_be_typed_in_thai_figures_and_any_groups(
    account: Account, officer: Account, manner: type[str]
) -> None:
    thai = printed(account, officer).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    assert via_letter(account.address, manner(thai), now=NOW).account == account


def test_a_key_opens_once(account: Account) -> None:
    token = activation.make_link(account, by=None, now=NOW)
    key = via_link(token, now=NOW)
    activation.use(key, password=PASSWORD, now=NOW)
    with pytest.raises(activation.KeyIsOver):
        activation.use(key, password="another sentence of mine", now=NOW)
    assert Account.objects.get(pk=account.pk).check_password(PASSWORD)


@pytest.mark.parametrize(("kind", "days"), [("link", 3), ("letter", 30)])
def test_a_key_opens_nothing_when_its_time_is_over(
    account: Account, officer: Account, kind: str, days: int
) -> None:
    last, over = NOW + timedelta(days=days, seconds=-1), NOW + timedelta(days=days)
    if kind == "link":
        token = activation.make_link(account, by=None, now=NOW)
        assert via_link(token, now=last)
        with pytest.raises(activation.KeyIsOver):
            via_link(token, now=over)
    else:
        code = printed(account, officer)
        assert via_letter(account.address, code, now=last)
        with pytest.raises(activation.KeyIsOver):
            via_letter(account.address, code, now=over)


def test_a_newer_key_takes_the_place_of_an_earlier_one(account: Account) -> None:
    first = activation.make_link(account, by=None, now=NOW)
    second = activation.make_link(account, by=None, now=NOW)
    assert via_link(second, now=NOW)
    with pytest.raises(activation.KeyIsOver):
        via_link(first, now=NOW)


def test_another_accounts_code_opens_nothing(account: Account, officer: Account) -> None:
    code = printed(account, officer)
    with pytest.raises(activation.WrongKey):
        via_letter(officer.address, code, now=NOW)


@pytest.mark.parametrize("token", ["", "x", "\0", "made-up" * 9])
def test_a_link_nobody_made_opens_nothing(account: Account, token: str) -> None:
    with pytest.raises(activation.WrongKey):
        via_link(token, now=NOW)


def test_wrong_codes_are_counted_and_shut_the_letter(account: Account, officer: Account) -> None:
    code = printed(account, officer)
    Activation.objects.update(wrong_tries=activation.MOST_WRONG_TRIES - 1)
    with pytest.raises(activation.WrongKey):
        via_letter(account.address, "1" * 20, now=NOW)
    with pytest.raises(activation.KeyIsOver):
        via_letter(account.address, code, now=NOW)


def test_neither_token_nor_code_is_kept(account: Account, officer: Account) -> None:
    code = printed(account, officer).replace(" ", "").encode()
    token = activation.make_link(officer, by=None, now=NOW).encode()
    kept = b"".join(
        bytes(each.digest) + bytes(each.sealed_code or b"") for each in Activation.objects.all()
    )
    assert code not in kept and token not in kept


def test_a_code_is_sealed_until_it_is_printed_and_then_wiped(
    account: Account, officer: Account
) -> None:
    letter = activation.make_letter(account, by=officer, now=NOW)
    assert letter.sealed_code is not None
    sealed = sealing.open_secret(letter.sealed_code, account, purpose=sealing.ACTIVATION)
    assert printed(account, officer).replace(" ", "").encode() == sealed
    letter.refresh_from_db()
    assert (letter.sealed_code, letter.printed_at, letter.printed_by) == (None, NOW, officer)


def test_a_lost_print_is_made_anew_with_another_code(account: Account, officer: Account) -> None:
    first, second = printed(account, officer), printed(account, officer)
    assert via_letter(account.address, second, now=NOW)
    with pytest.raises(activation.KeyIsOver):
        via_letter(account.address, first, now=NOW)


def test_a_sealed_code_opens_for_no_other_account(account: Account, officer: Account) -> None:
    letter = activation.make_letter(account, by=officer, now=NOW)
    assert letter.sealed_code is not None
    with pytest.raises(SealBroken):
        sealing.open_secret(letter.sealed_code, officer, purpose=sealing.ACTIVATION)


def test_a_worker_makes_no_letter(worker_keyring: StoredKeyring) -> None:
    account = newcomer(agency(), state=Account.State.ACTIVE)
    with pytest.raises(KeyMissing):
        activation.make_letter(account, by=None, now=NOW)
    assert not Activation.objects.exists()


@pytest.mark.parametrize(
    "state", [each for each in Account.State.values if each not in Account.OPEN_STATES]
)
def test_an_account_that_is_not_open_gets_no_key(account: Account, state: str) -> None:
    Account.objects.filter(pk=account.pk).update(state=state)
    with pytest.raises(activation.NoFirstKey):
        activation.make_link(account, by=None, now=NOW)


def test_who_retires_this_year_still_gets_a_first_key(account: Account, officer: Account) -> None:
    code = printed(account, officer)
    Account.objects.filter(pk=account.pk).update(
        state=Account.State.LEAVING, valid_to=NOW + timedelta(days=100)
    )
    assert via_letter(account.address, code, now=NOW).account == account
    assert activation.in_need(Account.objects.filter(pk=account.pk)).exists()


def test_who_has_signed_in_gets_no_first_key(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(first_signed_in_at=NOW)
    with pytest.raises(activation.NoFirstKey):
        activation.make_link(account, by=None, now=NOW)


def test_who_has_an_authenticator_app_gets_no_first_key(account: Account) -> None:
    give_app(account)
    with pytest.raises(activation.NoFirstKey):
        activation.make_link(account, by=None, now=NOW)


def test_a_key_opens_nothing_once_the_account_is_suspended(account: Account) -> None:
    token = activation.make_link(account, by=None, now=NOW)
    key = via_link(token, now=NOW)
    Account.objects.filter(pk=account.pk).update(state=Account.State.SUSPENDED)
    with pytest.raises(activation.KeyIsOver):
        activation.use(key, password=PASSWORD, now=NOW)


def known_to_directory(account: Account, *, signs_in: bool = True, above: Agency) -> None:
    """The directory of an agency knows the official of this account."""
    source = Source.objects.create(
        agency=above, kind=Source.Kind.LDAP, name="ldap", settings={"signs_in": signs_in}
    )
    SourceRecord.objects.create(
        source=source, key=f"{account.pk}", official=account.official, seen_at=NOW
    )


def test_whom_the_directory_signs_in_is_given_no_first_key(account: Account) -> None:
    known_to_directory(account, above=account.agency)
    assert not activation.in_need(Account.objects.get_queryset()).exists()
    for make in (activation.make_link, activation.make_letter):
        with pytest.raises(activation.SignsInByDirectory):
            make(account, by=None, now=NOW)
    assert not Activation.objects.exists()


def test_the_directory_of_the_ministry_signs_in_its_departments(account: Account) -> None:
    ministry = agency()
    Agency.objects.filter(pk=account.agency_id).update(parent=ministry)
    known_to_directory(account, above=ministry)
    assert not activation.in_need(Account.objects.get_queryset()).exists()


@pytest.mark.parametrize("signs_in", [True, False])
def test_another_directory_takes_nobodys_first_key(account: Account, signs_in: bool) -> None:
    """One of an agency left long ago, or one that only tells of people."""
    known_to_directory(account, signs_in=signs_in, above=agency() if signs_in else account.agency)
    assert activation.in_need(Account.objects.get_queryset()).get() == account
    assert activation.make_link(account, by=None, now=NOW)


def test_a_key_printed_before_the_directory_came_opens_nothing(
    account: Account, officer: Account
) -> None:
    code = printed(account, officer)
    known_to_directory(account, above=account.agency)
    with pytest.raises(activation.SignsInByDirectory):
        via_letter(account.address, code, now=NOW)


def test_every_act_leaves_an_event_without_the_code(account: Account, officer: Account) -> None:
    code = printed(account, officer)
    key = via_letter(account.address, code, now=NOW)
    activation.use(key, password=PASSWORD, now=NOW)
    events = AuditEvent.objects.order_by("number")
    assert [each.act for each in events] == ["letter_made", "letter_printed", "account_activated"]
    assert code.replace(" ", "") not in str([each.details for each in events])


def test_accounts_without_a_right_to_a_letter_are_left_out(
    account: Account, officer: Account
) -> None:
    give_app(officer)
    letters = activation.print_letters([account, officer], by=officer, now=NOW)
    assert [each.account for each in letters] == [account]
