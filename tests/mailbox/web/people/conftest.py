from __future__ import annotations

import pytest
from django.test import Client

from mailbox.models import Mailbox
from tests.cast import Cast, signed_in
from tests.mailbox.people.offices import hold, office


@pytest.fixture
def registry(cast: Cast) -> Mailbox:
    """The ministry's saraban@, which Bruno holds."""
    box = office(cast.transport)
    hold(box, cast.bruno)
    return box


@pytest.fixture
def bruno(cast: Cast) -> Client:
    return signed_in(cast.bruno)
