"""What stands around every page of the mailbox: whose it is, its folders, the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from govmail_portal import dates
from mailbox.models import Folder, Mailbox
from mailbox.models.delegations import Rights, rights_in
from mailbox.models.mailboxes import MailboxQuerySet, whoever_is, within_reach
from mailbox.models.statements import ANY_UUID, Gathered
from mailbox.opening import mailbox_key
from mailbox.people import gate
from mailbox.reading.folders import Shelf, in_order
from mailbox.reading.labels import ShownLabel, labels_of
from mailbox.reading.sorting import NOT_BY_HAND
from mailbox.web.requests import PortalRequest, manner_of

# The order of the rail, and each folder's icon; own folders follow.
RAIL = {
    Folder.Kind.INBOX: "inbox",
    Folder.Kind.SNOOZED: "clock",
    Folder.Kind.SENT: "send",
    Folder.Kind.ARCHIVE: "archive",
    Folder.Kind.SPAM: "shield-alert",
    Folder.Kind.TRASH: "trash-2",
}


# Lists over the whole mailbox that stand in a URL where a folder's slug does.
LISTS = ("starred", "all")


@dataclass(frozen=True)
class Entry:
    """A line of the rail.

    number: of conversations, where not the unread ones count. inside: the slugs of own folders
    around it; has_inside: it is around others. colour: of a label.
    """

    slug: str
    title: str
    url: str
    icon: str = ""
    unread: int = 0
    number: int = 0
    is_here: bool = False
    inside: tuple[str, ...] = ()
    has_inside: bool = False
    colour: int = 0

    @property
    def depth(self) -> int:
        return len(self.inside)


@dataclass(frozen=True)
class Desk:
    """A mailbox to change to: whose, its address, and what is unread in its inbox."""

    name: str
    address: str
    tile: str
    url: str
    unread: int
    is_own: bool
    is_here: bool


@dataclass(frozen=True)
class Shell:
    """The frame of a page. `entries` are the portal's folders, `own` the person's.

    desks: every mailbox the person may use, this one too, their own first; person: who is
    signed in; rights: what they may do here. labels: with `is_on` for the conversation the
    page shows; marks: their lines of the rail. bar: says that its agency is not open.
    """

    mailbox: Mailbox
    account: Account
    entries: Sequence[Entry]
    own: Sequence[Entry]
    folders: Sequence[Folder]
    labels: Sequence[ShownLabel]
    marks: Sequence[Entry]
    initials: str
    person: Account
    desks: Sequence[Desk]
    rights: Rights
    used: str
    quota: str
    bar: gate.Bar | None

    @property
    def movable(self) -> list[Entry]:
        """Folders that letters can be moved to."""
        folders = {one.slug for one in self.folders if one.kind not in NOT_BY_HAND}
        return [one for one in (*self.entries, *self.own) if one.slug in folders]

    @property
    def has_office_settings(self) -> bool:
        """Whether this is an office's mailbox whose settings the person shares."""
        return self.mailbox.is_of_office and self.rights.may_write and not self.rights.is_own

    @property
    def unread(self) -> int:
        return next((entry.unread for entry in self.entries if entry.slug == "inbox"), 0)


def find_mailbox(
    account: Account, mailbox_id: UUID | None = None, *, writes: bool = False
) -> Mailbox | None:
    """The mailbox an account reads, with its owner's names and absence, in one query.

    Without an id: its own, and no other. writes: one it may change things in.
    """
    boxes = _boxes(account, writes=writes)
    wanted = {"account": account} if mailbox_id is None else {"pk": mailbox_id}
    return boxes.filter(**wanted).first()


def first_mailbox(account: Account) -> Mailbox | None:
    """The mailbox an account without one of its own begins in: an office's, or another's."""
    return _boxes(account).own_first(account).first()


def _boxes(account: Account, *, writes: bool = False) -> MailboxQuerySet:
    every = Mailbox.objects
    boxes = every.writable_by(account) if writes else every.readable_by(account)
    return boxes.select_related(
        "account__agency", "account__official", "account__position", "vacation"
    )


def shell_of(
    request: PortalRequest, mailbox: Mailbox, *, at: str = "", on: UUID | None = None
) -> Shell:
    """Compose the frame; `at` is the slug of the place the page shows, `on` its conversation."""
    every = _folders(request, mailbox)
    folders = [one for one in every if one.mailbox_id == mailbox.pk]
    manner = manner_of(request)
    account = mailbox.account or request.user
    person = account if account == request.user else request.user
    shelves = [one for one in in_order(folders) if one.folder.kind == Folder.Kind.OWN]
    labels = labels_of(mailbox, mailbox_key(mailbox), on=on)
    by_kind = {one.kind: one for one in folders}
    system = [by_kind[kind] for kind in RAIL if kind in by_kind]
    return Shell(
        mailbox=mailbox,
        account=account,
        entries=_entries(system, mailbox, at),
        own=_own(shelves, mailbox, at),
        folders=[*system, *(one.folder for one in shelves)],
        labels=labels,
        marks=[_mark(one, mailbox, at) for one in labels],
        initials=initials_of(person.name),
        person=person,
        desks=_desks(request, mailbox, every),
        rights=rights_in(mailbox, request.user),
        used=dates.size(mailbox.used_bytes, manner),
        quota=dates.size(mailbox.quota_bytes, manner),
        bar=gate.bar_of(account, manner, now=timezone.now()),
    )


def _folders(request: PortalRequest, mailbox: Mailbox) -> list[Folder]:
    """The folders of this mailbox, and the inbox of every other within reach: one query."""
    values = {**whoever_is(request.user), ANY_UUID: mailbox.pk}
    wanted = _shown(request.user.official_id is not None).having(values)
    return list(Folder.objects.filter(pk__in=wanted))


@cache
def _shown(has_official: bool) -> Gathered:
    reach = within_reach(writes=False, has_official=has_official).having({})
    here = Folder.objects.filter(mailbox=ANY_UUID)
    inboxes = Folder.objects.filter(kind=Folder.Kind.INBOX, mailbox__in=reach)
    ids = inboxes.order_by().values_list("pk")
    return Gathered.of(here.order_by().values_list("pk").union(ids))


def _desks(request: PortalRequest, mailbox: Mailbox, folders: Sequence[Folder]) -> list[Desk]:
    """The mailboxes behind these folders' inboxes, the person's own first.

    One query where there are others than this, however many.
    """
    boxes = {mailbox.pk: mailbox}
    if others := {one.mailbox_id for one in folders} - boxes.keys():
        named = Mailbox.objects.select_related(
            "account__agency", "account__official", "account__position"
        )
        boxes |= {one.pk: one for one in named.filter(pk__in=others)}
    found = []
    for inbox in (one for one in folders if one.kind == Folder.Kind.INBOX):
        if (account := boxes[inbox.mailbox_id].account) is None:
            continue
        found.append(
            Desk(
                name=account.name,
                address=account.address,
                tile=account.agency.tile,
                url=reverse("mailbox:folder", args=[inbox.mailbox_id, inbox.slug]),
                unread=inbox.unread_count,
                is_own=account == request.user,
                is_here=inbox.mailbox_id == mailbox.pk,
            )
        )
    return sorted(found, key=lambda desk: (not desk.is_own, desk.address))


def title_of(folder: Folder) -> str:
    """A folder's name as a place; "Archive" alone would be the deed."""
    return _("Archived") if folder.kind == Folder.Kind.ARCHIVE else folder.title


def _entries(system: Sequence[Folder], mailbox: Mailbox, at: str) -> list[Entry]:
    """The portal's folders and places, in the order of RAIL with the places between."""
    places = _places(mailbox, at)
    entries = []
    for one in system:
        entries.append(_entry(one, mailbox, at))
        entries += [place for after, place in places if after == one.kind]
    return entries


def _entry(folder: Folder, mailbox: Mailbox, at: str) -> Entry:
    counts = folder.kind not in (Folder.Kind.TRASH, Folder.Kind.SNOOZED)
    return Entry(
        folder.slug,
        title_of(folder),
        reverse("mailbox:folder", args=[mailbox.pk, folder.slug]),
        RAIL.get(Folder.Kind(folder.kind), "folder"),
        unread=folder.unread_count if counts else 0,
        number=folder.conversation_count if folder.kind == Folder.Kind.SNOOZED else 0,
        is_here=folder.slug == at,
    )


def _own(shelves: Sequence[Shelf], mailbox: Mailbox, at: str) -> list[Entry]:
    """The person's own folders, each before those inside it."""
    around = {slug for shelf in shelves for slug in shelf.inside}
    return [
        replace(
            _entry(shelf.folder, mailbox, at),
            inside=shelf.inside,
            has_inside=shelf.folder.slug in around,
        )
        for shelf in shelves
    ]


def _mark(label: ShownLabel, mailbox: Mailbox, at: str) -> Entry:
    url = reverse("mailbox:label", args=[mailbox.pk, label.id])
    slug = str(label.id)
    return Entry(slug, label.name, url, is_here=slug == at, colour=label.colour)


def _places(mailbox: Mailbox, at: str) -> list[tuple[str, Entry]]:
    """Places of the rail that are not folders, each with the kind of folder it follows."""

    def place(after: str, slug: str, title: str, icon: str) -> tuple[str, Entry]:
        if slug in LISTS:
            url = reverse("mailbox:folder", args=[mailbox.pk, slug])
        else:
            url = reverse(f"mailbox:{slug}", args=[mailbox.pk])
        return after, Entry(slug, title, url, icon, is_here=at == slug)

    return [
        place(Folder.Kind.INBOX, "starred", _("Starred"), "star"),
        place(Folder.Kind.SNOOZED, "drafts", _("Drafts"), "square-pen"),
        place(Folder.Kind.SNOOZED, "outbox", _("Outbox"), "upload"),
        place(Folder.Kind.ARCHIVE, "all", _("All mail"), "mails"),
    ]


def initials_of(name: str) -> str:
    """Two letters of a name; Thai leading vowels are no initials."""
    parts = [part.lstrip("เแโใไ") for part in name.split() if part.lstrip("เแโใไ")]
    return "".join(part[0] for part in parts[:2]) or "·"
