from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from mailbox import opening
from mailbox.demo import circular, habits, mail, people
from mailbox.demo.threads import conversations
from mailbox.mime.rendition import Rendition
from mailbox.models import Delivery, Folder, Mailbox, Message, Submission, Thread
from mailbox.reading.labels import labels_of
from mailbox.sealing.keyring import StoredKeyring

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


def renditions(box: Mailbox) -> list[Rendition]:
    key = opening.mailbox_key(box)
    found = Message.objects.filter(mailbox=box).select_related("content")
    return [opening.open_rendition(message, key) for message in found.order_by("received_at")]


def box_of(login: str) -> Mailbox:
    address = next(one.address for one in people.officials() if one.login == login)
    return Mailbox.objects.get(addresses__address=address)


def test_every_conversation_names_officials_that_are_there() -> None:
    logins = {one.login for one in people.officials()}
    for conversation in conversations():
        assert conversation.turns
        for company in conversation.companies:
            assert set(company) <= logins
            letters = {
                who for turn in conversation.turns for who in (turn.sender, *turn.to, *turn.cc)
            }
            assert letters - {"x"} <= set("abcd"[: len(company)]), conversation.subject


def test_the_demo_fills_every_mailbox_and_only_once(keyring: StoredKeyring) -> None:
    people.load_people()
    count = mail.load_mail(now=NOW)

    assert count > 150
    for one in people.officials():
        inbox = Folder.objects.get(mailbox=box_of(one.login), kind="inbox")
        assert inbox.conversation_count >= 4, one.login
        assert 0 < inbox.unread_count < inbox.conversation_count, one.login
        box = inbox.mailbox
        assert len(labels_of(box, opening.mailbox_key(box))) == len(habits.LABELS)
    assert mail.load_mail(now=NOW) == 0
    moments = Message.objects.values_list("received_at", flat=True)
    assert max(moments) <= NOW
    assert min(moments) > NOW - timedelta(weeks=6)

    _circular_reached_everybody()
    _nothing_is_owed()
    _answers_stand_in_their_conversation()
    _old_charsets_are_read()
    _outsiders_get_answers_and_give_them()


def _circular_reached_everybody() -> None:
    expected = [sha256(data).hexdigest() for _, _, data in circular.enclosures()]
    for one in people.officials():
        found = [each for each in renditions(box_of(one.login)) if each.subject == circular.SUBJECT]
        assert len(found) == 1, one.login
        assert found[0].urgency == 3
        assert "๓ เดือน" in found[0].text
        assert [file.sha256 for file in found[0].attachments] == expected


def _nothing_is_owed() -> None:
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert set(states) == {"filed", "relayed"}
    assert not Submission.objects.filter(due_at__isnull=False).exists()


def _answers_stand_in_their_conversation() -> None:
    longest = max(thread.messages.count() for thread in Thread.objects.all())
    assert longest >= 4


def _old_charsets_are_read() -> None:
    subjects = {each.subject for each in renditions(box_of("wiphada.c"))}
    texts = " ".join(
        each.text
        for one in people.officials()
        for each in renditions(box_of(one.login))
        if each.sender and each.sender.address.endswith("@oldmail.example")
    )
    assert "ทะเบียนครุภัณฑ์ปีก่อน" in subjects
    assert "“เกรดพิเศษ”" in texts
    assert "ข้าราชการบำนาญ" in texts
    assert "\ufffd" not in texts


def _outsiders_get_answers_and_give_them() -> None:
    answers = [
        each
        for one in people.officials()
        for each in renditions(box_of(one.login))
        if each.in_reply_to and each.sender and each.sender.address == "rohan@audit.example"
    ]
    newsletters = [each for each in renditions(box_of("wiphada.c")) if each.remote_images]
    assert answers
    assert newsletters


def test_the_demo_is_the_same_every_time(keyring: StoredKeyring) -> None:
    from django.db import transaction

    def told() -> list[tuple[str, str]]:
        people.load_people()
        mail.load_mail(now=NOW)
        return [(each.subject, each.date or "") for each in renditions(box_of("wiphada.c"))]

    first: list[tuple[str, str]] = []
    with transaction.atomic():
        first = told()
        transaction.set_rollback(True)

    assert told() == first
