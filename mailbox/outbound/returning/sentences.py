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
    Reason.BUSY: _("Your agency's gateway is too busy at the moment."),
    Reason.TIMED_OUT: _("Your agency's gateway did not answer in time."),
    Reason.GARBLED: _("Your agency's gateway gave an answer that no mail server gives."),
    Reason.LOST_BEFORE: _("The connection broke before the message was sent."),
    Reason.LOST_AFTER: _("The connection broke while the message was being sent."),
    Reason.RELAY_DENIED: _("The gateway does not pass on mail to this address."),
    Reason.OFF_HOURS: _("Your agency's gateway is not in use at this hour."),
    Reason.OWN_LIMIT: _(
        "Your agency's gateway takes only so many letters a minute; it is waiting its turn."
    ),
    # The message.
    Reason.NO_8BIT: _("Your agency's gateway does not take this kind of message."),
    Reason.NO_UTF8: _("Your agency's gateway does not know addresses in this script."),
    Reason.TOO_LARGE: _("The message is too large for the gateway or for the recipient."),
    Reason.UNFIT: _("The message has lines that mail servers do not take; it was not sent."),
    Reason.CONTENT: _("The receiving side does not take what is in this message."),
    # The recipient.
    Reason.BAD_ADDRESS: _("The address is not written in a way that mail servers take."),
    Reason.UNKNOWN_USER: _("There is no such recipient at this address."),
    Reason.UNKNOWN_DOMAIN: _("The domain of this address does not exist or takes no mail."),
    Reason.MAILBOX_FULL: _("The recipient's mailbox is full."),
    Reason.MAILBOX_CLOSED: _("The recipient's mailbox has been closed."),
    # The other side's rules.
    Reason.GREYLISTED: _(
        "The receiving side asks every new sender to come back a little later; that is usual."
    ),
    Reason.TOO_MUCH: _(
        "The receiving side has had too much mail in a short time and asks to wait."
    ),
    Reason.TOO_MANY_RECIPIENTS: _(
        "The gateway takes fewer recipients at a time; the others follow."
    ),
    Reason.SENDER_REFUSED: _("The sender's address was not accepted."),
    Reason.UNTRUSTED: _(
        "The receiving side could not confirm that this comes from your agency's domain."
    ),
    Reason.BLOCKED: _(
        "The receiving side takes mail from your agency for spam, or has blocked its gateway."
    ),
    Reason.POLICY: _("The receiving side's rules do not let this message in."),
    # The road beyond the gateway.
    Reason.NO_ROOM: _("The server has no room for mail at the moment."),
    Reason.ONWARD: _("The gateway cannot reach the recipient's mail server at the moment."),
    Reason.LOOP: _("The message went round in a circle between mail servers."),
    Reason.TOO_LATE: _("A server on the way tried for too long and gave up."),
    # All others that a server spoke itself.
    Reason.LATER: _("The receiving side asks to try again later."),
    Reason.REFUSED: _("The receiving side refused the message."),
    Reason.INTERNAL: _("The portal met an error of its own. An operator has been told."),
    Reason.GIVEN_UP: _("A mail officer has taken it out of the queue; it is tried no more."),
}


# Of whom it did not reach, as far as is known, though a try for them ended in doubt (P9).
MAYBE = _("An earlier try may have arrived all the same.")


def sentence_for(reason: Reason | str, code: int = 0, enhanced: str = "", words: str = "") -> str:
    """One sentence in the reader's language; of a reason not kept, the codes decide; else ""."""
    try:
        known = Reason(reason) or reason_for(code, enhanced, words)
    except ValueError:  # of a newer version, or another's row
        known = reason_for(code, enhanced, words)
    return str(SENTENCES.get(known, ""))
