"""Folders and labels as a search names them, and as its form offers them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from mailbox.models import Folder, Mailbox
from mailbox.reading.labels import ShownLabel
from mailbox.searching.plan import Places
from mailbox.searching.words import normalise
from mailbox.web.requests import PortalRequest
from mailbox.web.shell import find_mailbox, title_of


@dataclass(frozen=True)
class Option:
    """A line of a choice."""

    value: str
    title: str
    is_chosen: bool = False


def asked_in(request: PortalRequest) -> Mailbox | None:
    """The mailbox to search: the one the page showed, which may be read only, else one's own."""
    if not (named := request.POST.get("mailbox", "")):
        return find_mailbox(request.user)
    try:
        found = find_mailbox(request.user, UUID(named))
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def title_in(folder: Folder) -> str:
    """Where a letter lies, in a word; nothing for the inbox, where letters are expected."""
    return "" if folder.kind == Folder.Kind.INBOX else str(title_of(folder))


def places_of(mailbox: Mailbox, folders: Sequence[Folder], labels: Sequence[ShownLabel]) -> Places:
    """Own folders and labels by the words that name them."""
    by_folder: defaultdict[str, list[UUID]] = defaultdict(list)
    by_label: defaultdict[str, list[UUID]] = defaultdict(list)
    for folder in folders:
        if folder.kind == Folder.Kind.OWN:
            by_folder[normalise(folder.name)].append(folder.pk)
    for label in labels:
        by_label[normalise(label.name)].append(label.id)
    return Places(mailbox.pk, dict(by_folder), dict(by_label))


def options(
    folders: Sequence[Folder], labels: Sequence[ShownLabel], chosen: str
) -> list[tuple[str, list[Option]]]:
    """The choices of the form's "where", in groups; `chosen` as the form keeps it."""
    chosen = normalise(chosen)

    def option(kind: str, name: str) -> Option:
        value = f"{kind}:{name}"
        return Option(value, name, normalise(value) == chosen)

    everywhere = Option("anywhere", str(_("Everywhere, with spam and bin")), "anywhere" in chosen)
    groups = [
        ("", [Option("", str(_("All mail")), not chosen), everywhere]),
        (str(_("Folders")), [option("in", str(title_of(folder))) for folder in folders]),
        (str(_("Labels")), [option("label", label.name) for label in labels]),
    ]
    return [(title, found) for title, found in groups if found]
