from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import tasks
from accounts.mandate import nudges as mandate_nudges
from accounts.mandate import obligations, reminders
from accounts.models import Account, Official
from mailbox import opening
from mailbox.models import Mailbox, Message, Submission
from mailbox.opening import mailbox_key
from mailbox.outbound.relay import relay
from mailbox.people.evidence import first_letter_sent
from mailbox.people.reminding import remind
from tests.cast import Cast
from tests.mailbox.people.offices import delegate, office
from tests.mailbox.people.test_departures import sent_by

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # half past midnight in Thailand


def left(account: Account, box: Mailbox, at: datetime) -> None:
    submission = sent_by(account, box, at)
    Submission.objects.filter(pk=submission.pk).update(attempts=1)


def shown() -> dict[UUID, date]:
    return first_letter_sent(Official.objects.all())


def test_a_letter_shows_it_from_the_day_in_thailand_on(cast: Cast) -> None:
    left(cast.amina, cast.mailbox_of(cast.amina), NIGHT)

    assert cast.amina.official_id is not None
    assert shown() == {cast.amina.official_id: date(2026, 11, 24)}


def test_the_first_of_many_counts_in_ones_own_mailbox_or_an_offices(cast: Cast) -> None:
    box = office(cast.transport)
    delegate(box, cast.amina, may_write=True, may_send_as=True)
    left(cast.amina, cast.mailbox_of(cast.amina), timezone.now() + timedelta(days=3))
    left(cast.amina, box, timezone.now())

    assert list(shown().values()) == [timezone.localdate()]


def test_what_has_not_left_shows_nothing(cast: Cast) -> None:
    sent_by(cast.amina, cast.mailbox_of(cast.amina), timezone.now())

    assert shown() == {}


def test_what_a_delegate_sent_is_the_delegates_letter(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True, may_send_as=True)
    left(cast.bruno, box, timezone.now())

    assert list(shown()) == [cast.bruno.official_id]


def test_everybodys_evidence_is_two_queries(cast: Cast) -> None:
    for account in (cast.amina, cast.bruno, cast.chiara):
        left(account, cast.mailbox_of(account), timezone.now())
    with CaptureQueriesContext(connection) as asked:
        assert len(shown()) == 3

    assert len(asked) == 2


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[list[object]]:
    """What the mandate was told to reckon, instead of a worker."""
    told: list[list[object]] = []
    bell = mandate_nudges.current_app
    monkeypatch.setattr(bell, "send_task", lambda name, args=(), **how: told.append([name, *args]))
    return told


def relayed(
    account: Account, box: Mailbox, capture: DjangoCaptureOnCommitCallbacks, **values: object
) -> Submission:
    submission, now = sent_by(account, box, timezone.now(), **values), timezone.now()
    with capture(execute=True):
        relay(Submission.objects.get(pk=submission.pk), now=now)
    return submission


def test_the_first_letter_counts_soon_after_it_has_left(
    cast: Cast,
    rung: list[list[object]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    official = cast.amina.official
    assert official is not None
    obligations.recompute([official], now=timezone.now(), cause="joined")
    relayed(cast.amina, cast.mailbox_of(cast.amina), django_capture_on_commit_callbacks)
    told = ["accounts.proof_came", [f"{official.pk}"], "sent"]
    assert told in rung

    tasks.proof_came([f"{official.pk}"], "sent")
    assert "sent" in official.obligations.get().evidence
    rung.clear()
    relayed(cast.amina, cast.mailbox_of(cast.amina), django_capture_on_commit_callbacks)
    assert told not in rung


def test_a_delegates_letter_is_told_as_the_delegates(
    cast: Cast,
    rung: list[list[object]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    box, writer = cast.mailbox_of(cast.amina), cast.bruno.official
    assert writer is not None
    people = Official.objects.filter(account__in=[cast.amina, cast.bruno])
    obligations.recompute(people, now=timezone.now(), cause="joined")
    delegate(box, cast.bruno, may_write=True, may_send_as=True)
    relayed(cast.bruno, box, django_capture_on_commit_callbacks)
    assert [each for each in rung if each[0] == "accounts.proof_came"] == [
        ["accounts.proof_came", [f"{writer.pk}"], "sent"]
    ]


def test_a_reminder_lies_in_the_mailbox_unread(cast: Cast) -> None:
    remind(cast.amina, "ครบกำหนดใน ๓๐ วัน", "โปรดเข้าใช้งาน", timezone.now())
    message = Message.objects.get(mailbox__account=cast.amina)
    letter = opening.open_rendition(message, mailbox_key(message.mailbox))

    assert (letter.subject, letter.is_automatic) == ("ครบกำหนดใน ๓๐ วัน", True)
    assert not message.is_read


def test_whoever_has_no_mailbox_yet_is_reminded_of_nothing(cast: Cast) -> None:
    bare = Account.objects.create_user("bare@transport.example", agency=cast.transport)
    remind(bare, "x", "y", timezone.now())

    assert not Message.objects.exists()


def test_the_mandate_knows_whom_to_ask() -> None:
    assert remind in reminders._SENDERS
