from __future__ import annotations

import pytest

from tests.accounts.directory.office import gather_office
from tests.cast import Cast


@pytest.fixture
def cast(db: None) -> Cast:
    return gather_office()
