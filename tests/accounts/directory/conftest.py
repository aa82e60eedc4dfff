from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.accounts.directory.office import gather_office
from tests.cast import Cast


@pytest.fixture
def cast(db: None) -> Cast:
    return gather_office()


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The sentences of files are looked at as their authors wrote them."""
    with translation.override("en"):
        yield
