from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.probing.certificates import Authority, authority
from tests.accounts.probing.resolver import Resolver


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with Resolver() as resolver:
        yield resolver


@pytest.fixture(scope="session")
def root() -> Authority:
    return authority()


@pytest.fixture(scope="session")
def ca_file(root: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    return root.ca_file(tmp_path_factory.mktemp("authority"))
