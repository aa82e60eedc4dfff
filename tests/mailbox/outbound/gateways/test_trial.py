"""A trial of a gateway: a worker's steps, over a real connection, and nothing secret in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import AuditEvent
from mailbox import tasks
from mailbox.models import Gateway
from mailbox.operating import waking
from mailbox.operating.deeds import Hand
from mailbox.outbound.gateways import breaker, standing, trial
from mailbox.outbound.gateways.standing import Mood
from mailbox.outbound.routing import seal_password
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.steps import StepName
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast
from tests.mailbox.smtp.servers import Authority, RecordingServer

SECRET = "a-password-of-this-test"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RecordingServer]:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "gateway.test")
    with RecordingServer(tls=tls, login=("portal", SECRET)) as running:
        running.pem = authority.pem  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def row(cast: Cast, server: RecordingServer) -> Gateway:
    made = Gateway.objects.create(
        agency=cast.transport,
        name="g",
        host="127.0.0.1",
        port=server.port,
        tls_name="gateway.test",
        ca_certificates=server.pem,  # type: ignore[attr-defined]
        username="portal",
    )
    seal_password(made, SECRET)
    return made


def test_a_worker_goes_through_every_step_and_sends_nothing(
    cast: Cast, row: Gateway, server: RecordingServer, key_set: dict[Role, StoredKeyring]
) -> None:
    ticket = trial.ask(row, by=cast.hana, now=timezone.now())
    waiting = trial.found(ticket)
    assert waiting is not None and waiting.steps is None
    with using(key_set["worker"]):
        tasks.try_gateway(ticket)
    done = trial.found(ticket)
    assert done is not None and done.is_good and done.gateway_id == row.pk
    names = [step.name for step in done.steps or ()]
    assert names[0] == StepName.CONNECT and names[-1] == StepName.QUIT
    assert {StepName.TLS, StepName.AUTH, StepName.MAIL, StepName.RCPT} <= set(names)
    assert server.taken == []
    kept = json.dumps(cache.get(f"gateway-trial:{ticket}"))
    assert SECRET not in kept and "postmaster@transport.example" in kept and "amina" not in kept
    event = AuditEvent.objects.get(act="gateway_tried")
    assert event.object_id == str(row.pk) and event.actor == cast.hana


def test_a_wrong_password_is_seen_where_it_is_said(
    cast: Cast, row: Gateway, key_set: dict[Role, StoredKeyring]
) -> None:
    seal_password(row, "another")
    ticket = trial.ask(row, by=cast.hana, now=timezone.now())
    with using(key_set["worker"]):
        tasks.try_gateway(ticket)
    done = trial.found(ticket)
    assert done is not None and done.steps and not done.is_good
    assert done.steps[-1].name == StepName.AUTH and "535" in done.steps[-1].answered


def test_a_password_that_does_not_open_is_said_and_nothing_is_tried(
    cast: Cast, row: Gateway, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    ticket = trial.ask(row, by=cast.hana, now=now)
    with using(key_set["web"]):
        tasks.try_gateway(ticket)
    done = trial.found(ticket)
    assert done is not None and done.is_locked and done.steps == []


def test_a_gateway_that_is_being_tried_is_not_tried_twice(
    cast: Cast, row: Gateway, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    first = trial.ask(row, by=cast.hana, now=now)
    assert trial.ask(row, by=cast.bruno, now=now) == first
    assert AuditEvent.objects.filter(act="gateway_tried").count() == 1
    with using(key_set["worker"]):
        tasks.try_gateway(first)
        # A task may come twice: nothing is tried, so nothing could fail.
        Gateway.objects.update(port=1)
        tasks.try_gateway(first)
    done = trial.found(first)
    assert done is not None and done.is_good
    assert trial.ask(row, by=cast.bruno, now=now) != first


def test_an_old_ticket_or_a_deleted_gateway_is_no_error(
    cast: Cast, row: Gateway, now: datetime
) -> None:
    tasks.try_gateway("nobody's")
    ticket = trial.ask(row, by=cast.hana, now=now)
    row.delete()
    tasks.try_gateway(ticket)
    assert trial.found("nobody's") is None


def test_how_a_gateway_stands_is_one_word(cast: Cast, now: datetime) -> None:
    row = Gateway.objects.create(agency=cast.transport, name="x", host="x.test")

    def mood(at: datetime = now) -> tuple[Mood, datetime | None]:
        fresh = Gateway.objects.select_related("health").get(pk=row.pk)
        found = standing.standing_of(fresh, at)
        return found.mood, found.until

    assert mood() == (Mood.UNTRIED, None)
    breaker.good(row.pk, now)
    assert mood() == (Mood.WELL, None)
    breaker.bad(row.pk, Reason.LOGIN, now)
    assert mood() == (Mood.RESTING, now + breaker.REST)
    assert breaker.may_probe(row.pk, now + breaker.REST)
    assert mood(now + breaker.REST)[0] == Mood.PROBED
    waking.use_again(row, Hand(cast.hana, now + timedelta(minutes=1)))
    assert mood() == (Mood.WELL, None)
    assert AuditEvent.objects.filter(act="gateway_used_again").count() == 1
    Gateway.objects.update(is_enabled=False)
    assert mood() == (Mood.OFF, None)
