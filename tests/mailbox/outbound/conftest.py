"""Letters to send: `write` makes a draft of Amina's, `post` sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from mailbox.models import Draft, Submission
from mailbox.outbound import drafting
from mailbox.outbound.submission import send
from tests.cast import Cast

Write = Callable[..., Draft]
Post = Callable[..., Submission]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def write(cast: Cast, now: datetime) -> Write:
    def make(**values: Any) -> Draft:
        draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
        typed = {"subject": "เรื่องน้ำ", "text": "เรียน ทุกท่าน\n\nน้ำมาแล้ว", **values}
        drafting.save(draft, typed, version=draft.version, now=now)
        return draft

    return make


@pytest.fixture
def post(cast: Cast, write: Write, now: datetime) -> Post:
    """Write and send; what is returned is due at `now`."""

    def make(**values: Any) -> Submission:
        earlier = now - timedelta(seconds=settings.UNDO_SECONDS)
        return send(write(**values), by=cast.amina, now=earlier)

    return make
