from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.mandate.scene import only_our_proofs


@pytest.fixture(autouse=True)
def _ours() -> Iterator[None]:
    with only_our_proofs():
        yield
