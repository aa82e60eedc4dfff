"""The address book by links and forms alone."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.models import Contact, ContactGroup, Draft, Mailbox
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

PIYA = {"name": "Piya <W>", "addresses": "piya@uni.test", "office": "University"}


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.amina)


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"mailbox:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_contact_is_written_changed_deleted_and_brought_back(client: Client) -> None:
    client.post(reverse("mailbox:contact-new"), PIYA)
    assert "Piya &lt;W&gt;" in page(client, "contacts")
    one = Contact.objects.get()
    client.post(reverse("mailbox:contact", args=[one.pk]), PIYA | {"name": "Piya V."})
    assert "Piya V." in page(client, "contacts")
    client.post(reverse("mailbox:contact-delete", args=[one.pk]))
    text = page(client, "contacts")
    assert "Piya V." not in text and "The contact was deleted." in text
    kept = text.partition('name="kept" value="')[2].partition('"')[0]
    assert "uni.test" not in kept
    client.post(reverse("mailbox:contact-restore"), {"kept": kept})
    assert "Piya V." in page(client, "contacts")
    assert 'name="kept"' not in page(client, "contacts")


def test_a_contact_without_an_address_is_refused(client: Client) -> None:
    answer = client.post(reverse("mailbox:contact-new"), PIYA | {"addresses": "nonsense"})
    assert answer.status_code == 422 and not Contact.objects.exists()


def test_a_sender_is_added_after_one_look_and_once(cast: Cast, client: Client) -> None:
    (message,) = deliver(letter(sender="Dara <D@else.example>"), cast.amina)
    place = reverse("mailbox:contact-from-letter", args=[message.pk])
    text = client.post(place).content.decode()
    assert 'value="Dara"' in text and "D@else.example" in text and not Contact.objects.exists()
    client.post(reverse("mailbox:contact-new"), {"name": "Dara", "addresses": "d@else.example"})
    again = client.post(place)
    assert again["Location"] == reverse("mailbox:contact", args=[Contact.objects.get().pk])
    assert signed_in(cast.bruno).post(place).status_code == 404


def test_a_search_is_posted_and_a_long_book_comes_a_letter_at_a_time(
    client: Client, box: Mailbox
) -> None:
    cards = [Card(f"{letter}{n}", (f"{letter}{n}@b.test",)) for letter in "AB" for n in range(120)]
    contacts.keep_all(box, cards)
    first = page(client, "contacts")
    assert first.count('class="book__row"') == 120 and "A119" in first and "B0" not in first
    assert "B119" in page(client, "contacts", letter="B")
    found = client.post(reverse("mailbox:contacts"), {"q": "B11"}).content.decode()
    assert found.count('class="book__row"') == 11


def test_a_group_is_made_filled_written_to_and_deleted(client: Client, box: Mailbox) -> None:
    contacts.keep(box, Card("Piya", ("piya@uni.test",)))
    client.post(reverse("mailbox:contact-group-new"), {"name": "Friends"})
    group = ContactGroup.objects.get()
    people = {"people": "piya@uni.test\nDara <dara@else.example>"}
    client.post(reverse("mailbox:contact-group-join", args=[group.pk]), people)
    text = page(client, "contact-group", group.pk)
    assert "Piya" in text and "Dara" in text and Contact.objects.count() == 2
    to = text.partition('name="to" value="')[2].partition('"')[0]
    client.post(reverse("mailbox:compose"), {"mode": "new", "to": to})
    assert Draft.objects.exists() and to == "dara@else.example, piya@uni.test"
    piya = next(one for one in Contact.objects.all() if str(one.pk) in text)
    client.post(reverse("mailbox:contact-group-leave", args=[group.pk]), {"contact": str(piya.pk)})
    assert group.members.count() == 1
    client.post(reverse("mailbox:contact-group-delete", args=[group.pk]))
    assert not ContactGroup.objects.exists() and Contact.objects.count() == 2


def test_cards_come_in_and_go_out(client: Client, box: Mailbox) -> None:
    data = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:ปิยะ\r\nEMAIL:piya@uni.test\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Phone\r\nTEL:1\r\nEND:VCARD\r\n"
    )
    file = SimpleUploadedFile("people.vcf", data.encode(), "text/vcard")
    answer = client.post(reverse("mailbox:contacts-import"), {"cards": file})
    text = answer.content.decode()
    assert "1 new contact" in text and "1 card has no e-mail address" in text
    out = client.get(reverse("mailbox:contacts-export"))
    assert out["Content-Type"].startswith("text/vcard")
    assert "FN:ปิยะ" in b"".join(out).decode()  # type: ignore[arg-type]
    nothing = SimpleUploadedFile("x.vcf", b"hello", "text/vcard")
    refused = client.post(reverse("mailbox:contacts-import"), {"cards": nothing})
    assert refused.status_code == 422
    assert client.post(reverse("mailbox:contacts-import")).status_code == 422


def test_people_are_found_once_own_ones_first(client: Client, box: Mailbox, cast: Cast) -> None:
    mine = contacts.keep(box, Card("Bruno of the works", (cast.bruno.address,)))
    groups.put_into(mine, [groups.keep(box, "Bruno and all").pk])
    place = reverse("mailbox:find-people")
    people = client.post(place, {"q": "bruno"}).json()["people"]
    assert [one.get("group") or one["name"] for one in people] == [
        "Bruno and all",
        "Bruno of the works",
    ]
    others = signed_in(cast.bruno).post(place, {"q": "amina"}).json()["people"]
    assert [one["address"] for one in others] == [cast.amina.address]


def test_a_name_that_is_looked_for_is_in_no_address(client: Client, box: Mailbox) -> None:
    assert client.get(reverse("mailbox:find-people"), {"q": "bruno"}).status_code == 405
