"""Cursors: they come back as they went, and nothing else is taken for one."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from mailbox.reading.cursors import BadCursor, Cursor


def test_a_cursor_comes_back_to_the_microsecond() -> None:
    cursor = Cursor(datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC), uuid.uuid4())

    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["x", "AAAA", "é", "-" * 31, "A" * 400])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.read(text)
