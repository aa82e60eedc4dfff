"""Texts that are written for somebody who is not asking for a page just now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation

from accounts.models import Account
from govmail_portal.dates import Manner


@contextmanager
def as_read_by(reader: Account) -> Iterator[Manner]:
    """In the reader's language; gives their manner of writing dates and digits."""
    with translation.override(reader.language):
        yield Manner.of(
            reader.language,
            thai_digits=reader.thai_digits,
            christian_era=reader.christian_era,
        )
