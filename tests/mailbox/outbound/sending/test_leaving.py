"""Scheduled letters: at their moment, once, without their author."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Account
from mailbox import opening
from mailbox.errors import KeyMissing, NoSuchMoment, TooLateToUndo
from mailbox.filing.shredding import shred
from mailbox.models import Delivery, Draft, Folder, Message, Submission
from mailbox.outbound import drafting
from mailbox.outbound.outbox import rows
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send, undo
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests import processes
from tests.cast import Cast, gather
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Write
from tests.mailbox.outbound.test_relay import through

State = Delivery.State
TOMORROW = timedelta(days=1)


@pytest.fixture
def scheduled(cast: Cast, write: Write, now: datetime) -> Submission:
    draft = write(to=["bruno@transport.example", "emil@else.example"])
    return send(draft, by=cast.amina, now=now, at=now + TOMORROW)


def run(submission: Submission, gateway: FakeGateway, now: datetime) -> bool:
    return relay(Submission.objects.get(pk=submission.pk), gateways=through(gateway), now=now)


def in_sent(account: Account) -> list[Message]:
    found = Message.objects.filter(mailbox__account=account, folder__kind=Folder.Kind.SENT)
    return list(found)


def test_a_scheduled_letter_waits_and_is_not_in_sent_yet(
    cast: Cast, scheduled: Submission, now: datetime
) -> None:
    gateway = FakeGateway()
    assert not run(scheduled, gateway, now + TOMORROW - timedelta(seconds=1))
    assert set(scheduled.deliveries.values_list("state", flat=True)) == {State.SCHEDULED}
    assert scheduled.expires_at == now + TOMORROW + settings.GIVE_UP_AFTER
    assert not gateway.offered and not in_sent(cast.amina)
    (row,) = rows([scheduled], cast.mailbox_of(cast.amina))
    assert (row.is_scheduled, row.is_held, row.tally.waiting) == (True, False, 2)


def test_at_its_moment_a_worker_sends_it_and_files_the_copy_bearing_that_date(
    cast: Cast, scheduled: Submission, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    gateway, then = FakeGateway(), now + TOMORROW
    with using(key_set["worker"]):
        with pytest.raises(KeyMissing):
            opening.mailbox_key(cast.mailbox_of(cast.amina))
        assert run(scheduled, gateway, then)

    (copy,) = in_sent(cast.amina)
    scheduled.refresh_from_db()
    assert (scheduled.sent_copy, copy.received_at, copy.is_own) == (copy, then, True)
    assert not Draft.objects.exists()
    (raw,) = gateway.messages
    date = message_from_bytes(raw, policy=policy.default)["Date"].datetime
    assert abs(date - then) < timedelta(seconds=1)
    summary = opening.open_summary(copy, opening.mailbox_key(copy.mailbox))
    assert summary.subject == "เรื่องน้ำ"


def test_a_copy_that_its_author_has_deleted_does_not_come_back_with_the_next_try(
    cast: Cast, scheduled: Submission, now: datetime
) -> None:
    run(scheduled, FakeGateway(out_of_reach=True), now + TOMORROW)
    in_sent(cast.amina)[0].delete()
    assert run(scheduled, FakeGateway(), now + 2 * TOMORROW)
    assert not in_sent(cast.amina)


def test_cancelling_gives_the_draft_back_until_it_has_left(
    cast: Cast, scheduled: Submission, write: Write, now: datetime
) -> None:
    draft = undo(scheduled, by=cast.amina, now=now + timedelta(hours=20))
    assert Draft.objects.unsent().get() == draft
    assert drafting.open_draft(draft).subject == "เรื่องน้ำ"
    assert not run(scheduled, FakeGateway(), now + TOMORROW)

    left = send(draft, by=cast.amina, now=now, at=now + TOMORROW)
    run(left, FakeGateway(), now + TOMORROW)
    with pytest.raises(TooLateToUndo):
        undo(left, by=cast.amina, now=now + TOMORROW)


@pytest.mark.parametrize("away", [timedelta(seconds=-1), timedelta(days=367)])
def test_a_moment_that_is_past_or_years_away_is_refused_and_the_draft_stays(
    cast: Cast, write: Write, now: datetime, away: timedelta
) -> None:
    draft = write(to=["emil@else.example"])
    with pytest.raises(NoSuchMoment):
        send(draft, by=cast.amina, now=now, at=now + away)
    assert Draft.objects.unsent().get() == draft


def test_a_suspended_account_has_its_letter_held_until_it_is_open_again(
    cast: Cast, scheduled: Submission, now: datetime
) -> None:
    gateway, then = FakeGateway(), now + TOMORROW
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.SUSPENDED)
    assert not run(scheduled, gateway, then)
    scheduled.refresh_from_db()
    assert set(scheduled.deliveries.values_list("state", flat=True)) == {State.SCHEDULED}
    assert scheduled.due_at is not None and scheduled.due_at > then and not gateway.offered
    (row,) = rows([scheduled], cast.mailbox_of(cast.amina))
    assert row.is_held

    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.ACTIVE)
    assert run(scheduled, gateway, scheduled.due_at)
    assert gateway.offered and len(in_sent(cast.amina)) == 1


def test_what_was_held_for_days_is_a_draft_again(
    cast: Cast, scheduled: Submission, now: datetime
) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.SUSPENDED)
    assert not run(scheduled, FakeGateway(), now + TOMORROW + settings.GIVE_UP_AFTER)
    assert Draft.objects.unsent().exists()
    assert set(scheduled.deliveries.values_list("state", flat=True)) == {State.CANCELLED}


def test_what_was_held_without_a_mailbox_to_go_back_to_is_cancelled(
    cast: Cast, scheduled: Submission, now: datetime
) -> None:
    shred(cast.mailbox_of(cast.amina))
    assert not run(scheduled, FakeGateway(), now + TOMORROW)
    assert not run(scheduled, FakeGateway(), now + TOMORROW + settings.GIVE_UP_AFTER)
    scheduled.refresh_from_db()
    assert (scheduled.due_at, scheduled.sealed_key_for_relay) == (None, None)
    assert set(scheduled.deliveries.values_list("state", flat=True)) == {State.CANCELLED}


# --- A worker killed at the step ------------------------------------------

RELAY = """
import os, signal, sys, django
django.setup()
from django.utils import timezone
from mailbox.models import Submission
from mailbox.outbound import relay
from mailbox.outbound.sending import leaving

def then_die(deed):
    def done(*given, **named):
        deed(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    return done

room = {"file_own_copy": leaving, "file_copy_when_it_leaves": relay}[sys.argv[2]]
setattr(room, sys.argv[2], then_die(getattr(room, sys.argv[2])))
relay.relay(Submission.objects.get(pk=sys.argv[1]), gateways=lambda agency: [], now=timezone.now())
"""


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


@pytest.mark.parametrize(
    ("after", "filed"), [("file_own_copy", 0), ("file_copy_when_it_leaves", 1)]
)
def test_the_copy_is_filed_once_though_the_worker_dies_before_or_after_its_commit(
    people: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, after: str, filed: int
) -> None:
    now = timezone.now()
    box = people.mailbox_of(people.amina)
    draft = drafting.start(box, by=people.amina, now=now, to=["bruno@transport.example"])
    submission = send(draft, by=people.amina, now=now - TOMORROW, at=now)
    key_files.write(tmp_path / "worker.json", key_set["worker"])
    worker = processes.start(
        *("-c", RELAY, str(submission.pk), after),
        DJANGO_SETTINGS_MODULE="govmail_portal.settings",
        KEYRING_FILE=str(tmp_path / "worker.json"),
    )
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, errors
    assert len(in_sent(people.amina)) == filed

    with using(key_set["worker"]):
        assert run(submission, FakeGateway(), timezone.now() + settings.RELAY_LEASE)
    assert len(in_sent(people.amina)) == 1
    assert submission.deliveries.get().state == State.FILED
