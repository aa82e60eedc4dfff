"""Which conversations a list holds: a folder's, a label's, those with a star, or all mail.

Every list has an order (latest_at, id), newest first, and an index for it: a page,
and a piece of work on the list, cost the same however long it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from mailbox.models import Folder, Label, Labelling, Mailbox, Placement, Thread

FILTERS = {
    "": Q(),
    "unread": Q(unread_count__gt=0),
    "starred": Q(is_starred=True),
    "urgent": Q(urgency__gt=0),
}
STARRED = "starred"
# What a list is a row of: where a conversation stands, or the conversation itself.
Standing = Placement | Labelling | Thread


@dataclass(frozen=True)
class List:
    """A list of a mailbox. Without folder and label: all mail, or with `show` the starred.

    show: a name of FILTERS. Only a folder can be filtered by all of them. The bin and spam
    are on no list but their own.
    """

    mailbox: Mailbox
    folder: Folder | None = None
    label: Label | None = None
    show: str = ""

    def rows(self) -> QuerySet[Any]:
        """Its conversations, newest first."""
        if self.folder is not None:
            placed = Placement.objects.filter(
                FILTERS[self.show], mailbox=self.mailbox, folder=self.folder
            )
            return placed.order_by("-latest_at", "-id")
        if self.label is not None:
            labelled = Labelling.objects.filter(
                mailbox=self.mailbox,
                label=self.label,
                thread__mailbox=self.mailbox,
                thread__is_listed=True,
            )
            return labelled.order_by("-latest_at", "-id")
        kept = Q(is_starred=True) if self.show == STARRED else Q(is_listed=True)
        return Thread.objects.filter(kept, mailbox=self.mailbox).order_by("-latest_at", "-id")


def thread_id_of(standing: Standing) -> UUID:
    """The conversation a row of a list is of."""
    return standing.pk if isinstance(standing, Thread) else standing.thread_id
