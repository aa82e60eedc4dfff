"""Whom a sender could be taken for."""

from __future__ import annotations

from django.utils import timezone

from mailbox.filing.correspondents import meet
from mailbox.models import Message
from mailbox.reading import opening
from tests.cast import Cast
from tests.mailbox.reading.test_opening import read
from tests.mailbox.web.post import deliver, letter


def leads(cast: Cast, sender: str) -> list[str]:
    message = deliver(letter(sender=sender), cast.amina)[0]
    found: opening.Conversation = read(cast.amina, message)
    assert found.newest.sheet is not None
    return [notice.lead for notice in found.newest.sheet.notices]


def test_a_domain_one_letter_from_an_agencys_is_called_out(cast: Cast) -> None:
    assert leads(cast, "Chiara <chiara@lnterior.example>")[0] == (
        "The address resembles interior.example and is not it."
    )


def test_a_domain_that_begins_with_an_agencys_is_called_out(cast: Cast) -> None:
    lead = leads(cast, "Chiara <chiara@interior.example.else.test>")[0]

    assert "resembles interior.example" in lead


def test_a_stranger_like_somebody_known_is_called_out(cast: Cast) -> None:
    meet([cast.amina.mailbox.pk], ["piya@university.test"], at=timezone.now())

    assert "resembles university.test" in leads(cast, "Piya <piya@universlty.test>")[0]
    assert leads(cast, "Piya <piya@university.test>") == ["The sender is outside government."]


def test_somebody_elses_friends_are_not_asked(cast: Cast) -> None:
    meet([cast.bruno.mailbox.pk], ["piya@university.test"], at=timezone.now())

    assert leads(cast, "Piya <piya@universlty.test>") == ["The sender is outside government."]


def test_a_first_letter_is_said_to_be_one_and_the_second_is_not(cast: Cast) -> None:
    first = deliver(letter(), cast.amina)[0]
    second = deliver(letter(), cast.amina)[0]

    assert Message.objects.get(pk=first.pk).is_first_contact
    assert not Message.objects.get(pk=second.pk).is_first_contact
