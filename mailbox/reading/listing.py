"""A page of a list: conversations as it shows them, opened with the mailbox's key.

Everything a row shows is made here, once, as text: the template only places it.
A page costs the same in a list of a thousand and of a million.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from govmail_portal import dates
from govmail_portal.dates import Manner
from mailbox.errors import SealBroken
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Summary
from mailbox.models import Folder, Message, Placement, Snooze
from mailbox.opening import open_summary
from mailbox.reading import labels
from mailbox.reading.correspondents import Office, author_of, is_proven, offices_of
from mailbox.reading.cursors import Cursor
from mailbox.reading.labels import ShownLabel
from mailbox.reading.lists import FILTERS, List, Standing, thread_id_of

__all__ = ["FILTERS", "PAGE", "Group", "Page", "Row", "View", "page", "refreshed", "rows_of"]

PAGE = 50
# A list that is brought up to date may have grown; beyond this it begins anew.
MOST_REFRESHED = 200
LABELS_SHOWN = 2
URGENCY: Mapping[int, Promise | str] = {
    0: "",
    1: gettext_lazy("Urgent"),
    2: gettext_lazy("Very urgent"),
    3: gettext_lazy("Most urgent"),
}
_AWAY = (Folder.Kind.TRASH, Folder.Kind.SPAM)
_NONE_OPEN: Mapping[UUID, Summary] = {}


@dataclass(frozen=True)
class View:
    """Who looks at a list: the mailbox's private key, the manner of dates, now, own labels."""

    private_key: bytes
    manner: Manner
    now: datetime
    labels: Sequence[ShownLabel] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list. `tile` is the office's letter code, empty for outside.

    is_claimed: the sender names that office, and nothing proves it. until: when it comes
    back from a snooze, empty if it is awake.
    """

    thread: SafeString
    sender: str
    office: str
    tile: str
    is_outside: bool
    is_claimed: bool
    subject: str
    snippet: str
    time: str
    iso: SafeString
    is_unread: bool
    is_starred: bool
    is_muted: bool
    count: int
    urgency: int
    urgency_word: str
    has_attachment: bool
    labels: Sequence[ShownLabel]
    until: str = ""
    is_broken: bool = False

    def __getitem__(self, name: str) -> object:
        """Templates ask by key first: answering spares every field of fifty rows an exception."""
        return getattr(self, name)

    @property
    def classes(self) -> SafeString:
        """The states of the row, as the stylesheet names them."""
        unread = " row--unread" if self.is_unread else ""
        return SafeString(f"row{unread} row--broken" if self.is_broken else f"row{unread}")

    @property
    def has_chips(self) -> bool:
        """Whether anything stands before the subject: most rows spare the template four looks."""
        return bool(self.urgency or self.is_outside or self.labels)

    @property
    def has_marks(self) -> bool:
        """Whether anything stands behind the subject."""
        return self.has_attachment or self.is_muted

    @property
    def shown_labels(self) -> Sequence[ShownLabel]:
        """Those a row has room for beside its subject."""
        return self.labels[:LABELS_SHOWN]

    @property
    def more_labels(self) -> int:
        """How many more there are."""
        return max(0, len(self.labels) - LABELS_SHOWN)

    @property
    def label_ids(self) -> SafeString:
        """The labels on it, for the menu that sticks them."""
        return SafeString(" ".join(str(label.id) for label in self.labels))


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


@dataclass(frozen=True)
class _Line:
    """What a row is made of. at: where the list sorts it; is_sent: it names whom it went to."""

    latest: Message
    at: datetime
    count: int
    is_unread: bool
    is_starred: bool
    is_muted: bool
    until: datetime | None = None
    is_sent: bool = False


def page(one: List, view: View, *, before: Cursor | None = None) -> Page:
    """Fifty conversations of a list, newest first, below a cursor."""
    rows = one.rows()
    if before is not None:
        rows = rows.filter(before.and_older("latest_at"))
    found = _fetch(one, rows, PAGE + 1)
    above = dates.heading(before.at, view.manner, view.now) if before else ""
    return _page(one, found[:PAGE], view, above=above, has_more=len(found) > PAGE)


def refreshed(one: List, view: View, *, down_to: Cursor) -> Page | None:
    """The first page again, down to the row it ended with; None if it has grown too long."""
    found = _fetch(one, one.rows().filter(down_to.and_newer("latest_at")), MOST_REFRESHED + 1)
    return None if len(found) > MOST_REFRESHED else _page(one, found, view)


def rows_of(
    messages: Sequence[Message], view: View, opened: Mapping[UUID, Summary] = _NONE_OPEN
) -> list[Row]:
    """Rows of any messages of a mailbox, as a search found them, with their conversations' state.

    Three queries, however many. A message's own date stands on its row. opened: list rows
    that are open already, by message.
    """
    if not messages:
        return []
    box = messages[0].mailbox_id
    placed = _placed(box, {message.thread_id for message in messages}, ())
    lines = [
        _merged(placed[message.thread_id], message.received_at, message)
        for message in messages
        if message.thread_id in placed
    ]
    return _rows(lines, view, opened)


def _fetch(one: List, rows: QuerySet[Any], most: int) -> list[Standing]:
    """The rows of a list with what a line needs of them."""
    if one.folder is not None:
        # One field of the conversation: fifty more rows as models are a twentieth of a page.
        # And each table is asked for rows of this mailbox, so that one partition is read.
        rows = rows.filter(latest__mailbox=one.mailbox, thread__mailbox=one.mailbox)
        rows = rows.select_related("latest").annotate(is_muted=F("thread__is_muted"))
    if one.folder is not None and one.folder.kind == Folder.Kind.SNOOZED:
        rows = rows.annotate(until=_until(one.mailbox.pk))
    return list(rows[:most])


def _until(mailbox: UUID) -> Subquery:
    """When a placement's conversation comes back from a snooze, if it sleeps."""
    snoozes = Snooze.objects.filter(mailbox=mailbox, thread=OuterRef("thread"))
    return Subquery(snoozes.values("until"))


def _page(
    one: List, found: Sequence[Standing], view: View, *, above: str = "", has_more: bool = False
) -> Page:
    lines = _lines(one, found)
    shown = [row for row in found if row.pk in lines]
    rows = zip(shown, _rows([lines[row.pk] for row in shown], view), strict=True)
    by_day = groupby(rows, lambda pair: dates.heading(pair[0].latest_at, view.manner, view.now))
    groups = [
        Group("" if heading == above else heading, [row for _standing, row in pairs])
        for heading, pairs in by_day
    ]
    bottom = str(Cursor(found[-1].latest_at, found[-1].pk)) if found else ""
    return Page(groups, bottom if has_more else "", bottom)


def _lines(one: List, found: Sequence[Standing]) -> dict[UUID, _Line]:
    """By row; none for a conversation that was thrown away while the list was being read."""
    if one.folder is not None:
        is_sent = one.folder.kind == Folder.Kind.SENT
        return {row.pk: _placed_line(row, is_sent) for row in found}
    placed = _placed(one.mailbox.pk, {thread_id_of(row) for row in found}, _AWAY)
    return {
        row.pk: _merged(placed[thread_id_of(row)], row.latest_at)
        for row in found
        if thread_id_of(row) in placed
    }


def _placed_line(row: Any, is_sent: bool) -> _Line:
    """A row of a folder with what `_fetch` annotated it with."""
    return _Line(
        latest=row.latest,
        at=row.latest_at,
        count=row.message_count,
        is_unread=row.unread_count > 0,
        is_starred=row.is_starred,
        is_muted=row.is_muted,
        until=getattr(row, "until", None),
        is_sent=is_sent,
    )


def _placed(
    mailbox: UUID, threads: Collection[UUID], away: Collection[str]
) -> dict[UUID, list[Any]]:
    """Where these conversations stand, besides in some kinds of folders, and until when asleep."""
    found: dict[UUID, list[Any]] = {}
    rows = Placement.objects.filter(
        mailbox=mailbox, latest__mailbox=mailbox, thread__mailbox=mailbox, thread__in=threads
    ).exclude(folder__kind__in=away)
    for row in rows.select_related("latest", "thread").annotate(until=_until(mailbox)):
        found.setdefault(row.thread_id, []).append(row)
    return found


def _merged(places: Sequence[Any], at: datetime, message: Message | None = None) -> _Line:
    """A conversation across its folders, shown by its newest message or by the one given."""
    newest = max((one.latest for one in places), key=lambda one: (one.received_at, one.pk))
    thread = places[0].thread
    return _Line(
        latest=message or newest,
        at=at,
        count=sum(one.message_count for one in places),
        is_unread=any(one.unread_count for one in places),
        is_starred=any(one.is_starred for one in places),
        is_muted=thread.is_muted,
        until=places[0].until,
        is_sent=(message or newest).is_own,
    )


def _rows(
    lines: Sequence[_Line], view: View, known_rows: Mapping[UUID, Summary] = _NONE_OPEN
) -> list[Row]:
    opened = [
        (one, known_rows.get(one.latest.pk) or _summary(one.latest, view.private_key))
        for one in lines
    ]
    offices = offices_of(summary.sender_address for _line, summary in opened if summary)
    known = {label.id: label for label in view.labels}
    stuck = _stuck(lines) if known and lines else {}
    return [
        _row(
            line,
            summary,
            view,
            offices,
            [label for pk, label in known.items() if pk in stuck.get(line.latest.thread_id, ())],
        )
        for line, summary in opened
    ]


def _stuck(lines: Sequence[_Line]) -> Mapping[UUID, Sequence[UUID]]:
    threads = {one.latest.thread_id for one in lines}
    return labels.on(lines[0].latest.mailbox_id, threads)


def _summary(message: Message, private_key: bytes) -> Summary | None:
    """The list row opened; None where its seal is broken: the others are shown all the same."""
    try:
        return open_summary(message, private_key)
    except SealBroken:
        return None


def _row(
    line: _Line,
    summary: Summary | None,
    view: View,
    offices: Mapping[str, Office],
    stuck: Sequence[ShownLabel],
) -> Row:
    broken = summary is None
    summary = summary or Summary(subject=_("This message cannot be opened: its seal is broken."))
    office = offices.get(domain_of(summary.sender_address))
    sender = author_of(summary, was_sent_here=line.latest.was_sent_here)
    if line.is_sent:
        sender = _("To %(names)s") % {"names": summary.to_names or _("nobody")}
    proven = is_proven(line.latest, summary)
    is_named = office is not None and proven and not line.is_sent
    return Row(
        # Our own digits need no escaping, and there are fifty rows.
        thread=SafeString(line.latest.thread_id),
        sender="" if broken else sender,
        office=office.name if office and is_named and office.name != sender else "",
        tile=office.code if office else "",
        is_outside=office is None and not broken,
        is_claimed=office is not None and not proven,
        subject=summary.subject or _("(no subject)"),
        snippet=summary.snippet,
        time=dates.short(line.at, view.manner, view.now),
        iso=SafeString(line.at.isoformat(timespec="minutes")),
        is_unread=line.is_unread,
        is_starred=line.is_starred,
        is_muted=line.is_muted,
        count=line.count,
        urgency=summary.urgency,
        urgency_word=str(URGENCY.get(summary.urgency, "")),
        has_attachment=summary.has_attachment,
        labels=stuck,
        until=dates.moment(line.until, view.manner, weekday=True) if line.until else "",
        is_broken=broken,
    )
