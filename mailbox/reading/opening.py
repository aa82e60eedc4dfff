"""A conversation as its page shows it: the newest letter open, read ones folded.

Folded letters cost their list row only; of an open one the rendition is read,
and never its attachments. One broken seal closes one letter, not the page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mailbox.errors import SealBroken
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Rendition, Summary
from mailbox.mime.trust.names import lookalikes
from mailbox.models import Content, Delivery, Message, Submission, Thread
from mailbox.opening import open_rendition, open_summary
from mailbox.reading.asked.asks import Asked, Said, asked_of, said_of
from mailbox.reading.correspondents import Office, offices_of
from mailbox.reading.cursors import Cursor
from mailbox.reading.letters import AS_EVER, Heading, Look, Reader, Sheet, heading_of, sheet_of
from mailbox.reading.listing import URGENCY
from mailbox.reading.senders.choices import NOTHING_CHOSEN, Chosen, chosen_for
from mailbox.reading.senders.doubts import imitated
from mailbox.reading.senders.notices import Sender

PAGE = 50
MOST_OPEN = 8

FAILED = (Delivery.State.FAILED, Delivery.State.BOUNCED, Delivery.State.EXPIRED)
DONE = (Delivery.State.RELAYED, Delivery.State.FILED)


@dataclass(frozen=True)
class Sending:
    """What became of an own letter, in a line: how many of how many, and the worst."""

    total: int
    arrived: int
    failed: int

    @property
    def tone(self) -> str:
        if self.failed:
            return "failed"
        return "done" if self.arrived == self.total else "wait"


@dataclass(frozen=True)
class Letter:
    """One letter of a conversation. `sheet` is None while it is folded or its seal is broken."""

    id: UUID
    thread: UUID
    mailbox: UUID
    heading: Heading
    sheet: Sheet | None
    is_own: bool
    is_starred: bool
    is_unread: bool
    has_attachment: bool
    is_broken: bool = False
    sending: Sending | None = None
    asked: Asked | None = None


@dataclass(frozen=True)
class Conversation:
    """Letters of a conversation, oldest first. earlier: the cursor of those before them."""

    id: UUID
    subject: str
    urgency: int
    urgency_word: str
    letters: Sequence[Letter]
    earlier: str = ""
    unread: Sequence[UUID] = field(default_factory=tuple)

    @property
    def newest(self) -> Letter:
        return self.letters[-1]

    @property
    def is_starred(self) -> bool:
        return any(letter.is_starred for letter in self.letters)


def conversation(
    thread: Thread,
    *,
    private_key: bytes,
    reader: Reader,
    hidden_folders: Collection[UUID] = (),
    opened: UUID | None = None,
    look: Look = AS_EVER,
    before: Cursor | None = None,
) -> Conversation | None:
    """The letters of a conversation that are not in hidden folders; None if none is left.

    The newest, the unread (eight at most) and the one named are open; look: how the
    one named is shown. Fifty at a time, newest first in the query, oldest first in the result.
    """
    messages = Message.objects.filter(mailbox=thread.mailbox_id, thread=thread).exclude(
        folder__in=list(hidden_folders)
    )
    if before is not None:
        messages = messages.filter(before.and_older("received_at"))
    found = list(messages.order_by("-received_at", "-id")[: PAGE + 1])
    if not found:
        return None
    newest_first, rest = found[:PAGE], found[PAGE:]
    to_open = _to_open(newest_first, opened)
    looks = {opened: look} if opened else {}
    letters = _letters(newest_first, to_open, private_key, reader, looks)
    last = newest_first[-1]
    urgency = max((message.urgency for message in newest_first), default=0)
    return Conversation(
        id=thread.pk,
        subject=_subject(letters[::-1]),
        urgency=urgency,
        urgency_word=str(URGENCY.get(urgency, "")),
        letters=letters[::-1],
        earlier=str(Cursor(last.received_at, last.pk)) if rest else "",
        unread=[message.pk for message in newest_first if not message.is_read],
    )


def letter(message: Message, *, private_key: bytes, reader: Reader, look: Look = AS_EVER) -> Letter:
    """One letter, open."""
    return _letters([message], {message.pk}, private_key, reader, {message.pk: look})[0]


def _to_open(newest_first: Sequence[Message], opened: UUID | None) -> set[UUID]:
    unread = [message.pk for message in newest_first if not message.is_read]
    return {newest_first[0].pk, *unread[:MOST_OPEN]} | ({opened} if opened else set())


@dataclass(frozen=True)
class _Read:
    """A letter as it was read: nothing where its seal is broken, a summary where it is folded."""

    message: Message
    summary: Summary | None
    rendition: Rendition | None

    @property
    def is_strange(self) -> bool:
        """Whether an open letter came from where anybody may write."""
        is_inside = self.message.is_own or self.message.origin == Message.Origin.PORTAL
        return self.rendition is not None and not is_inside


@dataclass(frozen=True)
class _Around:
    """What the letters of a page have in common: asked for once, for all of them."""

    reader: Reader
    offices: Mapping[str, Office]
    imitated: Mapping[str, str]
    chosen: Mapping[int, Chosen]
    sendings: Mapping[UUID, Sending]
    looks: Mapping[UUID, Look]
    said: Said


def _letters(
    messages: Sequence[Message],
    to_open: Collection[UUID],
    private_key: bytes,
    reader: Reader,
    looks: Mapping[UUID, Look],
) -> list[Letter]:
    _fetch_contents([message for message in messages if message.pk in to_open])
    read = [_Read(one, *_read(one, one.pk in to_open, private_key)) for one in messages]
    strange = [one.summary.sender_address for one in read if one.is_strange and one.summary]
    offices = offices_of(
        (one.summary.sender_address for one in read if one.summary),
        also=frozenset().union(*(lookalikes(domain_of(address)) for address in strange)),
    )
    around = _Around(
        reader=reader,
        offices=offices,
        imitated=_imitated(read, offices),
        chosen=chosen_for(
            messages[0].mailbox_id, private_key, [one.rendition for one in read if one.rendition]
        ),
        sendings=_sendings([message.pk for message in messages if message.is_own]),
        looks=looks,
        said=said_of((one.message, one.rendition) for one in read),
    )
    return [_letter(one, around) for one in read]


def _imitated(read: Sequence[_Read], offices: Mapping[str, Office]) -> Mapping[str, str]:
    """Which senders of open letters could be taken for others."""
    outside = {
        one.summary.sender_address: one.message.is_first_contact
        for one in read
        if one.summary and one.is_strange and domain_of(one.summary.sender_address) not in offices
    }
    if not outside:
        return {}
    strangers = [address for address, is_first in outside.items() if is_first]
    return imitated(read[0].message.mailbox_id, outside, offices.keys(), strangers=strangers)


def _fetch_contents(messages: Sequence[Message]) -> None:
    """One query for the contents of the open letters; the folded ones stay where they are."""
    contents = Content.objects.in_bulk([message.content_id for message in messages])
    for message in messages:
        message.content = contents[message.content_id]


def _read(
    message: Message, is_open: bool, private_key: bytes
) -> tuple[Summary | None, Rendition | None]:
    try:
        summary = open_summary(message, private_key)
        return summary, open_rendition(message, private_key) if is_open else None
    except SealBroken:
        return None, None


def _letter(one: _Read, around: _Around) -> Letter:
    message, summary, rendition = one.message, one.summary, one.rendition
    address = summary.sender_address if summary else ""
    office = around.offices.get(domain_of(address))
    sender = Sender.of(message, summary, office, around.imitated.get(address, ""))
    look = around.looks.get(message.pk, AS_EVER)
    chosen = around.chosen.get(id(rendition), NOTHING_CHOSEN)
    return Letter(
        id=message.pk,
        thread=message.thread_id,
        mailbox=message.mailbox_id,
        heading=heading_of(summary, sender, message.received_at, around.reader),
        sheet=sheet_of(rendition, around.reader, sender, look=look, chosen=chosen)
        if rendition
        else None,
        is_own=message.is_own,
        is_starred=message.is_starred,
        is_unread=not message.is_read,
        has_attachment=bool(summary and summary.has_attachment),
        is_broken=summary is None,
        sending=around.sendings.get(message.pk),
        asked=_asked(one, around),
    )


def _asked(one: _Read, around: _Around) -> Asked | None:
    """What an open letter asks of its reader; nothing but where it asks something."""
    if one.rendition is None:
        return None
    reader = around.reader
    return asked_of(
        one.message, one.rendition, reader.manner, reader=reader.address, said=around.said
    )


def _sendings(own: Sequence[UUID]) -> dict[UUID, Sending]:
    """How far each own letter has come, by its Sent copy."""
    if not own:
        return {}
    tallies = Submission.objects.filter(sent_copy__in=own).values_list("sent_copy_id", "tally")
    counted: dict[UUID, dict[str, int]] = {copy: tally for copy, tally in tallies}
    return {
        copy: Sending(
            total=sum(states.values()),
            arrived=sum(states.get(state, 0) for state in DONE),
            failed=sum(states.get(state, 0) for state in FAILED),
        )
        for copy, states in counted.items()
    }


def _subject(oldest_first: Sequence[Letter]) -> str:
    """What the conversation began with: answers only put words before it."""
    return next((one.heading.subject for one in oldest_first if not one.is_broken), "")
