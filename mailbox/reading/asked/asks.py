"""What a letter asks of its reader, or tells of another's: for the page, above its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from govmail_portal.dates import Manner
from mailbox.mime.parts.report import Report
from mailbox.mime.rendition import Rendition
from mailbox.mime.trust.asking import NO_QUESTION, against_receipt
from mailbox.models import InvitationAnswer, Message
from mailbox.reading.asked.invitations import Card, card_of

Said = Mapping[UUID, tuple[str, datetime]]


@dataclass(frozen=True)
class Asked:
    """receipt: "ask" for the bar with its buttons, "doubtful" where it would go to another
    than the sender, "sent", or empty. report: what a receipt that came back says.
    """

    invitation: Card | None = None
    receipt: str = ""
    receipt_to: str = ""
    report: str = ""

    def __bool__(self) -> bool:
        return bool(self.invitation or self.receipt or self.report)


def said_of(read: Iterable[tuple[Message, Rendition | None]]) -> Said:
    """The answers on record for letters with an invitation: one query, none where there is none."""
    asking = [one.pk for one, rendition in read if rendition and rendition.invitation]
    if not asking:
        return {}
    rows = InvitationAnswer.objects.filter(message__in=asking)
    return {row.message_id: (row.answer, row.answered_at) for row in rows}


def asked_of(
    message: Message, rendition: Rendition, manner: Manner, *, reader: str, said: Said
) -> Asked:
    """What one letter asks."""
    return Asked(
        invitation=card_of(message, rendition, manner, reader=reader, said=said.get(message.pk)),
        receipt=_receipt(message, rendition),
        receipt_to=rendition.receipt_to.address if rendition.receipt_to else "",
        report=_words(rendition.report) if rendition.report else "",
    )


def _receipt(message: Message, rendition: Rendition) -> str:
    against = against_receipt(rendition)
    if message.is_own or against == NO_QUESTION:
        return ""
    if message.receipt == Message.Receipt.SENT:
        return "sent"
    if message.receipt == Message.Receipt.DECLINED:
        return ""
    return "doubtful" if against else "ask"


def _words(report: Report) -> str:
    words = {
        "displayed": _("%(who)s has opened your letter."),
        "deleted": _("%(who)s has deleted your letter without opening it."),
        "dispatched": _("%(who)s has passed your letter on."),
        "processed": _("A program of %(who)s has processed your letter."),
    }[report.disposition]
    return words % {"who": report.recipient or _("The recipient")}
