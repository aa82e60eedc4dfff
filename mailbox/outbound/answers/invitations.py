"""Answer an invitation: by mail to its organiser, and on record, so that it can be changed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox.errors import NothingToAnswer
from mailbox.mime.addresses import domain_of
from mailbox.mime.build import Letter
from mailbox.mime.parts.invitation import Guest
from mailbox.mime.parts.reply import ANSWERS, reply
from mailbox.mime.rendition import Address
from mailbox.mime.trust.asking import against_answering
from mailbox.models import InvitationAnswer, Message, Submission
from mailbox.models.delegations import may_write
from mailbox.opening import open_rendition
from mailbox.outbound.composing.senders import sender_of
from mailbox.outbound.submission import post_letter

Answer = InvitationAnswer.Answer


def answer(
    message: Message, said: str, *, by: Account, private_key: bytes, now: datetime
) -> Submission:
    """Tell the organiser, and remember what was said last.

    said: one of `InvitationAnswer.Answer`. Raises NothingToAnswer where the letter has no
    invitation, or one whose organiser is not proven to have sent it; NotYours, MayNotSend.
    """
    if not may_write(message.mailbox, by):
        raise NotYours
    sender = sender_of(message.mailbox, by)
    reader = sender.account
    rendition = open_rendition(message, private_key)
    invitation = rendition.invitation
    from_portal = message.origin == Message.Origin.PORTAL
    against = against_answering(rendition, from_portal=from_portal, reader=reader.address)
    organiser = invitation.organiser if invitation else None
    if message.is_own or against or said not in ANSWERS or not invitation or not organiser:
        raise NothingToAnswer
    title = invitation.summary or rendition.subject
    letter = Letter(
        sender=sender.author,
        on_behalf=sender.delegate,
        to=(Address(organiser.name, organiser.address),),
        subject=f"{_words()[said]}: {title}"[:500],
        text=_sentence(said) % {"name": reader.name, "title": title},
        message_id=f"{uuid.uuid4()}@{domain_of(reader.address)}",
        in_reply_to=rendition.message_id,
        references=(*rendition.references, rendition.message_id) if rendition.message_id else (),
        date=now,
        calendar=reply(invitation, said, guest=Guest(sender.author.name, reader.address), now=now),
    )
    with transaction.atomic():
        InvitationAnswer.objects.update_or_create(
            message=message, defaults={"answer": said, "answered_at": now}
        )
        return post_letter(message.mailbox, letter, by=by, now=now)


def _words() -> dict[str, str]:
    return {
        Answer.ACCEPTED: _("Accepted"),
        Answer.TENTATIVE: _("Perhaps"),
        Answer.DECLINED: _("Declined"),
    }


def _sentence(said: str) -> str:
    return {
        Answer.ACCEPTED: _("%(name)s will come: %(title)s"),
        Answer.TENTATIVE: _("%(name)s may come: %(title)s"),
        Answer.DECLINED: _("%(name)s will not come: %(title)s"),
    }[Answer(said)]
