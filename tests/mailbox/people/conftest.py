from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone

from accounts.models import Account
from tests.cast import Cast, person


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def moved(cast: Cast) -> Account:
    """Amina's new account, at the other ministry."""
    return person(
        "amina.s", cast.interior, "อามีนา ใหม่", "Amina New", post=("ผู้อำนวยการ", "Director")
    )
