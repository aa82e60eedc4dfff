"""Folders: the list beside the mail, and the reader's own folders in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox.filing.messages import lock
from mailbox.filing.placements import announce, place
from mailbox.models import Folder, Mailbox, Message, Placement

SYSTEM_ORDER = tuple(Folder.Kind.values)
LONGEST_NAME = 100
MOST_FOLDERS = 200
# Folders inside folders, counted from the top.
DEEPEST = 5


class FolderNameTaken(PortalError):
    message = _("There is a folder of this name already.")
    status = 409


class FolderNameUnusable(PortalError):
    message = _("A folder needs a name of at most 100 characters.")


class TooManyFolders(PortalError):
    message = _("There are too many folders, or they lie too deep in each other.")


class FolderInItself(PortalError):
    message = _("A folder cannot lie inside itself.")


class NotYourOwnFolder(PortalError):
    message = _("This folder belongs to the portal and stays as it is.")


@dataclass(frozen=True)
class Shelf:
    """A folder as the list shows it. depth: 0 at the top; inside: the slugs of those around it."""

    folder: Folder
    inside: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        return len(self.inside)

    @property
    def count(self) -> int:
        """What stands beside the name: unread conversations."""
        return self.folder.unread_count


def folders_of(mailbox: Mailbox) -> list[Shelf]:
    """All folders of a mailbox with their counts: one query, and nothing is counted."""
    return in_order(list(Folder.objects.filter(mailbox=mailbox)))


def in_order(folders: Sequence[Folder]) -> list[Shelf]:
    """The portal's folders first, then own ones by name, each before those inside it."""
    ours = [folder for folder in folders if folder.kind != Folder.Kind.OWN]
    ours.sort(key=lambda folder: SYSTEM_ORDER.index(folder.kind))
    own = sorted(
        (folder for folder in folders if folder.kind == Folder.Kind.OWN),
        key=lambda folder: folder.name.casefold(),
    )
    shelves = [Shelf(folder) for folder in ours]

    def put(parent: object, inside: tuple[str, ...]) -> None:
        for folder in own:
            if folder.parent_id == parent:
                shelves.append(Shelf(folder, inside))
                put(folder.pk, (*inside, folder.slug))

    put(None, ())
    return shelves


def create(mailbox: Mailbox, name: str, *, parent: Folder | None = None) -> Folder:
    """Make an own folder, perhaps inside another own one."""
    _check_parent(mailbox, parent)
    if Folder.objects.filter(mailbox=mailbox).count() >= MOST_FOLDERS:
        raise TooManyFolders
    try:
        with transaction.atomic():
            return Folder.objects.create(mailbox=mailbox, name=_clean(name), parent=parent)
    except IntegrityError:
        raise FolderNameTaken from None


def rename(folder: Folder, name: str) -> None:
    """Give an own folder another name."""
    _must_be_own(folder)
    folder.name = _clean(name)
    _save(folder, "name")


def put_under(folder: Folder, parent: Folder | None) -> None:
    """Put an own folder, with those inside it, into another own one, or at the top."""
    _must_be_own(folder)
    with transaction.atomic():
        lock([folder.mailbox_id])
        inside = _with_those_inside(folder)
        if parent is not None and parent.pk in {each.pk for each in inside}:
            raise FolderInItself
        _check_parent(folder.mailbox, parent, height=_height(folder))
        folder.parent = parent
        _save(folder, "parent")
        announce([folder.mailbox_id])


def _save(folder: Folder, field: str) -> None:
    try:
        with transaction.atomic():
            folder.save(update_fields=[field])
    except IntegrityError:
        raise FolderNameTaken from None


def _height(folder: Folder) -> int:
    """How many levels a folder and those inside it take."""
    height, level = 0, [folder]
    while level:
        height, level = height + 1, list(Folder.objects.filter(parent__in=level))
    return height


def delete(folder: Folder, *, now: datetime) -> int:
    """Delete an own folder and those in it; how many messages went to the bin."""
    _must_be_own(folder)
    with transaction.atomic():
        lock([folder.mailbox_id])
        doomed = _with_those_inside(folder)
        bin_ = Folder.objects.get(mailbox=folder.mailbox_id, kind=Folder.Kind.TRASH)
        inside = Message.objects.filter(mailbox=folder.mailbox_id, folder__in=doomed)
        threads = set(
            Placement.objects.filter(mailbox=folder.mailbox_id, folder__in=doomed).values_list(
                "thread_id", flat=True
            )
        )
        moved = inside.update(folder=bin_, trashed_at=now, trashed_from=None)
        place(threads, [folder.mailbox_id])
        Folder.objects.filter(pk__in=[each.pk for each in doomed]).delete()
        announce([folder.mailbox_id])
    return moved


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise FolderNameUnusable
    return name


def _must_be_own(folder: Folder) -> None:
    if folder.kind != Folder.Kind.OWN:
        raise NotYourOwnFolder


def _check_parent(mailbox: Mailbox, parent: Folder | None, *, height: int = 1) -> None:
    depth = height
    while parent is not None:
        if parent.mailbox_id != mailbox.pk:
            raise Folder.DoesNotExist
        _must_be_own(parent)
        parent, depth = parent.parent, depth + 1
    if depth > DEEPEST:
        raise TooManyFolders


def _with_those_inside(folder: Folder) -> list[Folder]:
    found, level = [folder], [folder]
    while level := list(Folder.objects.filter(parent__in=level)):
        found += level
    return found
