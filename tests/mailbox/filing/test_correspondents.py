from __future__ import annotations

import pytest

from mailbox.models import Correspondent, Mailbox, Message
from tests.cast import Cast
from tests.mailbox.post import file_own, file_raw, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def first_contacts(mailbox: Mailbox) -> list[bool]:
    found = Message.objects.filter(mailbox=mailbox, is_own=False).order_by("received_at")
    return list(found.values_list("is_first_contact", flat=True))


def from_(sender: str) -> bytes:
    return raw_letter().replace(b"Dara <dara@elsewhere.example>", sender.encode())


def test_only_the_first_letter_of_a_sender_is_a_first_contact(amina: Mailbox) -> None:
    for minute, sender in enumerate(("dara@x.example", "Dara Q. <DARA@x.example>", "e@x.example")):
        file_raw(from_(sender), [amina], at=later(minute))
    assert first_contacts(amina) == [True, False, True]


def test_each_mailbox_has_its_own_acquaintances(amina: Mailbox, cast: Cast) -> None:
    bruno = cast.mailbox_of(cast.bruno)
    file_raw(raw_letter(), [amina])
    file_raw(raw_letter(), [amina, bruno], at=later(1))
    assert (first_contacts(amina), first_contacts(bruno)) == ([True, False], [True])
    digests = [bytes(one.digest) for one in Correspondent.objects.all()]
    assert len(set(digests)) == 2


def test_whoever_was_written_to_is_known_when_they_answer(amina: Mailbox) -> None:
    mine = raw_letter().replace(b"To: amina@transport.example", b"To: piya@x.example")
    mine = mine.replace(b"Dara <dara@elsewhere.example>", b"amina@transport.example")
    assert not file_own(mine, amina).is_first_contact
    file_raw(from_("Piya@X.example"), [amina], at=later(1))
    assert first_contacts(amina) == [False]


def test_a_letter_without_a_sender_is_no_contact(amina: Mailbox) -> None:
    file_raw(from_(""), [amina])
    assert first_contacts(amina) == [False]
    assert not Correspondent.objects.exists()


def test_the_origin_of_own_copies_is_the_portal_and_of_others_as_said(amina: Mailbox) -> None:
    assert file_own(raw_letter(), amina).origin == Message.Origin.PORTAL
    file_raw(raw_letter(), [amina])
    assert Message.objects.get(is_own=False).origin == Message.Origin.LMTP
