"""Letters that have left, and what servers report of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mailbox import opening
from mailbox.mime.rendition import Rendition
from mailbox.models import Delivery, Folder, Mailbox, Message, Submission
from tests.mailbox.outbound.conftest import Post

State = Delivery.State


def relayed(post: Post, now: datetime, **values: Any) -> Submission:
    """A letter that gateways have taken for everybody outside: nothing is owed any more."""
    sent = post(**values)
    sent.deliveries.filter(mailbox=None).update(state=State.RELAYED, tries=1, due_at=None)
    sent.deliveries.exclude(mailbox=None).update(state=State.FILED, due_at=None)
    nothing_owed = {"due_at": None, "relay_key_id": "", "sealed_key_for_relay": None}
    Submission.objects.filter(pk=sent.pk).update(attempts=1, **nothing_owed)
    sent.refresh_from_db()
    sent.count_again()
    return sent


def report_on(
    *addresses: str,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 User unknown",
    letter: str = "letter-1@transport.example",
) -> bytes:
    """A report as Postfix writes it."""
    groups = [
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n"
        for address in addresses
    ]
    parts = [
        "Content-Type: text/plain\n\nI'm sorry to have to inform you.\n",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.else.example\n\n"
        + "\n".join(groups),
        f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{letter}>\nSubject: Water\n",
    ]
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    head = (
        "From: MAILER-DAEMON@mx.else.example\nTo: r+path@transport.example\n"
        "Subject: Undelivered Mail Returned to Sender\nMessage-ID: <report@mx.else.example>\n"
        "Date: Mon, 23 Nov 2026 15:00:00 +0700\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    )
    return (head + body).replace("\n", "\r\n").encode()


def in_inbox(mailbox: Mailbox) -> list[Rendition]:
    """What lies in the inbox, opened, the newest first."""
    private_key = opening.mailbox_key(mailbox)
    found = Message.objects.filter(mailbox=mailbox, folder__kind=Folder.Kind.INBOX)
    return [
        opening.open_rendition(one, private_key) for one in found.order_by("-received_at", "-pk")
    ]


def states(submission: Submission) -> list[str]:
    return list(submission.deliveries.order_by("position").values_list("state", flat=True))


def hours(count: float) -> timedelta:
    return timedelta(hours=count)
