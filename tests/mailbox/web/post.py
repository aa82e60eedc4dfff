"""Letters for the tests of pages: real messages, parsed, sealed and filed, without queues."""

from __future__ import annotations

import uuid
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from django.utils import timezone

from accounts.models import Account
from mailbox.filing.contents import store_content
from mailbox.filing.messages import file_copies, file_own_copy
from mailbox.mime.parse import parse
from mailbox.mime.rendition import pack
from mailbox.models import Message, Thread
from mailbox.sealing import content as sealed_content

AUTHSERV_ID = "mx.portal.test"
OUTSIDER = "Piya Wattana <piya@university.test>"


def letter(
    subject: str = "Meeting on Monday",
    text: str = "Please come.",
    *,
    sender: str = OUTSIDER,
    to: str = "amina@transport.example",
    html: str = "",
    answers: str = "",
) -> EmailMessage:
    """A message; files are added with `add_attachment`."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = f"<{uuid.uuid4()}@university.test>"
    made["Date"] = format_datetime(timezone.now())
    if answers:
        made["In-Reply-To"] = made["References"] = answers
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def deliver(
    message: EmailMessage | bytes,
    *people: Account,
    at: datetime | None = None,
    found: str = "",
    origin: str = Message.Origin.LMTP,
) -> list[Message]:
    """File a message for people, as the worker does; return each one's copy.

    found: what our MTA found out about the sender (RFC 8601); without it, it was not asked.
    """
    raw = message if isinstance(message, bytes) else message.as_bytes().replace(b"\n", b"\r\n")
    if found:
        raw = f"Authentication-Results: {AUTHSERV_ID}; {found}\r\n".encode() + raw
    rendition, sections = parse(raw, AUTHSERV_ID if found else "")
    key, content_id = sealed_content.new_key(), uuid.uuid4()
    content = store_content(pack(rendition, raw, sections), key, content_id)
    boxes = [person.mailbox.pk for person in people]
    at = at or timezone.now()
    file_copies(
        content,
        key,
        rendition,
        mailbox_ids=boxes,
        received_at=at,
        duplicate_of=raw[:2000],
        origin=origin,
    )
    copies = {one.mailbox_id: one for one in Message.objects.filter(content=content)}
    return [copies[box] for box in boxes]


def keep_in_sent(message: EmailMessage, author: Account, *, at: datetime | None = None) -> Message:
    """File an own copy, as sending does."""
    raw = message.as_bytes().replace(b"\n", b"\r\n")
    rendition, sections = parse(raw)
    key, content_id = sealed_content.new_key(), uuid.uuid4()
    content = store_content(pack(rendition, raw, sections), key, content_id)
    return file_own_copy(
        content, key, rendition, mailbox_id=author.mailbox.pk, received_at=at or timezone.now()
    )


def address_of(thread: Thread | Message, folder: str = "inbox") -> str:
    """Where a conversation is read."""
    thread_id = thread.thread_id if isinstance(thread, Message) else thread.pk
    return f"/mail/{thread.mailbox_id}/{folder}/t/{thread_id}/"
