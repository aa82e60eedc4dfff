"""What an arrival becomes: spam where spam belongs, one copy for many, a report for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from mailbox import opening
from mailbox.filing.mailboxes import open_mailbox
from mailbox.inbound import arrivals
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.inbound.receiving import Incoming, receive
from mailbox.inbound.recipients import Recipient
from mailbox.mime.reading_process import ReadingProcess
from mailbox.mime.rendition import read_raw
from mailbox.models import Arrival, Mailbox, Message
from tests.cast import Cast
from tests.mailbox.post import counts, raw_letter

pytestmark = pytest.mark.django_db

MTA = "mx.portal.test"
OURS = f"Authentication-Results: {MTA}; dkim=pass header.d=elsewhere.example\r\n".encode()
HOP = b"Received: from a by b; now\r\n"


@pytest.fixture(autouse=True)
def our_mta(settings: object) -> None:
    settings.AUTHSERV_ID = MTA  # type: ignore[attr-defined]  # the fixture of pytest-django


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    reader = ReadingProcess(seconds=30, authserv_id=MTA)
    yield reader
    reader.close()


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def arrive(raw: bytes, *boxes: Mailbox) -> Arrival:
    return take_in(
        raw,
        sender="dara@elsewhere.example",
        mailboxes=[box.pk for box in boxes],
        recipients=[],
        now=timezone.now(),
        nudge=lambda _: None,
    )


def test_what_our_own_filter_calls_spam_lies_in_spam(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    for raw in (OURS + b"X-Spam: Yes\r\n" + raw_letter(), raw_letter(name="b@x.example")):
        assert file_arrival(arrive(raw, amina), reader=reader, now=timezone.now())
    assert counts(amina) == {"spam": (1, 1), "inbox": (1, 1)}


def test_a_spam_mark_that_came_along_is_nobodys_word(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    came_along = OURS.replace(MTA.encode(), b"mx.stranger.test") + b"X-Spam: Yes\r\n"
    further_down = HOP + OURS + HOP + b"X-Spam: Yes\r\n"
    for raw in (came_along, further_down):
        assert file_arrival(arrive(raw + raw_letter(), amina), reader=reader, now=timezone.now())
    assert counts(amina) == {"inbox": (2, 2)}


def test_findings_in_our_name_that_came_along_are_not_even_kept(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    forged = HOP + HOP + OURS + raw_letter()
    file_arrival(arrive(forged, amina), reader=reader, now=timezone.now())
    key = opening.mailbox_key(amina)
    message = Message.objects.get()
    whole = opening.reader(message, key)
    assert (
        read_raw(whole.read, opening.open_rendition(message, key))
        == HOP + HOP + forged[len(HOP + HOP + OURS) :]
    )
    assert not opening.open_rendition(message, key).authentication.is_checked


def test_the_same_letter_by_two_ways_is_shown_once_and_a_changed_one_twice(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    raw = raw_letter(name="one@x.example")
    by_another_way = b"Received: from elsewhere by list; later\r\n" + raw
    changed = raw_letter(name="one@x.example", body="เรียนอีกครั้ง")
    for each in (raw, by_another_way, changed):
        file_arrival(arrive(each, amina), reader=reader, now=timezone.now())
    assert not Arrival.objects.exists()
    assert Message.objects.filter(mailbox=amina).count() == 2


def test_a_forged_copy_that_comes_first_does_not_hide_the_letter(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    raw = raw_letter(name="one@x.example")
    found = (
        "dkim=none\r\nX-Spam: Yes",
        "dkim=none",
        "dkim=pass header.d=elsewhere.example",
        "dkim=pass header.d=elsewhere.example",
    )
    for each in found:
        ours = f"Authentication-Results: {MTA}; {each}\r\n".encode()
        file_arrival(arrive(ours + raw, amina), reader=reader, now=timezone.now())
    assert {kind: each[0] for kind, each in counts(amina).items()} == {"spam": 1, "inbox": 1}
    assert Message.objects.filter(mailbox=amina).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_letter_to_very_many_that_breaks_half_way_is_finished_and_doubled_for_nobody(
    cast: Cast, reader: ReadingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "BATCH", 2)
    monkeypatch.setattr("mailbox.filing.messages.BATCH", 2)
    boxes = [open_mailbox(None, [f"member{number}@transport.example"]) for number in range(5)]
    arrival, now = arrive(raw_letter(), *boxes), timezone.now()

    class PowerCut(BaseException):
        pass

    def cut(_: Arrival) -> None:
        raise PowerCut

    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr(arrivals, "_finish", cut)
        file_arrival(arrival, reader=reader, now=now)
    assert Message.objects.count() == 5 and Arrival.objects.exists()
    later = now + timedelta(hours=1)
    assert file_arrival(Arrival.objects.get(), reader=reader, now=later)
    assert Message.objects.count() == 5 and not Arrival.objects.exists()


def test_a_report_and_a_letter_in_one_transaction_become_two_arrivals(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    now, gone = timezone.now(), uuid4()
    recipients = [Recipient(returned_to=gone), Recipient(mailbox=amina.pk)]
    incoming = Incoming("", ["r+x@transport.example", "amina@transport.example"], recipients)
    assert receive(raw_letter(), incoming, now=now, nudge=lambda _: None) == [None, None]
    kept = {(one.returned_to, tuple(one.mailbox_ids)) for one in Arrival.objects.all()}
    assert kept == {(gone, ()), (None, (amina.pk,))}
    for arrival in Arrival.objects.all():
        assert file_arrival(arrival, reader=reader, now=now)
    # Of a letter that is gone nobody wants to know; the other is filed.
    assert counts(amina) == {"inbox": (1, 1)} and not Arrival.objects.exists()
