"""What stands around every page of the mailbox: whose it is, its folders, the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account
from govmail_portal import dates
from mailbox.models import Folder, Mailbox
from mailbox.web.requests import PortalRequest, manner_of

# The order of the rail, and each folder's icon; own folders follow.
RAIL = {
    Folder.Kind.INBOX: "inbox",
    Folder.Kind.SENT: "send",
    Folder.Kind.ARCHIVE: "archive",
    Folder.Kind.SPAM: "shield-alert",
    Folder.Kind.TRASH: "trash-2",
}


@dataclass(frozen=True)
class Entry:
    """A line of the rail."""

    slug: str
    title: str
    url: str
    icon: str
    unread: int = 0
    is_here: bool = False


@dataclass(frozen=True)
class Shell:
    """The frame of a page. `entries` are the portal's folders, `own` the person's."""

    mailbox: Mailbox
    account: Account
    entries: Sequence[Entry]
    own: Sequence[Entry]
    folders: Sequence[Folder]
    initials: str
    used: str
    quota: str

    @property
    def movable(self) -> list[Entry]:
        """Folders that letters can be moved to."""
        folders = {one.slug for one in self.folders if one.kind != Folder.Kind.SENT}
        return [one for one in (*self.entries, *self.own) if one.slug in folders]

    @property
    def unread(self) -> int:
        return next((entry.unread for entry in self.entries if entry.slug == "inbox"), 0)


def find_mailbox(account: Account, mailbox_id: UUID | None = None) -> Mailbox | None:
    """The mailbox an account reads, with its owner's names, in one query."""
    boxes = Mailbox.objects.readable_by(account).select_related(
        "account__agency", "account__official", "account__position"
    )
    return boxes.first() if mailbox_id is None else boxes.filter(pk=mailbox_id).first()


def shell_of(request: PortalRequest, mailbox: Mailbox, *, at: str = "") -> Shell:
    """Compose the frame; `at` is the slug of the place the page shows."""
    folders = list(Folder.objects.filter(mailbox=mailbox))
    manner = manner_of(request)
    account = mailbox.account or request.user
    own = [one for one in folders if one.kind == Folder.Kind.OWN]
    own.sort(key=lambda one: one.name.casefold())
    by_kind = {one.kind: one for one in folders}
    system = [by_kind[kind] for kind in RAIL if kind in by_kind]
    entries = [_entry(one, mailbox, at) for one in system]
    entries[1:1] = _places(mailbox, at)
    return Shell(
        mailbox=mailbox,
        account=account,
        entries=entries,
        own=[_entry(one, mailbox, at) for one in own],
        folders=[*system, *own],
        initials=initials_of(account.name),
        used=dates.size(mailbox.used_bytes, manner),
        quota=dates.size(mailbox.quota_bytes, manner),
    )


def title_of(folder: Folder) -> str:
    """A folder's name as a place; "Archive" alone would be the deed."""
    return _("Archived") if folder.kind == Folder.Kind.ARCHIVE else folder.title


def _entry(folder: Folder, mailbox: Mailbox, at: str) -> Entry:
    icon = RAIL.get(Folder.Kind(folder.kind), "folder")
    url = reverse("mailbox:folder", args=[mailbox.pk, folder.slug])
    unread = 0 if folder.kind == Folder.Kind.TRASH else folder.unread_count
    return Entry(folder.slug, title_of(folder), url, icon, unread, folder.slug == at)


def _places(mailbox: Mailbox, at: str) -> list[Entry]:
    """Places of the rail that are not folders."""
    inbox = reverse("mailbox:folder", args=[mailbox.pk, "inbox"])
    drafts = reverse("mailbox:drafts", args=[mailbox.pk])
    outbox = reverse("mailbox:outbox", args=[mailbox.pk])
    return [
        Entry("starred", _("Starred"), f"{inbox}?show=starred", "star", is_here=at == "starred"),
        Entry("drafts", _("Drafts"), drafts, "square-pen", is_here=at == "drafts"),
        Entry("outbox", _("Outbox"), outbox, "upload", is_here=at == "outbox"),
    ]


def initials_of(name: str) -> str:
    """Two letters of a name; Thai leading vowels are no initials."""
    parts = [part.lstrip("เแโใไ") for part in name.split() if part.lstrip("เแโใไ")]
    return "".join(part[0] for part in parts[:2]) or "·"
