"""The card of an invitation and the bar of a receipt on the page: inert, answered by their own."""

from __future__ import annotations

import pytest
from django.test import Client

from mailbox.models import InvitationAnswer, Message, Submission
from tests.cast import Cast, signed_in
from tests.mailbox.outbound.answers.test_invitations import invited
from tests.mailbox.outbound.answers.test_receipts import asking
from tests.mailbox.web.post import address_of

HOSTILE = '<details open ontoggle="alert(1)">'


def page(client: Client, message: Message) -> str:
    return client.get(address_of(message)).content.decode()


def test_the_card_shows_what_a_hostile_invitation_says_as_text(cast: Cast) -> None:
    fields = ("LOCATION", "DESCRIPTION", "X-ALT-DESC", "URL", "CATEGORIES", "COMMENT")
    lines = [f"{name}:{HOSTILE}" for name in fields]
    lines.append(f"ATTENDEE;CN='{HOSTILE.replace(chr(34), '')}':mailto:{HOSTILE}@x")
    text = page(signed_in(cast.amina), invited(cast, *lines))

    assert "&lt;details open ontoggle=" in text
    assert "<details open ontoggle" not in text


def test_answering_shows_the_card_with_the_answer(cast: Cast) -> None:
    client, message = signed_in(cast.amina), invited(cast)
    where = f"/mail/message/{message.pk}/invitation/"
    plain = client.post(where, {"answer": "tentative"})
    partial = client.post(where, {"answer": "declined"}, headers={"HX-Request": "true"})

    assert (plain.status_code, plain.headers["Location"]) == (302, address_of(message))
    assert 'value="declined" aria-pressed="true"' in partial.content.decode()
    assert InvitationAnswer.objects.get().answer == "declined"
    assert 'value="declined" aria-pressed="true"' in page(client, message)


def test_a_receipt_is_asked_for_on_the_page_and_never_sent_by_looking(cast: Cast) -> None:
    client, message = signed_in(cast.amina), asking(cast)
    text = page(client, message)

    assert f'action="/mail/message/{message.pk}/receipt/"' in text
    assert not Submission.objects.exists()
    client.post(f"/mail/message/{message.pk}/receipt/", {"answer": "send"})
    assert Submission.objects.get().is_automatic
    assert f'action="/mail/message/{message.pk}/receipt/"' not in page(client, message)


def test_a_declined_receipt_is_not_asked_for_again(cast: Cast) -> None:
    client, message = signed_in(cast.amina), asking(cast)
    client.post(f"/mail/message/{message.pk}/receipt/", {"answer": "decline"})

    assert not Submission.objects.exists()
    assert f"/mail/message/{message.pk}/receipt/" not in page(client, message)


@pytest.mark.parametrize("what", ["invitation", "receipt"])
def test_questions_to_others_do_not_exist_and_looking_answers_none(cast: Cast, what: str) -> None:
    message = invited(cast)
    where = f"/mail/message/{message.pk}/{what}/"
    said = {"answer": "accepted" if what == "invitation" else "decline"}

    assert signed_in(cast.chiara).post(where, said).status_code == 404
    assert signed_in(cast.amina).get(where).status_code == 405
    assert signed_in(cast.amina).post(where, said).status_code == 302
