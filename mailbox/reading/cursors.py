"""Where a page of a list ends, as it stands in a URL: opaque, and nothing in it to guess.

A place in the order (moment, id), newest first. The moment is exact to the
microsecond, as PostgreSQL keeps it; no subject, no address, no count.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q

_FORM = struct.Struct(">q16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):
    """The text of a cursor was not made by us."""


@dataclass(frozen=True)
class Cursor:
    """A place in a list; `at` is aware."""

    at: datetime
    id: UUID

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read what `str()` gave; BadCursor for anything else."""
        try:
            micros, raw = _FORM.unpack(urlsafe_b64decode(text.encode("ascii")))
            return cls(_EPOCH + timedelta(microseconds=micros), UUID(bytes=raw))
        except (ValueError, struct.error, OverflowError):
            raise BadCursor("not a cursor") from None

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(_FORM.pack(micros, self.id.bytes)).decode()

    def and_newer(self, moment: str) -> Q:
        """Rows at this place or above it, in a list ordered by field `moment`, then id."""
        newer = Q(**{f"{moment}__gt": self.at}) | Q(**{moment: self.at, "id__gte": self.id})
        # Said twice, because an index can use only a bound that is not inside an "or".
        return Q(**{f"{moment}__gte": self.at}) & newer

    def and_older(self, moment: str) -> Q:
        """Rows below this place, in a list ordered by field `moment`, then id."""
        older = Q(**{f"{moment}__lt": self.at}) | Q(**{moment: self.at, "id__lt": self.id})
        return Q(**{f"{moment}__lte": self.at}) & older
