"""Reports of suspicious mail: to the incident team with the letter attached, and back."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Agency
from mailbox import reporting
from mailbox.models import Delivery, Draft, Mailbox, MailReport, Message, Submission
from mailbox.opening import mailbox_key, open_rendition
from mailbox.outbound import answering
from mailbox.reading import sorting
from mailbox.reading.deeds import reports
from tests.cast import Cast
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db

CERT = "cert@incidents.example"


@pytest.fixture
def received(cast: Cast) -> Message:
    return deliver(letter("Your account is closed"), cast.amina)[0]


def report(cast: Cast, message: Message) -> reporting.Reported:
    inbox = message.folder
    return reporting.suspicious(inbox, [message.thread_id], by=cast.amina, now=timezone.now())


def kind_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).folder.kind


def test_the_incident_team_gets_the_letter_as_it_came(cast: Cast, received: Message) -> None:
    Agency.objects.filter(pk=cast.transport.pk).update(incident_address=CERT)
    cast.amina.refresh_from_db()
    assert report(cast, received).sent == 1
    assert kind_of(received) == "spam"
    submission = Submission.objects.get()
    assert Delivery.objects.get(submission=submission).submission == submission
    sent = Message.objects.get(folder__kind="sent")
    rendition = open_rendition(sent, mailbox_key(sent.mailbox))
    assert [who.address for who in rendition.to] == [CERT]
    assert [one.type for one in rendition.attachments] == ["message/rfc822"]
    assert MailReport.objects.get().submission == submission


def test_the_nearest_agency_above_with_an_address_gets_it(cast: Cast) -> None:
    top = Agency.objects.create(
        kind="ministry", name_th="สำนักนายกฯ", incident_address="pm@incidents.example"
    )
    Agency.objects.filter(pk=cast.transport.pk).update(parent=top)
    cast.transport.refresh_from_db()
    assert reporting.incident_address(cast.transport) == "pm@incidents.example"


def test_else_the_portal_s_own_address_counts_and_else_nobody(
    cast: Cast, settings: Settings
) -> None:
    assert reporting.incident_address(cast.transport) == ""
    settings.INCIDENT_ADDRESS = CERT
    assert reporting.incident_address(cast.transport) == CERT


def test_without_an_incident_team_it_is_only_moved(cast: Cast, received: Message) -> None:
    assert report(cast, received).sent == 0
    assert kind_of(received) == "spam"
    assert not Submission.objects.exists()
    assert MailReport.objects.get().kind == MailReport.Kind.PHISHING


def test_undo_calls_the_report_back_and_brings_the_letter_home(
    cast: Cast, received: Message, settings: Settings
) -> None:
    settings.INCIDENT_ADDRESS = CERT
    change = report(cast, received).change
    box = cast.mailbox_of(cast.amina)
    reporting.take_back(box, change, by=cast.amina, now=timezone.now())
    sorting.undo(box, change)
    assert kind_of(received) == "inbox"
    assert Submission.objects.get().cancelled_at is not None
    assert not MailReport.objects.exists()
    assert not Draft.objects.exists()
    assert not Message.objects.filter(folder__kind="sent").exists()


def test_what_has_left_is_not_called_back_but_the_letter_comes_home(
    cast: Cast, received: Message, settings: Settings
) -> None:
    settings.INCIDENT_ADDRESS = CERT
    change = report(cast, received).change
    box = cast.mailbox_of(cast.amina)
    late = timezone.now() + timedelta(hours=1)
    reporting.take_back(box, change, by=cast.amina, now=late)
    sorting.undo(box, change)
    assert kind_of(received) == "inbox"
    assert Submission.objects.get().cancelled_at is None


def test_not_spam_takes_the_report_back_too_and_undo_keeps_it_away(
    cast: Cast, received: Message
) -> None:
    inbox = received.folder
    reports.report(inbox, [received.thread_id], kind=MailReport.Kind.SPAM, now=timezone.now())
    assert MailReport.objects.get().message == received
    spam = sorting.system_folder(inbox, "spam")
    sorting.restore(spam, [received.thread_id])
    assert not MailReport.objects.exists()
    assert kind_of(received) == "inbox"


def test_a_report_of_another_mailbox_s_change_takes_nothing_back(
    cast: Cast, received: Message, settings: Settings
) -> None:
    settings.INCIDENT_ADDRESS = CERT
    change = report(cast, received).change
    chiara = cast.mailbox_of(cast.chiara)
    reporting.take_back(chiara, change, by=cast.chiara, now=timezone.now())
    assert Submission.objects.get().cancelled_at is None


def test_a_letter_too_large_to_be_sent_on_leaves_the_inbox_all_the_same(
    cast: Cast, received: Message, settings: Settings
) -> None:
    settings.INCIDENT_ADDRESS = CERT
    settings.MESSAGE_SIZE_LIMIT = 100
    done = report(cast, received)
    assert (done.sent, done.failed) == (0, 1)
    assert kind_of(received) == "spam"
    assert MailReport.objects.get().submission is None
    assert not Submission.objects.exists() and not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_written_without_holding_up_who_files_mail(
    cast: Cast, received: Message, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INCIDENT_ADDRESS = CERT
    forward, locks = answering.forward, []

    def lock() -> None:
        with transaction.atomic():
            found = Mailbox.objects.select_for_update(nowait=True).filter(pk=received.mailbox_id)
            locks.append(found.get())
        connection.close()

    def meanwhile(*given: Any, **named: Any) -> Draft:
        other = Thread(target=lock)
        other.start()
        other.join(30)
        return forward(*given, **named)

    monkeypatch.setattr(answering, "forward", meanwhile)
    assert report(cast, received).sent == 1
    assert len(locks) == 1
