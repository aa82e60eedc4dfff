"""Letters of the portal itself, filed straight into a mailbox: a welcome, a reminder.

They are made with public halves only, so any worker may. They come from an address nobody
reads, say that a machine wrote them (RFC 3834 5), and nothing is answered to them.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Account
from mailbox.filing.contents import store_content
from mailbox.filing.messages import file_copies
from mailbox.ids import new_id
from mailbox.mime.addresses import domain_of
from mailbox.mime.build import Letter
from mailbox.mime.rendition import Address
from mailbox.models import Mailbox, Message
from mailbox.outbound.sending.posting import write
from mailbox.sealing.content import new_key

NAME = "GovMail Portal"


@transaction.atomic(savepoint=False)
def put_into(account: Account, *, subject: str, text: str, name: str, now: datetime) -> bool:
    """File a letter for an account; False where it has no mailbox yet.

    name: what the letter is of its kind ("welcome-12"); it makes the Message-ID, and the same
    letter of the same moment is filed once.
    """
    mailbox = Mailbox.objects.filter(account=account).first()
    if mailbox is None:
        return False
    domain = domain_of(account.address)
    letter = Letter(
        sender=Address(NAME, f"no-reply@{domain}"),
        to=(Address(account.name if account.name != account.address else "", account.address),),
        subject=subject,
        text=text,
        message_id=f"{name}@{domain}",
        date=now,
        auto_submitted="auto-generated",
    )
    written, key = write(letter), new_key()
    content = store_content(written.packed, key, new_id(), words=written.words)
    file_copies(
        content,
        key,
        written.rendition,
        mailbox_ids=[mailbox.pk],
        received_at=now,
        duplicate_of=written.identity,
        origin=Message.Origin.PORTAL,
        words=written.words,
    )
    return True
