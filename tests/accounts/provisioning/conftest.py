"""Steps of the test beside those of `accounts`; the mail's are left out."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from accounts.provisioning import own_steps, steps
from tests.accounts.provisioning.newcomers import Units


@pytest.fixture
def units(monkeypatch: pytest.MonkeyPatch) -> Units:
    """A step "unit" before the two of `accounts`, and no other."""
    cache.clear()
    part = Units()
    own = (
        steps.Step("unit", 20, part),
        steps.Step("directory", 30, own_steps.list_in_directory),
        steps.Step("account", 50, own_steps.open_account),
    )
    monkeypatch.setattr(steps, "_STEPS", {each.name: each for each in own})
    monkeypatch.setattr(steps, "_UNDOING", {})
    return part
