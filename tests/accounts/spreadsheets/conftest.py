from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The sentences are looked at as their authors wrote them."""
    with translation.override("en"):
        yield
