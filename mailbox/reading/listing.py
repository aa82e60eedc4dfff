"""A page of a folder: conversations as the list shows them, opened with the mailbox's key.

Everything a row shows is made here, once, as text: the template only places it.
A page costs the same in a folder of a thousand and of a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from govmail_portal import dates
from govmail_portal.dates import Manner
from mailbox.errors import SealBroken
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Summary
from mailbox.models import Folder, Placement
from mailbox.opening import open_summary
from mailbox.reading.correspondents import Office, offices_of
from mailbox.reading.cursors import Cursor

PAGE = 50
# A list that is brought up to date may have grown; beyond this it begins anew.
MOST_REFRESHED = 200
FILTERS = {
    "": Q(),
    "unread": Q(unread_count__gt=0),
    "starred": Q(is_starred=True),
}
URGENCY: Mapping[int, Promise | str] = {
    0: "",
    1: gettext_lazy("Urgent"),
    2: gettext_lazy("Very urgent"),
    3: gettext_lazy("Most urgent"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list. `tile` is the office's letter code, empty for outside."""

    thread: str
    sender: str
    office: str
    tile: str
    is_outside: bool
    subject: str
    time: str
    iso: str
    is_unread: bool
    is_starred: bool
    count: int
    urgency: int
    urgency_word: str
    has_attachment: bool
    is_broken: bool = False

    def __getitem__(self, name: str) -> object:
        """Templates ask by key first: answering spares every field of fifty rows an exception."""
        return getattr(self, name)

    @property
    def classes(self) -> str:
        """The states of the row, as the stylesheet names them."""
        unread = " row--unread" if self.is_unread else ""
        return f"row{unread} row--broken" if self.is_broken else f"row{unread}"


@dataclass(frozen=True)
class Group:
    """Rows under one heading; an empty heading continues the page before."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Page:
    """Part of a list. older: the cursor of the next page, empty at the end.

    bottom: the cursor of the last row, for bringing this page up to date.
    """

    groups: Sequence[Group]
    older: str
    bottom: str


def page(
    folder: Folder,
    *,
    private_key: bytes,
    manner: Manner,
    now: datetime,
    before: Cursor | None = None,
    show: str = "",
) -> Page:
    """Fifty conversations of a folder, newest first, below a cursor. show: a name of FILTERS."""
    place = (before.at, before.id) if before else None
    rows = Placement.objects.page(folder, before=place).filter(FILTERS[show])
    found = list(rows.select_related("latest")[: PAGE + 1])
    above = dates.heading(before.at, manner, now) if before else ""
    return _page(folder, found[:PAGE], len(found) > PAGE, private_key, (manner, now, above))


def refreshed(
    folder: Folder,
    *,
    private_key: bytes,
    manner: Manner,
    now: datetime,
    down_to: Cursor,
    show: str = "",
) -> Page | None:
    """The first page again, down to the row it ended with; None if it has grown too long."""
    rows = Placement.objects.page(folder).filter(FILTERS[show], down_to.and_newer("latest_at"))
    found = list(rows.select_related("latest")[: MOST_REFRESHED + 1])
    if len(found) > MOST_REFRESHED:
        return None
    return _page(folder, found, False, private_key, (manner, now, ""))


def _page(
    folder: Folder,
    found: Sequence[Placement],
    has_more: bool,
    private_key: bytes,
    setting: tuple[Manner, datetime, str],
) -> Page:
    manner, now, above = setting
    opened = [(one, _summary(one, private_key)) for one in found]
    offices = offices_of(summary.sender_address for _row, summary in opened if summary)
    is_sent = folder.kind == Folder.Kind.SENT
    groups = [
        Group(
            "" if heading == above else heading,
            [_row(*pair, offices, (manner, now, is_sent)) for pair in pairs],
        )
        for heading, pairs in _by_day(opened, manner, now)
    ]
    bottom = str(Cursor(found[-1].latest_at, found[-1].pk)) if found else ""
    return Page(groups, bottom if has_more else "", bottom)


def _by_day(
    opened: Sequence[tuple[Placement, Summary | None]], manner: Manner, now: datetime
) -> Iterable[tuple[str, Iterable[tuple[Placement, Summary | None]]]]:
    return groupby(opened, key=lambda pair: dates.heading(pair[0].latest_at, manner, now))


def _summary(placement: Placement, private_key: bytes) -> Summary | None:
    """The list row opened; None where its seal is broken: the others are shown all the same."""
    try:
        return open_summary(placement.latest, private_key)
    except SealBroken:
        return None


def _row(
    placement: Placement,
    summary: Summary | None,
    offices: Mapping[str, Office],
    setting: tuple[Manner, datetime, bool],
) -> Row:
    manner, now, is_sent = setting
    broken = summary is None
    summary = summary or Summary(subject=_("This message cannot be opened: its seal is broken."))
    office = offices.get(domain_of(summary.sender_address))
    sender = summary.sender_name or summary.sender_address or _("Unknown sender")
    if is_sent:
        sender = _("To %(names)s") % {"names": summary.to_names or _("nobody")}
    return Row(
        thread=str(placement.thread_id),
        sender="" if broken else sender,
        office=office.name if office and not is_sent and office.name != sender else "",
        tile=office.code if office else "",
        is_outside=office is None and not broken,
        subject=summary.subject or _("(no subject)"),
        time=dates.short(placement.latest_at, manner, now),
        iso=placement.latest_at.isoformat(timespec="minutes"),
        is_unread=placement.unread_count > 0,
        is_starred=placement.is_starred,
        count=placement.message_count,
        urgency=summary.urgency,
        urgency_word=str(URGENCY.get(summary.urgency, "")),
        has_attachment=summary.has_attachment,
        is_broken=broken,
    )
