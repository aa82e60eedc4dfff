"""The address book: sealed, ordered as people look, found while they write."""

from __future__ import annotations

import pytest

from mailbox import opening
from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.addressbook.finding import find
from mailbox.errors import AddressUnreadable, BookIsFull, KeyMissing, SealBroken
from mailbox.models import Contact, Mailbox
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def names(box: Mailbox) -> list[str]:
    return [one.card.name for one in contacts.book_of(box, opening.mailbox_key(box))]


def person(name: str, address: str = "", **more: str) -> Card:
    return Card(name, (address or f"{abs(hash(name))}@else.example",), **more)


def test_the_book_is_ordered_as_a_dictionary_is(box: Mailbox) -> None:
    for name in ("เกษม", "ขวัญ", "กมล", "Zoe", "anna", "โกวิท", "Émile", "1st office"):
        contacts.keep(box, person(name))
    assert names(box) == ["anna", "Zoe", "Émile", "กมล", "เกษม", "โกวิท", "ขวัญ", "1st office"]
    book = contacts.book_of(box, opening.mailbox_key(box))
    assert [one.card.letter for one in book] == ["A", "Z", "É", "ก", "ก", "ก", "ข", "#"]


def test_a_card_opens_for_its_mailbox_and_row_alone(
    box: Mailbox, cast: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    first, second = contacts.keep(box, person("A")), contacts.keep(box, person("B"))
    assert b"else.example" not in bytes(first.sealed_card)
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        contacts.keep(box, person("C"))
    Contact.objects.filter(pk=first.pk).update(sealed_card=second.sealed_card)
    with pytest.raises(SealBroken):
        names(box)


@pytest.mark.parametrize("addresses", ["", "nonsense", "a@b.test\nnonsense", "a@b.test>\r\nBcc: x"])
def test_a_card_needs_addresses_that_are_some(addresses: str) -> None:
    with pytest.raises(AddressUnreadable):
        Card.typed({"name": "x", "addresses": addresses})


def test_everybody_in_whom_every_word_is_found(box: Mailbox) -> None:
    contacts.keep(box, Card("ปิยะ วัฒนกุล", ("piya@uni.test",), office="มหาวิทยาลัย"))
    contacts.keep(box, Card("Piya Other", ("other@else.example",)))
    book = contacts.book_of(box, opening.mailbox_key(box))

    def seen(words: str) -> list[str]:
        return [one.card.address for one in contacts.matching(book, words)]

    assert seen("PIYA") == ["other@else.example", "piya@uni.test"]
    assert seen("วัฒน มหาวิท") == ["piya@uni.test"]
    assert seen("piya nobody") == []


def test_deleting_can_be_undone_with_the_groups(box: Mailbox, cast: Cast) -> None:
    kept, group = contacts.keep(box, person("A")), groups.keep(box, "Friends")
    groups.put_into(kept, [group.pk])
    pk = kept.pk
    back = contacts.forget(kept)
    assert names(box) == []
    assert contacts.bring_back(cast.mailbox_of(cast.bruno), back) is None
    assert contacts.bring_back(box, back.replace(":", ":A", 1)) is None
    assert contacts.bring_back(box, "nonsense") is None
    assert contacts.bring_back(box, back) is not None
    assert names(box) == ["A"] and list(Contact.objects.get(pk=pk).groups.all()) == [group]
    assert contacts.bring_back(box, back) is None


def test_many_cards_join_those_that_share_an_address(box: Mailbox) -> None:
    contacts.keep(box, Card("Piya", ("piya@uni.test",)))
    new = [
        Card("P. W.", ("PIYA@uni.test", "piya@home.test"), office="University"),
        Card("Dara", ("dara@else.example",)),
        Card("Dara again", ("dara@else.example", "d@else.example")),
    ]
    assert contacts.keep_all(box, new) == (1, 1, 0)
    assert contacts.keep_all(box, new) == (0, 2, 0)
    book = {one.card.name: one.card for one in contacts.book_of(box, opening.mailbox_key(box))}
    assert set(book) == {"Piya", "Dara"}
    assert "piya@home.test" in book["Piya"].addresses and book["Piya"].office == "University"
    assert book["Dara"].addresses == ("dara@else.example", "d@else.example")


def test_a_full_book_takes_nobody_more(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MOST", 2)
    cards = [person(str(number)) for number in range(3)]
    assert contacts.keep_all(box, cards) == (2, 0, 1)
    with pytest.raises(BookIsFull):
        contacts.keep(box, person("more"))


def test_groups_and_people_are_found_while_one_writes(box: Mailbox, cast: Cast) -> None:
    dara = contacts.keep(box, Card("Dara Friendly", ("dara@else.example",), post="Editor"))
    contacts.keep(box, Card("Old friend", ("old@else.example",)))
    group, empty = groups.keep(box, "My friends"), groups.keep(box, "No friends")
    groups.put_into(dara, [group.pk])
    assert empty.pk
    someone = {
        "name": "Dara Friendly",
        "position": "Editor",
        "agency": "",
        "code": "",
        "address": "dara@else.example",
    }
    found = find(box, "friend")
    assert found[0] == {"group": "My friends", "members": [someone]}
    assert [one["name"] for one in found[1:]] == ["Dara Friendly", "Old friend"]
    assert find(box, "") == [] and find(cast.mailbox_of(cast.bruno), "friend") == []


def test_nobody_is_put_into_somebody_elses_group(box: Mailbox, cast: Cast) -> None:
    theirs = groups.keep(cast.mailbox_of(cast.bruno), "Bruno's")
    mine = contacts.keep(box, person("A"))
    groups.put_into(mine, [theirs.pk])
    assert not theirs.members.exists()
