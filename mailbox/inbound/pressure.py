"""Pressure: whether there is room for more mail, asked before any is taken.

Who has said 250 must keep the message. So where the disk is nearly full, or so much waits
to be filed that workers cannot follow, the MTA hears "later" while it still has the mail.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages
from django.db import connection

# Not a count: it is read no further than to the row that answers.
_MORE_THAN = """
SELECT EXISTS (SELECT FROM mailbox_arrival WHERE due_at IS NOT NULL OFFSET %s)
"""


@dataclass(frozen=True)
class Room:
    """What must stay free. backlog: arrivals that may wait; free_bytes: of the content's disk."""

    backlog: int
    free_bytes: int

    def is_left(self) -> bool:
        """Whether more mail may be taken in now; asks the database and the disk."""
        return free_bytes() >= self.free_bytes and not waits_more_than(self.backlog)


def waits_more_than(most: int) -> bool:
    """Whether more arrivals than this wait to be filed; held ones do not count."""
    with connection.cursor() as cursor:
        cursor.execute(_MORE_THAN, [most])
        (more,) = cursor.fetchone()
    return bool(more)


def free_bytes() -> float:
    """What is free where large content is kept; without end where that is no disk of ours."""
    storage = storages["content"]
    if not isinstance(storage, FileSystemStorage):
        return float("inf")
    folder = Path(storage.location)
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    return shutil.disk_usage(there).free
