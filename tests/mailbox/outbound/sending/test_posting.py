"""Letters that are no draft, and what an agency puts under every letter."""

from __future__ import annotations

import uuid
from datetime import datetime
from email import message_from_bytes, policy

import pytest

from govmail_portal.errors import NotYours
from mailbox.mime.build import Letter
from mailbox.mime.rendition import Address
from mailbox.models import Folder, Message, Submission
from mailbox.outbound.submission import post_letter, send
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Write
from tests.mailbox.outbound.test_relay import run


class Listening(FakeGateway):
    """A gateway that notes the return paths it was given."""

    def hand_over(self, message, *, sender, **named):  # type: ignore[no-untyped-def]
        self.senders = [*getattr(self, "senders", []), sender]
        return super().hand_over(message, sender=sender, **named)


@pytest.fixture
def letter(cast: Cast, now: datetime) -> Letter:
    return Letter(
        sender=Address("Amina", cast.amina.address),
        to=(Address("", "emil@else.example"),),
        subject="Away",
        text="I am away.",
        message_id=f"{uuid.uuid4()}@transport.example",
        date=now,
    )


def test_a_worker_posts_what_the_portal_writes_without_a_return_path(
    cast: Cast, letter: Letter, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    gateway = Listening()
    with using(key_set["worker"]):
        box = cast.mailbox_of(cast.amina)
        sent = post_letter(box, letter, by=cast.amina, now=now, is_automatic=True)
        assert run(sent, gateway, now=now)
    assert gateway.senders == [""] and gateway.offered == [["emil@else.example"]]
    assert sent.is_automatic and not Message.objects.exists()


def test_what_a_person_has_posted_stands_in_sent_and_comes_from_them(
    cast: Cast, letter: Letter, now: datetime
) -> None:
    gateway = Listening()
    sent = post_letter(cast.mailbox_of(cast.amina), letter, by=cast.amina, now=now)
    assert run(sent, gateway, now=now)
    ((sender,),) = [gateway.senders]
    assert sender.startswith("r+") and sender.endswith("@transport.example")
    assert Message.objects.get().folder.kind == Folder.Kind.SENT


def test_nobody_posts_from_anothers_mailbox(cast: Cast, letter: Letter, now: datetime) -> None:
    with pytest.raises(NotYours):
        post_letter(cast.mailbox_of(cast.amina), letter, by=cast.chiara, now=now)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("values", [{"text": "Water."}, {"html": "<p>Water.</p>"}])
def test_the_signature_of_the_agency_stands_under_every_letter(
    cast: Cast, write: Write, now: datetime, values: dict[str, str]
) -> None:
    cast.transport.forced_signature = "กระทรวงคมนาคม\n<b>38 Ratchadamnoen</b>"
    cast.transport.save()
    cast.amina.refresh_from_db()
    gateway = FakeGateway()
    sent = send(write(to=["emil@else.example"], **values), by=cast.amina, now=now)
    run(sent, gateway, now=sent.undo_until)
    letter = message_from_bytes(gateway.messages[0], policy=policy.default)
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))

    assert plain is not None
    text = plain.get_content().replace("\r\n", "\n")
    assert text.strip() == "Water.\n\nกระทรวงคมนาคม\n<b>38 Ratchadamnoen</b>"
    if "html" in values:
        assert rich is not None
        assert "กระทรวงคมนาคม<br>&lt;b&gt;38 Ratchadamnoen" in rich.get_content()


def test_a_receipt_is_asked_for_only_by_choice(cast: Cast, write: Write, now: datetime) -> None:
    gateway = FakeGateway()
    for wish in (True, False):
        draft = write(to=["emil@else.example"], asks_receipt=wish)
        sent = send(draft, by=cast.amina, now=now)
        assert sent.asks_receipt is wish
        run(sent, gateway, now=sent.undo_until)
    asked, plain = (message_from_bytes(raw, policy=policy.default) for raw in gateway.messages)
    assert cast.amina.address in asked["Disposition-Notification-To"]
    assert plain["Disposition-Notification-To"] is None
