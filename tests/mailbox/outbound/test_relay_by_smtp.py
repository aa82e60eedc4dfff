"""The whole way out: a worker's task, a gateway of the database, a real server with STARTTLS."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from mailbox import opening, tasks
from mailbox.mime.rendition import read_raw
from mailbox.models import Delivery, Gateway, Submission
from mailbox.outbound.enclosures import attach
from mailbox.outbound.gateways import breaker
from mailbox.outbound.outbox import deliveries_of
from mailbox.outbound.returning import paths
from mailbox.outbound.routing import seal_password
from mailbox.outbound.submission import send
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post, Write
from tests.mailbox.smtp.servers import Authority, RecordingServer


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[RecordingServer]:
    tls = authority.server_context(tmp_path, "gateway.test")
    rules = {"finn": "550 5.1.1 ไม่มีผู้รับนี้"}
    with RecordingServer(tls=tls, login=("portal", "secret"), rules=rules) as running:
        yield running


@pytest.fixture
def gateway(cast: Cast, authority: Authority, server: RecordingServer) -> Gateway:
    row = Gateway.objects.create(
        agency=cast.transport,
        name="gateway",
        host="127.0.0.1",
        port=server.port,
        tls_name="gateway.test",
        ca_certificates=authority.pem,
        username="portal",
    )
    seal_password(row, "secret")
    return row


def relayed_by_a_worker(submission: Submission, worker: StoredKeyring) -> None:
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())
    submission.deliveries.owed().update(due_at=timezone.now())
    with using(worker):
        tasks.relay_submission(str(submission.pk))


def test_the_gateway_gets_the_bytes_of_the_copy_in_sent(
    cast: Cast,
    write: Write,
    server: RecordingServer,
    gateway: Gateway,
    key_set: dict[Role, StoredKeyring],
    caplog: pytest.LogCaptureFixture,
) -> None:
    draft = write(
        to=["dara@else.example"],
        bcc=["emil@else.example", "finn@else.example"],
        text=".\n..\nFrom here\n" + "ก" * 3000,
        urgency=3,
    )
    attach(draft, name="แผนที่.pdf", type="application/pdf", data=os.urandom(300_000))
    submission = send(draft, by=cast.amina, now=timezone.now())
    with caplog.at_level(logging.DEBUG):
        relayed_by_a_worker(submission, key_set["worker"])
    copy = submission.sent_copy
    assert copy is not None
    private_key = opening.mailbox_key(copy.mailbox)
    rendition = opening.open_rendition(copy, private_key)
    (taken,) = server.taken

    assert taken.content == read_raw(opening.reader(copy, private_key).read, rendition)
    path, _, domain = taken.sender.partition("@")
    assert domain == "transport.example"
    assert paths.submission_of(path, timezone.now().date()) == submission.pk
    assert taken.recipients == ["dara@else.example", "emil@else.example"]
    assert taken.content.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(map(len, taken.content.split(b"\r\n"))) <= 998
    ours = [record for record in caplog.records if record.name.startswith("mailbox")]
    assert not any("@" in record.getMessage() for record in ours)


def test_the_refused_one_is_shown_with_the_gateways_words(
    cast: Cast,
    post: Post,
    server: RecordingServer,
    gateway: Gateway,
    key_set: dict[Role, StoredKeyring],
) -> None:
    submission = post(to=["dara@else.example", "finn@else.example"])
    relayed_by_a_worker(submission, key_set["worker"])
    refused, relayed = deliveries_of(Submission.objects.get(), cast.amina)

    assert relayed.state == Delivery.State.RELAYED
    assert (refused.state, refused.code, refused.enhanced) == ("failed", 550, "5.1.1")
    assert refused.words == "ไม่มีผู้รับนี้"


def test_a_wrong_certificate_is_said_and_nothing_is_lost(
    cast: Cast,
    post: Post,
    server: RecordingServer,
    gateway: Gateway,
    key_set: dict[Role, StoredKeyring],
) -> None:
    Gateway.objects.update(ca_certificates=Authority.new().pem)
    submission = post(to=["dara@else.example"])
    relayed_by_a_worker(submission, key_set["worker"])
    (view,) = deliveries_of(Submission.objects.get(), cast.amina)

    assert view.state == Delivery.State.DEFERRED and view.next_try is not None
    assert "certificate" in view.sentence and server.taken == []
    Gateway.objects.update(ca_certificates="", tls_name="gateway.test", security="starttls")
    Gateway.objects.update(ca_certificates=gateway.ca_certificates)
    # As the administration does when a gateway is changed.
    breaker.reset(gateway.pk)
    relayed_by_a_worker(submission, key_set["worker"])
    assert len(server.taken) == 1


def test_a_lost_nudge_is_found_by_the_sweep_of_every_minute(
    post: Post, server: RecordingServer, gateway: Gateway
) -> None:
    submission = post(to=["dara@else.example"])
    assert list(Submission.objects.due(timezone.now())) == [submission]
    tasks.relay_due_submissions()
    tasks.relay_urgent_submission(str(submission.pk))
    assert len(server.taken) == 1
