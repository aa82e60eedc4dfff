"""Read receipts: sent only when the reader says so, to nobody but the letter's sender."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from govmail_portal import dates
from govmail_portal.dates import Manner
from govmail_portal.errors import NotYours
from mailbox.errors import NothingToAnswer
from mailbox.mime.addresses import domain_of
from mailbox.mime.build import Letter
from mailbox.mime.parts.notification import displayed
from mailbox.mime.trust.asking import against_receipt
from mailbox.models import Message
from mailbox.models.delegations import may_write
from mailbox.opening import open_rendition
from mailbox.outbound.composing.senders import sender_of
from mailbox.outbound.submission import post_letter

Receipt = Message.Receipt


@transaction.atomic
def send(
    message: Message, *, by: Account, private_key: bytes, manner: Manner, now: datetime
) -> None:
    """Tell the sender that the letter has been read: once, without a return path.

    Raises NothingToAnswer where none is asked for, it would go to another than the
    sender, or it has been answered already; NotYours, MayNotSend.
    """
    _settle(message, Receipt.SENT, by)
    rendition = open_rendition(message, private_key)
    asked = rendition.receipt_to
    if asked is None or against_receipt(rendition):
        raise NothingToAnswer
    sender = sender_of(message.mailbox, by)
    words = {"title": rendition.subject, "when": dates.moment(now, manner), "name": by.name}
    letter = Letter(
        sender=sender.author,
        on_behalf=sender.delegate,
        to=(asked,),
        subject=(_("Read: %(title)s") % words)[:500],
        text=_("Your letter “%(title)s” was opened by %(name)s on %(when)s.") % words
        + "\n\n"
        + _("This says that it was shown, not that it was understood or agreed to."),
        message_id=f"{uuid.uuid4()}@{domain_of(sender.account.address)}",
        in_reply_to=rendition.message_id,
        references=(rendition.message_id,),
        date=now,
        auto_submitted="auto-replied",
        notification=displayed(reader=sender.account.address, original=rendition.message_id),
    )
    post_letter(message.mailbox, letter, by=by, now=now, is_automatic=True)


def decline(message: Message, *, by: Account) -> None:
    """Send nothing, and do not ask again. NothingToAnswer if it has been answered; NotYours."""
    _settle(message, Receipt.DECLINED, by)


def _settle(message: Message, receipt: str, by: Account) -> None:
    """Write the answer down; of two windows only the first does."""
    if message.is_own or not may_write(message.mailbox, by):
        raise NotYours
    open_ones = Message.objects.filter(
        mailbox=message.mailbox_id, pk=message.pk, receipt=Receipt.NONE
    )
    if not open_ones.update(receipt=receipt):
        raise NothingToAnswer
    message.receipt = receipt
