from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.models import Account, Agency
from tests.accounts.people import service
from tests.accounts.people.service import Told


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    with service.listening(monkeypatch) as told:
        yield told


@pytest.fixture
def water(db: None) -> Agency:
    return service.agency("กษ ๐๓", "water.example")


@pytest.fixture
def roads(db: None) -> Agency:
    return service.agency("คค ๐๖", "roads.example")


@pytest.fixture
def malee(water: Agency, told: Told) -> Account:
    """Malee serves the department of water."""
    return service.serving(water)
