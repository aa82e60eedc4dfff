from __future__ import annotations

import pytest

from accounts.probing.ground import Ground
from tests.accounts.readiness.scanning.gatherer import Gatherer


@pytest.fixture
def gatherer(monkeypatch: pytest.MonkeyPatch) -> Gatherer:
    """What is asked and judged as the test says; the bed asks real servers."""
    made = Gatherer()
    made.stand_in(monkeypatch)
    return made


@pytest.fixture
def ground() -> Ground:
    """One that leads nowhere."""
    return Ground(resolvers=("127.0.0.1:1",))
