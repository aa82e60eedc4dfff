"""Ids of rows: UUIDs in the order of time (RFC 9562, section 5.7, version 7).

What was made together lies together in the indexes, however large the tables get. They
tell when a row was made, to the millisecond, as the dates in clear do; nothing that must
not be guessed is one of them.
"""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new id; later ones of one process are greater."""
    return uuid7()
