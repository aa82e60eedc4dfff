"""What every test of the gateways leaves behind: no place held, no connection warm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailbox.outbound.gateways import pools


@pytest.fixture(autouse=True)
def nothing_held(db: None) -> Iterator[None]:
    yield
    pools.let_go()
    pools.WARM.close()
