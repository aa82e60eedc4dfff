"""Keys in tests: `resolver` is the DNS the portal asks, and nothing of a key is remembered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from mailbox.outbound.domains import signing
from tests.mailbox.outbound.domains.resolvers import Resolver


@pytest.fixture
def resolver(settings: Settings) -> Iterator[Resolver]:
    with Resolver() as running:
        settings.DNS_RESOLVERS = [running.address]
        yield running


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    signing.forget()
    yield
    signing.forget()
