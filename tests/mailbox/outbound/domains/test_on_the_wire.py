"""The whole way out: what a real server took is signed, and somebody else's verifier says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.utils import timezone

from mailbox import tasks
from mailbox.models import Delivery, Gateway, Submission
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.domains.keys import ED25519, RSA, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.outbound.domains.test_signing import holds
from tests.mailbox.smtp.servers import RecordingServer


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as running:
        yield running


@pytest.fixture
def worker(
    cast: Cast, server: RecordingServer, key_set: dict[Role, StoredKeyring]
) -> StoredKeyring:
    """A worker's keys; its agency's mail leaves by the server."""
    Gateway.objects.create(
        agency=cast.transport,
        name="gateway",
        host="127.0.0.1",
        port=server.port,
        security="loopback",
    )
    return key_set["worker"]


def relayed(submission: Submission, worker: StoredKeyring) -> None:
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())
    submission.deliveries.owed().update(due_at=timezone.now())
    with using(worker):
        tasks.relay_submission(str(submission.pk))


def test_what_a_server_took_is_signed_by_both_keys(
    cast: Cast,
    post: Post,
    server: RecordingServer,
    worker: StoredKeyring,
    resolver: Resolver,
    now: datetime,
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    in_use(cast.transport, ED25519, resolver, now)
    submission = post(to=["dara@else.example"], text="น้ำมา\n.\n\n" + "ก " * 3000)
    relayed(submission, worker)
    (taken,) = server.taken
    assert submission.deliveries.get().state == Delivery.State.RELAYED
    assert taken.content.count(b"DKIM-Signature:") == 2
    assert holds(taken.content, resolver)


def test_the_next_try_is_octet_by_octet_the_same(
    cast: Cast,
    post: Post,
    server: RecordingServer,
    worker: StoredKeyring,
    resolver: Resolver,
    now: datetime,
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    server.rules["emil"] = "451 4.2.0 later"
    submission = post(to=["dara@else.example", "emil@else.example"])
    relayed(submission, worker)
    del server.rules["emil"]
    relayed(submission, worker)
    first, second = server.taken
    assert (first.recipients, second.recipients) == (["dara@else.example"], ["emil@else.example"])
    assert first.content == second.content and holds(first.content, resolver)


def test_a_letter_without_a_key_leaves_unsigned(
    cast: Cast, post: Post, server: RecordingServer, worker: StoredKeyring
) -> None:
    relayed(post(to=["dara@else.example"]), worker)
    (taken,) = server.taken
    assert b"DKIM-Signature" not in taken.content
