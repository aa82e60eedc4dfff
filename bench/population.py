"""Mailboxes of any size, made quickly: real sealed rows that share one content."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Account, Agency, AgencyDomain, Official
from mailbox.filing.contents import store_content
from mailbox.filing.mailboxes import open_mailbox
from mailbox.ids import new_id
from mailbox.mime.parse import parse
from mailbox.mime.rendition import pack, summary_of
from mailbox.models import Content, Folder, Mailbox, Message, Placement, Thread
from mailbox.sealing import content as sealed_content
from mailbox.sealing import hpke, infos, records

TEXT = "เรียน ผู้อำนวยการกองทุกท่าน โปรดส่งรายงานความคืบหน้าภายในวันศุกร์นี้ตามแบบที่แนบ "


def letter(size: int, number: int = 0, recipient: str = "someone@bench.test") -> bytes:
    """Return a plain Thai message of about `size` bytes."""
    head = (
        "From: Sender Somchai <somchai@outside.test>\r\n"
        f"To: {recipient}\r\nSubject: Progress report {number}\r\n"
        f"Message-ID: <bench-{number}-{uuid.uuid4()}@outside.test>\r\n"
        "Date: Tue, 8 Jan 2008 09:12:00 +0700\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode()
    line = (TEXT + "\r\n").encode()
    return head + line * max(1, (size - len(head)) // len(line))


def account(local: str) -> Account:
    """Return an active account with a mailbox, in an agency of the bench."""
    agency, _ = Agency.objects.get_or_create(
        name_th="กองวัดผล", letter_code="วผ", state=Agency.State.LIVE
    )
    AgencyDomain.objects.get_or_create(domain="bench.test", agency=agency)
    person = Official.objects.create(given_name_th="ทดสอบ", family_name_th=local)
    made = Account(
        address=f"{local}@bench.test", official=person, agency=agency, state=Account.State.ACTIVE
    )
    made.set_unusable_password()
    made.save()
    open_mailbox(made, [made.address])
    return made


def shared_content(size: int) -> tuple[Content, bytes, Any]:
    """Return one stored content, its key and its rendition."""
    raw = letter(size)
    rendition, sections = parse(raw)
    packed = pack(rendition, raw, sections)
    key, content_id = sealed_content.new_key(), new_id()
    return store_content(packed, key, content_id), key, rendition


def fill(mailbox: Mailbox, count: int, *, size: int = 8192, batch: int = 5000) -> None:
    """Put `count` conversations of one message each into the inbox, a minute apart."""
    content, key, rendition = shared_content(size)
    inbox = Folder.objects.get(mailbox=mailbox, kind=Folder.Kind.INBOX)
    sealed_key = hpke.seal(
        key, bytes(mailbox.public_key), info=infos.for_content(mailbox.id, content.id)
    )
    summary = summary_of(rendition).to_json()
    start = timezone.now() - timedelta(minutes=count + 10)
    for first in range(0, count, batch):
        _fill_batch(
            mailbox,
            inbox,
            content,
            (sealed_key, key, summary),
            (first, min(batch, count - first), start),
        )
    Folder.objects.filter(pk=inbox.pk).update(conversation_count=count, unread_count=0)


def _fill_batch(
    mailbox: Mailbox,
    inbox: Folder,
    content: Content,
    sealed: tuple[bytes, bytes, Any],
    span: tuple[int, int, datetime],
) -> None:
    sealed_key, key, summary = sealed
    first, count, start = span
    threads, messages, placements = [], [], []
    for number in range(first, first + count):
        at = start + timedelta(minutes=number)
        thread = Thread(mailbox=mailbox, latest_at=at)
        message = Message(
            mailbox=mailbox,
            content=content,
            thread=thread,
            folder=inbox,
            sealed_key=sealed_key,
            received_at=at,
            size=content.plain_size,
            is_read=True,
        )
        message.sealed_summary = records.seal_record(
            summary, key, purpose="summary", binding=str(message.id)
        )
        threads.append(thread)
        messages.append(message)
        placements.append(
            Placement(mailbox=mailbox, thread=thread, folder=inbox, latest=message, latest_at=at)
        )
    Thread.objects.bulk_create(threads)
    Message.objects.bulk_create(messages)
    Placement.objects.bulk_create(placements)
