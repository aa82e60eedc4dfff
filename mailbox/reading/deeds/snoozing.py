"""Snoozing: a conversation laid aside until a moment, and then on top of its folder again.

Waking needs no key, so that a worker can do it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from govmail_portal import dates
from govmail_portal.dates import BANGKOK, BUDDHIST_ERA, Manner
from govmail_portal.errors import PortalError
from mailbox.filing.messages import lock
from mailbox.models import Folder, Mailbox, Message, Snooze
from mailbox.reading import sorting
from mailbox.reading.deeds.changes import FIELDS, Change, Snoozed, settle
from mailbox.reading.sorting import Here

MORNING = time(8, 30)
LONGEST = timedelta(days=366)
# A year typed in the Buddhist era is told by its size.
_BUDDHIST_FROM = 2400
# Waking takes so many conversations to a transaction.
BATCH = 200


class SnoozeTimeUnusable(PortalError):
    message = gettext_lazy("Choose a moment to come, within a year.")


@dataclass(frozen=True)
class Choice:
    """A moment the menu offers. value: what its button sends; when: in the reader's words."""

    value: str
    title: str
    when: str


def moments(now: datetime) -> dict[str, datetime]:
    """The moments on offer, by name; all in Thailand's time."""
    local = now.astimezone(BANGKOK)
    today = local.date()
    found = {}
    if local.hour < 18:
        rounded = (local + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
        found["later"] = rounded
    found["tomorrow"] = _morning(today + timedelta(days=1))
    monday = today + timedelta(days=7 - today.weekday())
    if monday != today + timedelta(days=1):
        found["monday"] = _morning(monday)
    if monday != today + timedelta(days=7):
        found["week"] = _morning(today + timedelta(days=7))
    return found


def choices(now: datetime, manner: Manner) -> list[Choice]:
    """What the menu offers, in the reader's words."""
    titles = {
        "later": _("Later today"),
        "tomorrow": _("Tomorrow morning"),
        "monday": _("Monday morning"),
        "week": _("In a week"),
    }
    return [
        Choice(name, titles[name], dates.moment(at, manner, weekday=True))
        for name, at in moments(now).items()
    ]


def until_of(text: str, now: datetime) -> datetime:
    """The moment of a name of `moments`, or of an own date and time in Thailand (ISO 8601)."""
    if (at := moments(now).get(text)) is not None:
        return at
    try:
        at = datetime.fromisoformat(text)
        if at.year >= _BUDDHIST_FROM:
            at = at.replace(year=at.year - BUDDHIST_ERA)
    except ValueError:
        raise SnoozeTimeUnusable from None
    at = at if at.tzinfo else at.replace(tzinfo=BANGKOK)
    if not now < at <= now + LONGEST:
        raise SnoozeTimeUnusable
    return at


def snooze(here: Here, threads: Collection[UUID], *, until: datetime, now: datetime) -> Change:
    """Lay these conversations aside; they come back to the folder they were taken from."""
    box = here.mailbox_id if isinstance(here, Folder) else here.pk
    with transaction.atomic():
        lock([box])
        asleep = sorting.system_folder(here, Folder.Kind.SNOOZED)
        found = Snooze.objects.filter(mailbox=box, thread__in=list(threads))
        known = {one.thread_id: one for one in found}
        change = sorting.move(here, threads, to=asleep, now=now)
        there = Message.objects.filter(mailbox=box, folder=asleep, thread__in=list(threads))
        back = _returns_to(here)
        before: dict[UUID, Snoozed] = {}
        for thread in set(there.values_list("thread_id", flat=True)):
            was = known.get(thread)
            before[thread] = (was.until, was.returns_to_id) if was else None
            Snooze.objects.update_or_create(
                mailbox_id=box,
                thread_id=thread,
                defaults={"until": until, "returns_to_id": was.returns_to_id if was else back},
            )
        return change.and_then(Change(box, snoozes=before))


def wake(
    mailbox: Mailbox | UUID, threads: Collection[UUID], *, now: datetime, only_due: bool = False
) -> Change:
    """Bring conversations back: on top of their folder, the newest message unread.

    only_due: not those that were laid aside anew since somebody looked.
    """
    box = mailbox.pk if isinstance(mailbox, Mailbox) else mailbox
    with transaction.atomic():
        lock([box])
        found = Snooze.objects.filter(mailbox=box, thread__in=list(threads))
        if only_due:
            found = found.filter(until__lte=now)
        snoozes: dict[UUID, Snoozed] = {
            one.thread_id: (one.until, one.returns_to_id) for one in found
        }
        asleep = Message.objects.filter(
            mailbox=box, thread__in=snoozes, folder__kind=Folder.Kind.SNOOZED
        )
        before = {row[0]: tuple(row[1:]) for row in asleep.values_list("pk", *FIELDS)}
        newest = list(
            asleep.order_by("thread", "-received_at", "-id").distinct("thread").values_list("pk")
        )
        inbox = sorting.system_folder(Mailbox(pk=box), Folder.Kind.INBOX)
        back: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for thread, was in snoozes.items():
            back[(was and was[1]) or inbox.pk].append(thread)
        for folder, those in back.items():
            Message.objects.filter(mailbox=box, pk__in=before, thread__in=those).update(
                folder_id=folder
            )
        top = Message.objects.filter(mailbox=box, pk__in=[pk for (pk,) in newest])
        top.update(listed_at=now, is_read=False)
        found.delete()
        settle(box, before)
        return Change(box, before, snoozes=snoozes)


def wake_due(now: datetime) -> int:
    """Wake what is due, a transaction for each mailbox; return how many conversations.

    Who deletes the row has woken it: two workers cannot do it twice.
    """
    woken = 0
    for box, threads in _due(now):
        woken += len(wake(box, threads, now=now, only_due=True).snoozes)
    return woken


def _due(now: datetime) -> Iterator[tuple[UUID, list[UUID]]]:
    rows = Snooze.objects.due(now).values_list("mailbox_id", "thread_id")
    by_mailbox: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for box, thread in rows[: 10 * BATCH]:
        by_mailbox[box].append(thread)
    for box, threads in by_mailbox.items():
        for start in range(0, len(threads), BATCH):
            yield box, threads[start : start + BATCH]


def _returns_to(here: Here) -> UUID | None:
    """The folder to come back to; empty means the inbox."""
    if not isinstance(here, Folder):
        return None
    stays = (Folder.Kind.OWN, Folder.Kind.ARCHIVE, Folder.Kind.SENT)
    return here.pk if here.kind in stays else None


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, tzinfo=BANGKOK)
