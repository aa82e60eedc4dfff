"""What servers say, as they say it, and what it means to the one who wrote the letter."""

from __future__ import annotations

import pytest

from mailbox.smtp.replies import GATEWAY_FAULTS, Reason, reason_for
from mailbox.smtp.verdicts import from_reply

# The words are those of Postfix, Exim, sendmail, Exchange, Gmail, Dovecot and iRedMail.
SAID = [
    ("450 4.2.0 <d@x.test>: Recipient address rejected: Greylisted, see x", Reason.GREYLISTED),
    ("451 4.7.1 Greylisting in action, please come back later", Reason.GREYLISTED),
    ("450 4.2.2 The recipient's inbox is out of storage space", Reason.MAILBOX_FULL),
    ("552 5.2.2 <d@x.test>: Quota exceeded (mailbox for user is full)", Reason.MAILBOX_FULL),
    ("552 Mailbox quota exceeded", Reason.MAILBOX_FULL),
    ("550 5.1.1 <d@x.test>: Recipient address rejected: User unknown", Reason.UNKNOWN_USER),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP lookup", Reason.UNKNOWN_USER),
    ("550 5.4.1 Recipient address rejected: Access denied.", Reason.UNKNOWN_USER),
    ("550 No such user here", Reason.UNKNOWN_USER),
    ("550 5.2.1 The email account that you tried to reach is disabled", Reason.MAILBOX_CLOSED),
    ("450 4.2.1 The user you are trying to contact is receiving mail at a rate", Reason.TOO_MUCH),
    ("550 5.1.2 Host unknown (Name server: host not found)", Reason.UNKNOWN_DOMAIN),
    ("556 5.1.10 Domain has a null MX", Reason.UNKNOWN_DOMAIN),
    ("553 5.1.3 Bad recipient address syntax", Reason.BAD_ADDRESS),
    ("450 4.1.8 <a@y.test>: Sender address rejected: Domain not found", Reason.SENDER_REFUSED),
    ("552 5.3.4 Message size exceeds fixed maximum message size", Reason.TOO_LARGE),
    ("552 5.2.3 Your message exceeded our size limits", Reason.TOO_LARGE),
    ("452 4.3.1 Insufficient system storage", Reason.NO_ROOM),
    ("452 4.5.3 Error: too many recipients", Reason.TOO_MANY_RECIPIENTS),
    ("421 4.3.2 Service shutting down", Reason.BUSY),
    ("421 4.7.0 Try again later, closing connection. Rate limited", Reason.TOO_MUCH),
    ("530 5.7.0 Must issue a STARTTLS command first", Reason.LOGIN),
    ("550 5.7.57 Client not authenticated to send mail", Reason.LOGIN),
    ("554 5.7.1 <d@x.test>: Relay access denied", Reason.RELAY_DENIED),
    ("550 5.7.26 Unauthenticated email from y.test is not accepted", Reason.UNTRUSTED),
    ("550 5.7.1 SPF check failed", Reason.UNTRUSTED),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen", Reason.BLOCKED),
    ("550 5.7.1 Message contains a virus", Reason.CONTENT),
    ("554 5.6.0 Message content rejected", Reason.CONTENT),
    ("550 5.7.1 You may not write to this list", Reason.POLICY),
    ("554 5.4.6 Routing loop detected", Reason.LOOP),
    ("554 Too many hops", Reason.LOOP),
    ("451 4.4.1 Connection timed out", Reason.ONWARD),
    ("550 5.4.7 Delivery time expired", Reason.TOO_LATE),
    ("550 5.6.7 SMTPUTF8 is required", Reason.NO_UTF8),
    ("451 Temporary local problem", Reason.LATER),
    ("450 mailbox unavailable", Reason.LATER),
    ("554 Transaction failed", Reason.REFUSED),
    ("250 2.0.0 taken, though the mailbox is full", Reason.NONE),
    ("450 4.1.1 <d@x.test>: Recipient address rejected: unverified address", Reason.LATER),
    ("450 4.1.2 <d@x.test>: Recipient address rejected: Domain not found", Reason.LATER),
    ("554 5.7.9 Message not accepted for policy reasons", Reason.POLICY),
    ("534 5.7.9 Authentication mechanism is too weak", Reason.LOGIN),
    ("550 5.7.1 Sender not authenticated: neither SPF nor DKIM", Reason.UNTRUSTED),
    ("550 5.5.3 <d@x.test>: so many at a time are not taken", Reason.TOO_MANY_RECIPIENTS),
]


@pytest.mark.parametrize(("line", "reason"), SAID, ids=range(len(SAID)))
def test_a_servers_words_are_read_for_the_sender(line: str, reason: Reason) -> None:
    assert from_reply(int(line[:3]), line[4:]).reason == reason


def test_an_enhanced_code_alone_is_enough_as_in_a_report() -> None:
    assert reason_for(0, "5.1.1", "") == Reason.UNKNOWN_USER
    assert reason_for(0, "4.4.7", "") == Reason.TOO_LATE
    assert reason_for(0, "5.9.9", "") == Reason.REFUSED
    assert reason_for(0, "", "") == reason_for(0, "2.1.5", "") == Reason.NONE


@pytest.mark.parametrize("said", ["552 too many recipients", "550 5.5.3 no more of them, please"])
def test_too_many_recipients_is_for_later_whatever_its_code(said: str) -> None:
    verdict = from_reply(int(said[:3]), said[4:])
    assert (verdict.code, verdict.final) == (452, False)


def test_a_doubt_has_no_reason_of_the_servers() -> None:
    assert from_reply(354, "go on", in_doubt=True).reason == Reason.NONE


def test_a_recipients_trouble_is_not_the_gateways() -> None:
    assert Reason.UNREACHABLE in GATEWAY_FAULTS and Reason.MAILBOX_FULL not in GATEWAY_FAULTS
    assert from_reply(421, "4.3.2 later").is_gateways_fault
    assert not from_reply(550, "5.1.1 no").is_gateways_fault
