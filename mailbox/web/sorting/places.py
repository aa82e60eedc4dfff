"""Places: whatever has a list and an address: a folder, a label, the starred, all mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from mailbox.models import Folder, Label, Mailbox
from mailbox.reading.labels import ShownLabel
from mailbox.reading.lists import FILTERS, STARRED, List
from mailbox.reading.sorting import Here
from mailbox.web.requests import PortalRequest
from mailbox.web.shell import LISTS, Shell, shell_of, title_of

LABEL = "label"
SEARCH = "search"
# Verbs that take rows out of a list, by what the list is.
_FROM_FOLDERS = "archive trash spam phishing restore move snooze wake mute erase"
_FROM_LISTS = "trash spam phishing"


@dataclass(frozen=True)
class Place:
    """Where a reader is. kind: the folder's, or "starred", "all", "label", "search".

    search, words: of a search its id, and what of it is marked in letters.
    """

    kind: str
    title: str
    url: str
    mailbox: Mailbox
    folder: Folder | None = None
    label: ShownLabel | None = None
    search: UUID | None = None
    words: Sequence[str] = ()

    @property
    def slug(self) -> str:
        """What forms send as `folder`: empty where verbs reach the whole mailbox."""
        return self.folder.slug if self.folder else ""

    @property
    def here(self) -> Here:
        """Where verbs work."""
        return self.folder or self.mailbox

    @property
    def unread_count(self) -> int:
        return self.folder.unread_count if self.folder and self.kind != "trash" else 0

    @property
    def conversation_count(self) -> int:
        return self.folder.conversation_count if self.folder else 0

    @property
    def is_away(self) -> bool:
        """Whether what lies here can be put back, or deleted for ever."""
        return self.kind in (Folder.Kind.TRASH, Folder.Kind.SPAM)

    @property
    def leaves(self) -> str:
        """The verbs after which a row is no longer on this list."""
        return _FROM_FOLDERS if self.folder else _FROM_LISTS

    @property
    def filters(self) -> list[tuple[str, str]]:
        """What a folder's list can be narrowed to, with its word."""
        if self.folder is None:
            return []
        titles = {
            "": _("All"),
            "unread": _("Unread"),
            "starred": _("Starred"),
            "urgent": _("Urgent"),
        }
        return list(titles.items())

    def list_of(self, show: str) -> List:
        """The list at this place; 404 for a filter it does not have."""
        if show not in FILTERS or (show and self.folder is None):
            raise Http404
        label = Label(pk=self.label.id, mailbox=self.mailbox) if self.label else None
        return List(self.mailbox, self.folder, label, STARRED if self.kind == STARRED else show)


def place_in(
    request: PortalRequest,
    mailbox: Mailbox,
    slug: str,
    *,
    label: UUID | None = None,
    on: UUID | None = None,
) -> tuple[Shell, Place]:
    """The frame of a page and its place, 404 if there is none; `on`: the conversation shown."""
    shell = shell_of(request, mailbox, at=str(label) if label else slug, on=on)
    if label is not None:
        found = next((one for one in shell.labels if one.id == label), None)
        if found is None:
            raise Http404
        url = reverse("mailbox:label", args=[mailbox.pk, label])
        return shell, Place(LABEL, found.name, url, mailbox, label=found)
    url = reverse("mailbox:folder", args=[mailbox.pk, slug])
    if slug in LISTS:
        title = _("Starred") if slug == STARRED else _("All mail")
        return shell, Place(slug, title, url, mailbox)
    folder = next((one for one in shell.folders if one.slug == slug), None)
    if folder is None:
        raise Http404
    # Verbs of this place may speak of its mailbox: the one that is here already.
    folder.mailbox = mailbox
    return shell, Place(folder.kind, title_of(folder), url, mailbox, folder=folder)


def address_of(mailbox: Mailbox, folder: str, *, label: str = "", show: str = "") -> str:
    """Where a form came from, by what it sent: for the way back without scripts."""
    if label:
        return reverse("mailbox:label", args=[mailbox.pk, label])
    slug = folder or (STARRED if show == STARRED else "all")
    url = reverse("mailbox:folder", args=[mailbox.pk, slug])
    return f"{url}?show={show}" if show in FILTERS and show and folder else url
