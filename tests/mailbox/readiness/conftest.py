"""A domain under test, an address for test letters, and the DNS that the gate's client asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import CheckedDomain
from mailbox.outbound.domains import signing
from tests.cast import Cast
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.smtp.servers import RecordingServer


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def resolver(settings: Settings) -> Iterator[Resolver]:
    signing.forget()
    with Resolver() as running:
        settings.DNS_RESOLVERS = settings.READINESS_RESOLVERS = [running.address]
        settings.READINESS_ADDRESS = "readiness@mail.example"
        yield running
    signing.forget()


@pytest.fixture
def domain(cast: Cast, resolver: Resolver, now: datetime) -> CheckedDomain:
    """Of Amina's ministry, its control shown."""
    return CheckedDomain.objects.create(
        agency=cast.transport, name="transport.example", added_at=now, verified_at=now
    )


@pytest.fixture
def server(settings: Settings, resolver: Resolver) -> Iterator[RecordingServer]:
    """The mail server of transport.example."""
    with RecordingServer() as running:
        settings.READINESS_TEST_PROFILE = True
        settings.READINESS_ALSO = ["127.0.0.0/8"]
        settings.READINESS_PORTS = [f"25={running.port}"]
        settings.READINESS_NAME = "portal.example"
        resolver.others["transport.example", "MX"] = ["10 mx.transport.example."]
        resolver.others["mx.transport.example", "A"] = ["127.0.0.1"]
        yield running
