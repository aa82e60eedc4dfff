"""Ids that come in a query or a form: what is none is a 404."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

_MOST_DIGITS = 18  # PostgreSQL refuses longer ones.


def number(text: str) -> int:
    """Read the id of a row."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise Http404
    return int(text)


def uuid(text: str) -> UUID:
    """Read the id of an official."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
