from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Account, Agency, Official, TotpDevice
from accounts.people import addresses, joining, orders
from accounts.people.days import midnight
from accounts.provisioning import activation
from tests.accounts.people.service import NOW, TODAY, Kind, Told, official, order, post, serving


def take(at: Agency, address: str, state: str = Account.State.ACTIVE) -> Account:
    return Account.objects.create_user(address, agency=at, state=state)


def join(at: Agency, person: Official) -> Account:
    orders.record(Kind.APPOINTED, person, effective_on=TODAY, position=post(at), by=None, now=NOW)
    return Account.objects.get(official=person)


def test_an_address_is_the_given_name_and_a_letter(water: Agency) -> None:
    assert addresses.propose(official("Malee", "Suksan"), water) == "malee.s@water.example"


def test_namesakes_have_more_letters_and_then_a_number(water: Agency, told: Told) -> None:
    made = [join(water, official("Ann", "Lee")).address for _one in range(5)]
    local = [address.partition("@")[0] for address in made]
    assert local == ["ann.l", "ann.le", "ann.lee", "ann.lee2", "ann.lee3"]


@pytest.mark.parametrize("state", [Account.State.DELETED, Account.State.RETAINED])
def test_an_address_is_never_given_again(water: Agency, state: str) -> None:
    take(water, "malee.s@water.example", state)
    assert addresses.propose(official("Malee", "Suksan"), water) == "malee.su@water.example"


def test_the_address_of_who_was_transferred_is_not_given_to_a_namesake(
    malee: Account, water: Agency
) -> None:
    Account.objects.filter(pk=malee.pk).update(
        address="malee.s@water.example", official=None, former_official=malee.official_id
    )
    assert join(water, official("Malee", "Suksan")).address == "malee.su@water.example"


def test_who_has_no_english_name_has_an_address_by_sound(water: Agency) -> None:
    person = Official(given_name_th="ณรงค์", family_name_th="วงศ์สกุล")
    assert addresses.propose(person, water) == "narong.w@water.example"


def test_names_with_accents_and_spaces_make_plain_addresses(water: Agency) -> None:
    person = official("José María", "O'Neill na Ayudhya")
    assert addresses.propose(person, water) == "josemaria.o@water.example"


def test_no_person_is_called_as_an_office(water: Agency) -> None:
    person = Official(given_name_en="Admin", family_name_th="")
    assert addresses.propose(person, water) == "admin2@water.example"


def test_an_agency_without_a_domain_uses_that_of_the_one_above(water: Agency) -> None:
    below = Agency.objects.create(name_th="กอง", parent=water)
    assert addresses.propose(official(), below) == "malee.s@water.example"


def test_no_address_where_nobody_has_a_domain(db: None) -> None:
    with pytest.raises(addresses.NoDomain):
        addresses.propose(official(), Agency.objects.create(name_th="กรม"))


def test_another_who_knows_of_addresses_is_asked(
    water: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_ALSO", [lambda some: {"malee.s@water.example"}])
    assert addresses.propose(official(), water) == "malee.su@water.example"


def test_an_officer_changes_an_address_nobody_was_told_of(water: Agency, told: Told) -> None:
    account = join(water, official())
    addresses.change(account, "Malee.Suksan", by=None, now=NOW)

    account.refresh_from_db()
    assert account.address == "malee.suksan@water.example"


def test_an_address_in_use_is_not_changed(malee: Account) -> None:
    with pytest.raises(addresses.AddressInUse):
        addresses.change(malee, "other", by=None, now=NOW)


@pytest.mark.parametrize(
    "local", ["", "a b", "a..b", ".a", "a@b", "ชื่อ", "postmaster", "a\0b", "a" * 60]
)
def test_what_is_no_address_of_a_person_is_refused(water: Agency, local: str) -> None:
    with pytest.raises(addresses.UnfitAddress):
        addresses.spell_out(local, water)


def test_a_position_has_its_own_mailbox_once(water: Agency, told: Told) -> None:
    central = post(water, "สารบรรณกลาง")
    account = joining.request_position_mailbox(central, local_part="saraban", by=None, now=NOW)
    assert (account.address, account.position) == ("saraban@water.example", central)

    with pytest.raises(joining.HasMailbox):
        joining.request_position_mailbox(central, local_part="saraban2", by=None, now=NOW)


def test_who_comes_back_has_the_old_address_and_a_new_first_key(water: Agency, told: Told) -> None:
    account = serving(water)
    account.set_password("an old boat on the river")
    account.first_signed_in_at = NOW
    account.save()
    TotpDevice.objects.create(user=account, name="app", sealed_secret=b"x")
    order(Kind.RESIGNED, account, on=TODAY)
    person = account.official
    assert person is not None
    orders.record(
        Kind.APPOINTED,
        person,
        effective_on=date(2027, 1, 4),
        position=post(water),
        by=None,
        now=NOW,
    )

    back = Account.objects.get(official=person)
    assert (back.address, back.state) == (account.address, Account.State.RESERVED)
    assert not back.has_usable_password()
    assert not TotpDevice.objects.filter(user=back).exists()
    Account.objects.filter(pk=back.pk).update(state=Account.State.ACTIVE)
    assert activation.in_need(Account.objects.filter(pk=back.pk)).exists()
    assert back.valid_from == midnight(date(2027, 1, 4))


def refused(address: str, at: Agency) -> type[Exception] | None:
    try:
        addresses.must_be_free(address, at)
    except addresses.PortalError as unfit:
        return type(unfit)
    return None


def test_no_officer_gives_an_address_in_another_agencys_domain(
    water: Agency, roads: Agency
) -> None:
    assert refused("Minister@roads.example", water) is addresses.OtherDomain
    assert refused("dara@water.example", water) is None


def test_a_department_without_a_domain_has_its_ministrys(water: Agency) -> None:
    below = Agency.objects.create(name_th="กอง", parent=water)
    assert refused("dara@water.example", below) is None


def test_an_address_that_was_somebodys_is_not_typed_for_another(water: Agency) -> None:
    take(water, "dara@water.example", Account.State.RETAINED)
    assert refused("DARA@water.example", water) is addresses.AddressTaken


@pytest.mark.parametrize("address", ["postmaster@water.example", "a b@water.example", "water"])
def test_what_cannot_be_a_persons_address_is_refused(water: Agency, address: str) -> None:
    assert refused(address, water) is addresses.UnfitAddress
