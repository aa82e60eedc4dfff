"""Changes: what a verb did, and the way back from it.

A change holds former values only: ids, flags, moments. It goes through a form of the
page, signed, or lies in the parts of a job; nothing sealed is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from mailbox.filing.messages import lock
from mailbox.filing.placements import announce, place
from mailbox.models import (
    Folder,
    Label,
    Labelling,
    Mailbox,
    MailReport,
    Message,
    Snooze,
    Thread,
)

FIELDS = ("is_read", "is_starred", "folder_id", "trashed_at", "trashed_from_id", "listed_at")
# Until when, and the folder it returns to; None: not snoozed.
Snoozed = tuple[datetime, UUID | None] | None


@dataclass(frozen=True)
class Change:
    """What a verb did. before: the former values (FIELDS) of every message it changed.

    labels, reports: what was there or was not (label and conversation; message and kind).
    muted, snoozes: what conversations were before.
    """

    mailbox: UUID
    before: dict[UUID, tuple[Any, ...]] = field(default_factory=dict)
    labels: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)
    muted: dict[UUID, bool] = field(default_factory=dict)
    snoozes: dict[UUID, Snoozed] = field(default_factory=dict)
    reports: dict[tuple[UUID, str], bool] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return len(self.before)

    def __bool__(self) -> bool:
        """Whether anything was changed."""
        return any((self.before, self.labels, self.muted, self.snoozes, self.reports))

    def and_then(self, later: Change) -> Change:
        """Both as one; what the first found is what there was before."""
        return replace(
            self,
            before=later.before | self.before,
            labels=later.labels | self.labels,
            muted=later.muted | self.muted,
            snoozes=later.snoozes | self.snoozes,
            reports=later.reports | self.reports,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values, for a form, the session or a row; empty ones left out."""
        value: dict[str, Any] = {
            "mailbox": str(self.mailbox),
            "before": [
                [str(pk), *(_plain(one) for one in values)] for pk, values in self.before.items()
            ],
            "labels": [[*map(str, pair), had] for pair, had in self.labels.items()],
            "muted": [[str(thread), was] for thread, was in self.muted.items()],
            "snoozes": [
                [str(thread), *([_plain(one) for one in was] if was else [])]
                for thread, was in self.snoozes.items()
            ],
            "reports": [[str(pk), kind, had] for (pk, kind), had in self.reports.items()],
        }
        return {name: found for name, found in value.items() if found or name == "before"}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Change:
        """What `to_json` gave. ValueError, KeyError or TypeError if it is something else."""
        before = {
            UUID(pk): (bool(read), bool(star), UUID(folder), _at(trashed), _id(origin), _at(listed))
            for pk, read, star, folder, trashed, origin, listed in value["before"]
        }
        snoozes: dict[UUID, Snoozed] = {}
        for thread, *was in value.get("snoozes", ()):
            until = _at(was[0]) if was else None
            snoozes[UUID(thread)] = (until, _id(was[1])) if until else None
        return cls(
            UUID(value["mailbox"]),
            before,
            labels={(UUID(a), UUID(b)): bool(had) for a, b, had in value.get("labels", ())},
            muted={UUID(thread): bool(was) for thread, was in value.get("muted", ())},
            snoozes=snoozes,
            reports={(UUID(pk), str(kind)): bool(h) for pk, kind, h in value.get("reports", ())},
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def settle(mailbox: UUID, messages: Collection[UUID], threads: Collection[UUID] = ()) -> None:
    """Lists and counters follow what was done to messages, and open pages hear of it."""
    found = Message.objects.filter(mailbox=mailbox, pk__in=list(messages))
    place({*found.values_list("thread_id", flat=True), *threads}, [mailbox])
    announce([mailbox])


def undo(mailbox: Mailbox, change: Change) -> int:
    """Give everything back what it had before a change; return how many messages are still there.

    A folder or label deleted meanwhile is not made again: its messages stay where they are.
    """
    if change.mailbox != mailbox.pk:
        raise Message.DoesNotExist
    with transaction.atomic():
        lock([mailbox.pk])
        restored = _restore_messages(mailbox, change)
        threads = _threads(mailbox, change)
        _restore_labels(mailbox, change, threads)
        for was in (True, False):
            chosen = [thread for thread, muted in change.muted.items() if muted == was]
            Thread.objects.filter(mailbox=mailbox, pk__in=chosen).update(is_muted=was)
        _restore_snoozes(mailbox, change, threads)
        _restore_reports(mailbox, change)
        settle(mailbox.pk, change.before, threads)
    return restored


def _threads(mailbox: Mailbox, change: Change) -> set[UUID]:
    """The conversations named besides messages, as far as they are there and theirs."""
    named = {*change.muted, *change.snoozes, *(thread for _label, thread in change.labels)}
    if not named:
        return set()
    return set(Thread.objects.filter(mailbox=mailbox, pk__in=named).values_list("pk", flat=True))


def _restore_messages(mailbox: Mailbox, change: Change) -> int:
    alike: defaultdict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for pk, values in change.before.items():
        alike[values].append(pk)
    folders = set(Folder.objects.filter(mailbox=mailbox).values_list("pk", flat=True))
    restored = 0
    for values, pks in alike.items():
        fields = dict(zip(FIELDS, values, strict=True))
        if fields["folder_id"] not in folders:
            continue
        if fields["trashed_from_id"] not in folders:
            fields["trashed_from_id"] = None
        restored += Message.objects.filter(mailbox=mailbox, pk__in=pks).update(**fields)
    return restored


def _restore_labels(mailbox: Mailbox, change: Change, threads: Collection[UUID]) -> None:
    if not change.labels:
        return
    labels = set(Label.objects.filter(mailbox=mailbox).values_list("pk", flat=True))
    found = Thread.objects.filter(mailbox=mailbox, pk__in=threads)
    latest = dict(found.values_list("pk", "latest_at"))
    back = [
        Labelling(mailbox=mailbox, label_id=label, thread_id=thread, latest_at=latest[thread])
        for (label, thread), had in change.labels.items()
        if had and label in labels and thread in latest
    ]
    Labelling.objects.bulk_create(back, ignore_conflicts=True)
    for label in {label for (label, _thread), had in change.labels.items() if not had}:
        off = [one for (its, one), had in change.labels.items() if its == label and not had]
        Labelling.objects.filter(mailbox=mailbox, label=label, thread__in=off).delete()


def _restore_snoozes(mailbox: Mailbox, change: Change, threads: Collection[UUID]) -> None:
    if not change.snoozes:
        return
    Snooze.objects.filter(mailbox=mailbox, thread__in=threads).delete()
    folders = set(Folder.objects.filter(mailbox=mailbox).values_list("pk", flat=True))
    Snooze.objects.bulk_create(
        Snooze(
            mailbox=mailbox,
            thread_id=one,
            until=was[0],
            returns_to_id=was[1] if was[1] in folders else None,
        )
        for one, was in change.snoozes.items()
        if was and one in threads
    )


def _restore_reports(mailbox: Mailbox, change: Change) -> None:
    for (message, kind), had in change.reports.items():
        if not had:
            found = MailReport.objects.filter(message__mailbox=mailbox, message=message, kind=kind)
            found.delete()
