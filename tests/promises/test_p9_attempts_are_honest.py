"""P9. Delivery is at least once, and honest: what a crash leaves open is unknown, and shown so.

A worker in a process of its own is killed by the server it speaks to, at every
moment of a transaction; then another worker goes on.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from mailbox.models import Attempt, Delivery, Gateway, Submission
from mailbox.outbound import drafting
from mailbox.outbound.outbox import DeliveryView, deliveries_of
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests import cast, processes
from tests.cast import Cast
from tests.mailbox.smtp.servers import RecordingServer

# A worker as in production: Django set up, the keyring from its own file, the real gateway.
RELAY = """
import sys, django
django.setup()
from django.utils import timezone
from mailbox.models import Submission
from mailbox.outbound.relay import relay
relay(Submission.objects.get(pk=sys.argv[1]), now=timezone.now())
"""

TURN = """
import sys, django
django.setup()
from django.utils import timezone
from mailbox.outbound.relaying.lines import Line
from mailbox.outbound.relaying.turns import take_turn
take_turn(Line(int(sys.argv[1]), int(sys.argv[2])), now=timezone.now())
"""

State = Delivery.State


class Killer:
    """Ends the worker from inside the server's answer."""

    def __init__(self, spares: int = 0) -> None:
        """spares: how many calls go by before the one that kills."""
        self.victim: subprocess.Popen[str] | None = None
        self.spares = spares

    def __call__(self) -> None:
        if self.victim is not None and self.spares:
            self.spares -= 1
            return
        victim, self.victim = self.victim, None
        if victim is not None:
            os.kill(victim.pid, signal.SIGKILL)


@pytest.fixture
def people(keyring: StoredKeyring) -> Cast:
    return cast.gather()


@pytest.fixture
def killer() -> Killer:
    return Killer()


@pytest.fixture
def server(request: pytest.FixtureRequest, killer: Killer) -> Iterator[RecordingServer]:
    with RecordingServer(at={request.param: killer}) as running:
        yield running


def sent_by_amina(people: Cast, server: RecordingServer) -> Submission:
    """A submission that is due, to one recipient behind a gateway of Amina's ministry."""
    Gateway.objects.create(
        agency=people.transport,
        name="gateway",
        host="127.0.0.1",
        port=server.port,
        security=Gateway.Security.LOOPBACK,
    )
    return sent_again(people)


def killed_while_relaying(submission: Submission, killer: Killer, keyring_file: Path) -> None:
    worker = processes.start(
        "-c",
        RELAY,
        str(submission.pk),
        DJANGO_SETTINGS_MODULE="govmail_portal.settings",
        KEYRING_FILE=str(keyring_file),
    )
    killer.victim = worker
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, errors


def seen_by_amina(people: Cast, submission: Submission, now: datetime) -> DeliveryView:
    (view,) = deliveries_of(Submission.objects.get(pk=submission.pk), people.amina, now=now)
    return view


BEFORE_DATA = ("EHLO", "MAIL", "RCPT")
FROM_DATA_ON = ("DATA", "CONTENT", "ANSWER")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", BEFORE_DATA, indirect=True)
def test_a_worker_killed_before_data_has_sent_nothing_and_nothing_is_in_doubt(
    people: Cast,
    server: RecordingServer,
    killer: Killer,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
) -> None:
    key_files.write(tmp_path / "worker.json", key_set["worker"])
    submission = sent_by_amina(people, server)
    killed_while_relaying(submission, killer, tmp_path / "worker.json")
    lease_over = timezone.now() + settings.RELAY_LEASE

    assert not Attempt.objects.exists()
    assert seen_by_amina(people, submission, lease_over).state == State.QUEUED
    with using(key_set["worker"]):
        assert relay(Submission.objects.get(), now=lease_over)
    view = seen_by_amina(people, submission, lease_over)
    assert (view.state, view.maybe_twice, len(server.taken)) == (State.RELAYED, False, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", FROM_DATA_ON, indirect=True)
def test_a_worker_killed_from_data_on_leaves_unknown_and_the_same_message_id_goes_again(
    people: Cast,
    server: RecordingServer,
    killer: Killer,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
) -> None:
    key_files.write(tmp_path / "worker.json", key_set["worker"])
    submission = sent_by_amina(people, server)
    killed_while_relaying(submission, killer, tmp_path / "worker.json")
    lease_over = timezone.now() + settings.RELAY_LEASE

    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.finished_at) == (Attempt.Outcome.UNKNOWN, None)
    assert Delivery.objects.get().state == State.SENDING
    assert seen_by_amina(people, submission, lease_over).state == State.UNKNOWN

    with using(key_set["worker"]):
        assert relay(Submission.objects.get(), now=lease_over)
    view = seen_by_amina(people, submission, lease_over)
    assert (view.state, view.maybe_twice) == (State.RELAYED, True)
    ids = {message_from_bytes(taken.content)["Message-ID"] for taken in server.taken}
    assert len(ids) == 1 and server.taken
    outcomes = list(Attempt.objects.values_list("outcome", flat=True))
    assert outcomes == [Attempt.Outcome.UNKNOWN, Attempt.Outcome.ACCEPTED]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", ["DATA"], indirect=True)
def test_while_the_lease_runs_nobody_else_sends_it(
    people: Cast,
    server: RecordingServer,
    killer: Killer,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
) -> None:
    key_files.write(tmp_path / "worker.json", key_set["worker"])
    submission = sent_by_amina(people, server)
    killed_while_relaying(submission, killer, tmp_path / "worker.json")
    now = timezone.now()

    assert not relay(Submission.objects.get(), now=now)
    assert not Submission.objects.due(now).exists()
    assert Submission.objects.due(now + settings.RELAY_LEASE).get() == submission


LETTERS = 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spares", [1, 7])
@pytest.mark.parametrize("server", ["MAIL", "CONTENT", "ANSWER"], indirect=True)
def test_a_worker_killed_in_the_middle_of_many_letters_loses_none_and_doubts_what_it_repeats(
    people: Cast,
    server: RecordingServer,
    killer: Killer,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
    spares: int,
) -> None:
    key_files.write(tmp_path / "worker.json", key_set["worker"])
    first = sent_by_amina(people, server)
    for _ in range(LETTERS - 1):
        sent_again(people)
    killer.spares = spares
    killed_in_a_turn(first, killer, tmp_path / "worker.json")

    lease_over = timezone.now() + settings.RELAY_LEASE
    doubted = set(
        Attempt.objects.filter(finished_at=None).values_list("delivery__submission", flat=True)
    )
    with using(key_set["worker"]):
        for submission in Submission.objects.filter(due_at__isnull=False):
            assert relay(submission, now=lease_over)

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.RELAYED}
    came = Counter(message_from_bytes(taken.content)["Message-ID"] for taken in server.taken)
    assert len(came) == LETTERS
    assert sum(count - 1 for count in came.values()) <= len(doubted) <= 10
    outcomes = Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN)
    assert set(outcomes.values_list("delivery__submission", flat=True)) == doubted


def sent_again(people: Cast) -> Submission:
    earlier = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    mailbox = people.mailbox_of(people.amina)
    draft = drafting.start(mailbox, by=people.amina, now=earlier, to=["emil@else.example"])
    return send(draft, by=people.amina, now=earlier)


def killed_in_a_turn(submission: Submission, killer: Killer, keyring_file: Path) -> None:
    worker = processes.start(
        *("-c", TURN, str(submission.lane), str(submission.agency_id)),
        DJANGO_SETTINGS_MODULE="govmail_portal.settings",
        KEYRING_FILE=str(keyring_file),
    )
    killer.victim = worker
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, errors
