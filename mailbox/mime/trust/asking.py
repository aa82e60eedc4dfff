"""Whether what a letter asks for may go to whom it names.

An answer tells its receiver that the reader exists, is at work and has read. So it
goes only to the address the letter is from, and an invitation's only if that address
is proven: the organiser is a line that anybody can write into a calendar.
"""

from __future__ import annotations

from mailbox.mime.addresses import is_valid_address
from mailbox.mime.rendition import Rendition

NO_QUESTION = "none"
OTHER_ADDRESS = "other-address"
UNPROVEN = "unproven"


def against_answering(rendition: Rendition, *, from_portal: bool, reader: str) -> str:
    """Why an invitation cannot be answered by mail, or nothing if it can.

    from_portal: the letter was sent by an account of this portal. reader: their address.
    """
    invitation, sender = rendition.invitation, rendition.sender
    if invitation is None or invitation.method != "request" or invitation.is_cancelled:
        return NO_QUESTION
    if invitation.organiser is None or sender is None or not invitation.uid:
        return NO_QUESTION
    organiser = invitation.organiser.address.lower()
    if organiser == reader.lower():
        return NO_QUESTION
    if organiser != sender.address.lower() or len(rendition.senders) != 1:
        return OTHER_ADDRESS
    if not is_valid_address(organiser):
        return OTHER_ADDRESS
    return "" if from_portal or rendition.authentication.is_proven else UNPROVEN


def against_receipt(rendition: Rendition) -> str:
    """Why a receipt that is asked for cannot be sent, or nothing if it can (RFC 8098 2.1)."""
    asked, sender = rendition.receipt_to, rendition.sender
    if asked is None or sender is None or not rendition.message_id:
        return NO_QUESTION
    if asked.address.lower() != sender.address.lower() or len(rendition.senders) != 1:
        return OTHER_ADDRESS
    return ""
