from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.probing.resolver import Resolver


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with Resolver() as resolver:
        yield resolver
