"""Letters as paper: what is printed of one, or of a whole conversation.

The paper carries the text of a letter, never its markup: a frame of a sender's
HTML is cut off at the foot of a printed page, and outside its frame such HTML has
no place in our pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from mailbox.errors import SealBroken
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Rendition, Summary
from mailbox.models import Folder, Message, Thread
from mailbox.opening import open_rendition, open_summary
from mailbox.reading.correspondents import Office, author_of, offices_of
from mailbox.reading.files import Files
from mailbox.reading.letters import Heading, Reader, heading_of, sheet_of
from mailbox.reading.listing import URGENCY
from mailbox.reading.senders.notices import Sender

# Letters of one conversation on paper; the newest of them.
MOST = 100


@dataclass(frozen=True)
class Page:
    """One letter on paper. sender: by name, own letters too, for paper goes to others.

    people: pairs of a field's name and its addresses; says_sender: From is not among them,
    for it stands above with name and address.
    """

    id: UUID
    heading: Heading
    is_own: bool
    sender: str = ""
    people: Sequence[tuple[str, Sequence[str]]] = ()
    says_sender: bool = False
    files: Files | None = None
    text: str = ""
    is_formatted: bool = False
    is_broken: bool = False


@dataclass(frozen=True)
class Paper:
    """What goes to the printer. is_whole: False where older letters were left out."""

    subject: str
    urgency: int
    urgency_word: str
    pages: Sequence[Page]
    is_whole: bool = True


def paper_of(message: Message, *, private_key: bytes, reader: Reader) -> Paper:
    """One letter as paper."""
    return _paper([message], private_key, reader)


def paper_of_thread(thread: Thread, *, private_key: bytes, reader: Reader) -> Paper | None:
    """A conversation as paper, oldest first; None if all of it is in the bin or is spam."""
    hidden = (Folder.Kind.TRASH, Folder.Kind.SPAM)
    messages = Message.objects.filter(mailbox=thread.mailbox_id, thread=thread).exclude(
        folder__kind__in=hidden
    )
    newest = list(messages.select_related("content").order_by("-received_at", "-id")[: MOST + 1])
    if not newest:
        return None
    return _paper(newest[:MOST][::-1], private_key, reader, is_whole=len(newest) <= MOST)


def _paper(
    messages: Sequence[Message], private_key: bytes, reader: Reader, *, is_whole: bool = True
) -> Paper:
    read = [(one, *_read(one, private_key)) for one in messages]
    offices = offices_of(summary.sender_address for _one, summary, _rendition in read if summary)
    pages = [
        _page(one, summary, rendition, _office(summary, offices), reader)
        for one, summary, rendition in read
    ]
    urgency = max(one.urgency for one in messages)
    return Paper(
        subject=next((page.heading.subject for page in pages if not page.is_broken), ""),
        urgency=urgency,
        urgency_word=str(URGENCY.get(urgency, "")),
        pages=pages,
        is_whole=is_whole,
    )


def _office(summary: Summary | None, offices: Mapping[str, Office]) -> Office | None:
    return offices.get(domain_of(summary.sender_address)) if summary else None


def _read(message: Message, private_key: bytes) -> tuple[Summary | None, Rendition | None]:
    try:
        return open_summary(message, private_key), open_rendition(message, private_key)
    except SealBroken:
        return None, None


def _page(
    message: Message,
    summary: Summary | None,
    rendition: Rendition | None,
    office: Office | None,
    reader: Reader,
) -> Page:
    sender = Sender.of(message, summary, office)
    heading = heading_of(summary, sender, message.received_at, reader)
    if summary is None or rendition is None:
        return Page(message.pk, heading, message.is_own, is_broken=True)
    sheet = sheet_of(rendition, reader, sender)
    says_sender = bool(heading.address) and len(rendition.senders) == 1
    return Page(
        id=message.pk,
        heading=heading,
        is_own=message.is_own,
        sender=author_of(summary, was_sent_here=message.was_sent_here),
        people=sheet.people[1:] if says_sender else sheet.people,
        says_sender=says_sender,
        files=sheet.files,
        text=rendition.text.strip("\n"),
        is_formatted=bool(rendition.html),
    )
