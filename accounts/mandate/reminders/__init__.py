"""Reminders at 60, 30, 14 and 3 days before a duty is due, and when it is overdue: once each.

The official is told in a letter of their own; the superior and HR in one letter that lists
everybody. How a letter reaches them is the mail's affair: it hangs its sender on (`sender`).
Where the agency is not open the official can do nothing, and only HR and superiors hear of it.
A reminder's row and its letter are one transaction: neither stands without the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.mandate.reminders import wording
from accounts.mandate.reminders.readers import Readers, by_id
from accounts.models import Account, Agency, Obligation, Reminder

Sender = Callable[[Account, str, str, datetime], None]
_SENDERS: list[Sender] = []
# One round at a time for each agency: an advisory lock of PostgreSQL, to the end of a transaction.
_LOCK = 0x52454D49  # "REMI"
_LETTERS_AT_ONCE = 100


@dataclass(frozen=True)
class Step:
    """When a reminder is given: so many days before the last day, down to fewer. Empty: overdue."""

    name: str
    at_most: int | None = None
    at_least: int | None = None

    def of(self, duties: QuerySet[Obligation], today: date) -> QuerySet[Obligation]:
        """Those of these duties that are at this step today."""
        if self.at_most is None or self.at_least is None:
            return duties.filter(state=Obligation.State.OVERDUE, due_on__lt=today)
        first, last = (today + timedelta(days=days) for days in (self.at_least, self.at_most))
        return duties.filter(state=Obligation.State.PENDING, due_on__gte=first, due_on__lte=last)


# Who comes late into a step is told of that one alone, not of those before it.
STEPS = (
    Step("overdue"),
    Step("3", 3, 0),
    Step("14", 14, 4),
    Step("30", 30, 15),
    Step("60", 60, 31),
)


def sender(send: Sender) -> Sender:
    """Hang on what carries a letter: `send(account, subject, text, now)`, plain text.

    Called within the reminder's transaction, so it must write rows and do nothing else.
    """
    if send not in _SENDERS:
        _SENDERS.append(send)
    return send


def send_due(now: datetime, *, most: int = 5_000) -> int:
    """Give every reminder that is owed, at most so many letters; gives how many were sent.

    Without a sender nothing is owed: nothing would reach anybody.
    """
    if not _SENDERS:
        return 0
    today, sent = timezone.localdate(now), 0
    for step in STEPS:
        waiting = step.of(Obligation.objects.open(), today)
        for agency in _agencies_of(_untold_overseers(waiting, step)):
            sent += _tell_overseers(agency, step, waiting.filter(agency=agency), now)
        for agency in _agencies_of(_untold_officials(waiting, step, now)):
            mine = waiting.filter(agency=agency)
            while sent < most and (letters := _tell_officials(agency, step, mine, now)):
                sent += letters
            if sent >= most:
                return sent
    return sent


def _untold_officials(
    duties: QuerySet[Obligation], step: Step, now: datetime
) -> QuerySet[Obligation]:
    """Duties of those who can be reached, can do something, and were not told of this step."""
    told = Reminder.objects.filter(
        obligation=OuterRef("pk"), step=step.name, to=OuterRef("official__account")
    )
    return duties.filter(
        ~Exists(told), is_waiting_gate=False, official__account__in=Account.objects.active(now)
    )


def _untold_overseers(duties: QuerySet[Obligation], step: Step) -> QuerySet[Obligation]:
    """Duties of which nobody but the official was told at this step."""
    told = Reminder.objects.filter(obligation=OuterRef("pk"), step=step.name)
    return duties.filter(~Exists(told.exclude(to=F("obligation__official__account"))))


def _agencies_of(duties: QuerySet[Obligation]) -> list[Agency]:
    held = duties.order_by().values("agency").distinct()
    return list(Agency.objects.order_by("pk").filter(pk__in=held).select_related("parent"))


@transaction.atomic
def _tell_officials(agency: Agency, step: Step, duties: QuerySet[Obligation], now: datetime) -> int:
    """The next hundred who can be reached and were not told of this step."""
    if not _alone(agency):
        return 0
    owed = _untold_officials(duties, step, now)
    rows = owed.select_related("official__account", "rule").order_by("pk")[:_LETTERS_AT_ONCE]
    found = list(rows)
    _write(((each, each.official.account.pk) for each in found), step, now)
    for each in found:
        deliver(each.official.account, wording.to_official(each, now=now), now)
    return len(found)


@transaction.atomic
def _tell_overseers(agency: Agency, step: Step, duties: QuerySet[Obligation], now: datetime) -> int:
    """One letter each to superiors and HR officers, of all in the agency they were not told of."""
    readers = Readers(agency, now=now)
    if not readers.is_anybody_there or not _alone(agency):
        return 0
    owed = _untold_overseers(duties, step)
    found = list(owed.select_related("official__account", "rule").order_by("pk"))
    lists: dict[int, list[Obligation]] = defaultdict(list)
    for each in found:
        for account in readers.of(each):
            lists[account].append(each)
    accounts = by_id(lists.keys())
    for account, listed in lists.items():
        _write(((each, account) for each in listed), step, now)
        text = wording.to_overseer(accounts[account], agency, listed, now=now)
        deliver(accounts[account], text, now)
    return len(lists)


def _write(pairs: Iterable[tuple[Obligation, int]], step: Step, now: datetime) -> None:
    rows: Sequence[Reminder] = [
        Reminder(obligation=duty, step=step.name, to_id=account, sent_at=now)
        for duty, account in pairs
    ]
    Reminder.objects.bulk_create(rows, batch_size=2000)


def can_send() -> bool:
    """Whether anything carries letters at all."""
    return bool(_SENDERS)


def deliver(account: Account, letter: tuple[str, str], now: datetime) -> None:
    """Hand a letter, subject and text, to whatever carries them; within a transaction."""
    subject, text = letter
    for send in _SENDERS:
        send(account, subject, text, now)


def _alone(agency: Agency) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, agency.pk])
        row = cursor.fetchone()
    return bool(row and row[0])
