"""Why a letter has not arrived, or not yet: one sentence for each reason, for its author."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailbox.smtp.replies import reason_for
from mailbox.smtp.verdicts import Reason

SENTENCES: Mapping[Reason, Promise] = {
    # Our way to the gateway.
    Reason.NO_GATEWAY: _("No gateway has been set up for your agency yet."),
    Reason.UNREACHABLE: _("Your agency's gateway could not be reached."),
    Reason.CERTIFICATE: _(
        "The certificate of your agency's gateway is not the right one; nothing was sent to it."
    ),
    Reason.NO_TLS: _("Your agency's gateway offers no secure connection; nothing was sent to it."),
    Reason.LOGIN: _("Your agency's gateway did not accept the portal's login."),
    Reason.PASSWORD: _("The password for your agency's gateway cannot be used."),
    Reason.NOT_LOOPBACK: _("Your agency's gateway may only be reached over a secure connection."),
    Reason.NOT_GREETED: _("Your agency's gateway closed the connection."),
    Reason.BUSY: _("The server is busy or closing down; it is tried again."),
    Reason.TIMED_OUT: _("Your agency's gateway did not answer in time."),
    Reason.GARBLED: _("Your agency's gateway gave an answer that cannot be understood."),
    Reason.LOST_BEFORE: _("The connection broke before the message was sent."),
    Reason.LOST_AFTER: _("The connection broke while the message was being sent."),
    Reason.RELAY_DENIED: _("Your agency's gateway does not pass mail on to this address."),
    # The message.
    Reason.NO_8BIT: _("Your agency's gateway does not take this kind of message."),
    Reason.NO_UTF8: _("Your agency's gateway does not know addresses in this script."),
    Reason.TOO_LARGE: _("The message is larger than the other side takes."),
    Reason.UNFIT: _("The message has a form that the other side does not take."),
    Reason.CONTENT: _("The other side refused the message because of what is in it."),
    # The recipient.
    Reason.BAD_ADDRESS: _("The address is not written as an address must be."),
    Reason.UNKNOWN_USER: _("Nobody has this address there; please check how it is written."),
    Reason.UNKNOWN_DOMAIN: _(
        "What stands behind the @ does not exist or takes no mail; please check how it is written."
    ),
    Reason.MAILBOX_FULL: _("The recipient's mailbox is full."),
    Reason.MAILBOX_CLOSED: _("The recipient's mailbox has been closed."),
    # The other side's rules.
    Reason.GREYLISTED: _("The other side takes mail from new senders only at a later try."),
    Reason.TOO_MUCH: _("The other side takes no more messages for the moment."),
    Reason.TOO_MANY_RECIPIENTS: _("The message had more recipients than the other side takes."),
    Reason.SENDER_REFUSED: _("The other side does not take mail from your address."),
    Reason.UNTRUSTED: _("The other side could not verify that the message is from your agency."),
    Reason.BLOCKED: _("The other side took the message for spam, or blocks your agency's gateway."),
    Reason.POLICY: _("The other side's rules do not allow this message."),
    # The road beyond the gateway.
    Reason.NO_ROOM: _("The other side has no room left for mail."),
    Reason.ONWARD: _("The recipient's server could not be reached."),
    Reason.LOOP: _("The message went in a circle between servers."),
    Reason.TOO_LATE: _("A server on the way gave up after trying for too long."),
    # All others that a server spoke itself.
    Reason.LATER: _("The other side asked to try later."),
    Reason.REFUSED: _("The other side refused the message."),
    Reason.INTERNAL: _("The portal met an error of its own. An operator has been told."),
}


def sentence_for(reason: Reason | str, code: int = 0, enhanced: str = "", words: str = "") -> str:
    """One sentence in the reader's language; of a reason not kept, the codes decide; else ""."""
    try:
        known = Reason(reason) or reason_for(code, enhanced, words)
    except ValueError:  # of a newer version, or another's row
        known = reason_for(code, enhanced, words)
    return str(SENTENCES.get(known, ""))
