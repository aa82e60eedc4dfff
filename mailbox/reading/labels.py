"""Labels: names and colours a reader sticks on conversations, several on one.

Names are sealed under the mailbox's own key; a worker that sticks a label knows its
id only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox.errors import SealBroken
from mailbox.filing.messages import lock
from mailbox.filing.placements import announce
from mailbox.models import Label, Labelling, Mailbox, Thread
from mailbox.opening import open_own, seal_own
from mailbox.reading.deeds.changes import Change

LONGEST_NAME = 60
MOST_LABELS = 100
COLOURS = 8
_PURPOSE = "label"


class LabelNameTaken(PortalError):
    message = _("There is a label of this name already.")
    status = 409


class LabelNameUnusable(PortalError):
    message = _("A label needs a name of at most 60 characters.")


class TooManyLabels(PortalError):
    message = _("There are too many labels.")


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A label as pages show it. colour: 0 to 7. is_on: it sticks on the conversation asked for."""

    id: UUID
    name: str
    colour: int
    is_on: bool = False


def labels_of(mailbox: Mailbox, private_key: bytes, *, on: UUID | None = None) -> list[ShownLabel]:
    """All labels of a mailbox by name; `on` asks which of them stick on a conversation."""
    rows = Label.objects.filter(mailbox=mailbox)
    if on is not None:
        stuck = Labelling.objects.filter(mailbox=mailbox, label=OuterRef("pk"), thread=on)
        rows = rows.annotate(is_on=Exists(stuck))
    found = [
        ShownLabel(one.pk, _name(one, private_key), one.colour, getattr(one, "is_on", False))
        for one in rows
    ]
    return sorted(found, key=lambda one: one.name.casefold())


def on(mailbox: Mailbox | UUID, threads: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Which labels stick on these conversations."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    rows = Labelling.objects.filter(mailbox=mailbox, thread__in=list(threads))
    for thread, label in rows.values_list("thread_id", "label_id"):
        found[thread].append(label)
    return found


def create(mailbox: Mailbox, name: str, private_key: bytes, *, colour: int | None = None) -> Label:
    """Make a label; without a colour, it gets the next one."""
    with transaction.atomic():
        lock([mailbox.pk])
        there = labels_of(mailbox, private_key)
        if len(there) >= MOST_LABELS:
            raise TooManyLabels
        label = Label(mailbox=mailbox, colour=(len(there) if colour is None else colour) % COLOURS)
        _seal(label, _clean(name, there), private_key)
        label.save()
        announce([mailbox.pk])
    return label


def rename(label: Label, name: str, private_key: bytes, *, colour: int) -> None:
    """Give a label another name or colour."""
    with transaction.atomic():
        lock([label.mailbox_id])
        others = [one for one in labels_of(label.mailbox, private_key) if one.id != label.pk]
        label.colour = colour % COLOURS
        _seal(label, _clean(name, others), private_key)
        label.save(update_fields=["sealed_name", "colour"])
        announce([label.mailbox_id])


def delete(label: Label) -> None:
    """Delete a label; the conversations stay where they are."""
    with transaction.atomic():
        lock([label.mailbox_id])
        label.delete()
        announce([label.mailbox_id])


def put(mailbox: Mailbox, threads: Collection[UUID], label: Label) -> Change:
    """Stick a label on these conversations."""
    _must_belong(mailbox, label)
    with transaction.atomic():
        lock([mailbox.pk])
        bare = Thread.objects.filter(mailbox=mailbox, pk__in=list(threads)).exclude(
            pk__in=Labelling.objects.filter(mailbox=mailbox, label=label).values("thread")
        )
        found = list(bare.only("pk", "latest_at"))
        Labelling.objects.bulk_create(
            Labelling(mailbox=mailbox, label=label, thread=one, latest_at=one.latest_at)
            for one in found
        )
        announce([mailbox.pk])
    return Change(mailbox.pk, labels={(label.pk, one.pk): False for one in found})


def take_off(mailbox: Mailbox, threads: Collection[UUID], label: Label) -> Change:
    """Take a label off these conversations."""
    _must_belong(mailbox, label)
    with transaction.atomic():
        lock([mailbox.pk])
        stuck = Labelling.objects.filter(mailbox=mailbox, label=label, thread__in=list(threads))
        found = list(stuck.values_list("thread_id", flat=True))
        stuck.delete()
        announce([mailbox.pk])
    return Change(mailbox.pk, labels={(label.pk, thread): True for thread in found})


def _must_belong(mailbox: Mailbox, label: Label) -> None:
    if label.mailbox_id != mailbox.pk:
        raise Label.DoesNotExist


def _seal(label: Label, name: str, private_key: bytes) -> None:
    label.sealed_name = seal_own({"name": name}, private_key, purpose=_PURPOSE, row_id=label.pk)


def _name(label: Label, private_key: bytes) -> str:
    """The name of a label; a question mark where its seal is broken."""
    try:
        value = open_own(bytes(label.sealed_name), private_key, purpose=_PURPOSE, row_id=label.pk)
        return str(value.get("name", ""))
    except SealBroken:
        return "?"


def _clean(name: str, others: Sequence[ShownLabel]) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise LabelNameUnusable
    if name.casefold() in {one.name.casefold() for one in others}:
        raise LabelNameTaken
    return name
