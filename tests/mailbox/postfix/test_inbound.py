"""The tested configuration in front of the portal: a real Postfix hands on by real LMTP."""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox.mime.trust.hops import author_of, headers_of, is_called_spam
from mailbox.models import Arrival, DistributionList
from mailbox.outbound.returning.paths import path_for
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox.postfix.mta import Postfix
from tests.mailbox.test_lmtp import COMMANDS, TRICKS, kept

pytestmark = pytest.mark.django_db(transaction=True)

AMINA, DARA = "amina@transport.example", "dara@elsewhere.example"
MTA = "mx.portal.example"
HARD = (
    b"Message-ID: <hard@elsewhere.example>\r\nSubject: =?utf-8?B?4LiZ4LmJ4Liz?=\r\n"
    b"From: dara@elsewhere.example\r\nX-Folded: one\r\n\ttwo  \r\n\r\n"
    b".begins with a dot\r\n..\r\n.\r\n trailing blanks  \r\n\xff\xfe raw\r\n"
    + b"x" * 5_000
    + "\r\nไทยล้วนไม่มีวรรค\r\n\r\n".encode()
)


@contextmanager
def calling(postfix: Postfix) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.ehlo("mail.elsewhere.example")
        yield client


def send(postfix: Postfix, raw: bytes, *recipients: str) -> None:
    with calling(postfix) as client:
        client.sendmail(DARA, recipients or (AMINA,), raw, ["BODY=8BITMIME"])


def arrived(postfix: Postfix, count: int) -> None:
    postfix.wait_for(lambda: Arrival.objects.count() >= count, "nothing arrived")


# A report on spam, or a letter that came back: its own words about who had it stay in it.
ENCLOSED = (
    b"Message-ID: <enclosed@elsewhere.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\nX-Spam: Yes\r\n\r\nSee below.\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Received: from x by gateway.agency.example (Postfix); then\r\n"
    b"Authentication-Results: mx.portal.example; dkim=fail\r\nX-Spam-Status: Yes\r\n"
    b"Subject: spam\r\n\r\nbuy\r\n--b--\r\n"
)


# A circular names all of a ministry; a field of such a length Postfix would cut off.
MANY = (
    b"Message-ID: <many@elsewhere.example>\r\nSubject: x\r\nTo: "
    + b",\r\n ".join(b"somebody.or.other.%d@transport.example" % n for n in range(4_000))
    + b"\r\n\r\nbody\r\n"
)


def named(number: int | str) -> bytes:
    return f"Message-ID: <{number}@elsewhere.example>\r\nSubject: x\r\n\r\nbody\r\n".encode()


def test_a_letter_arrives_octet_by_octet_below_the_trace(
    inbound: Postfix, portal: Cast, keyring: StoredKeyring
) -> None:
    send(inbound, HARD)
    arrived(inbound, 1)
    (raw,) = kept(keyring)
    assert raw.endswith(HARD)
    trace = raw.removesuffix(HARD).decode()
    assert trace.startswith("Received: from mail.elsewhere.example")
    assert f"by {MTA} (Postfix)" in trace
    fields = re.findall(r"^([A-Za-z-]+):", trace, re.MULTILINE)
    assert sorted(fields) == ["Authentication-Results", "Received"]


def test_what_is_enclosed_in_a_letter_is_not_touched(
    inbound: Postfix, portal: Cast, keyring: StoredKeyring
) -> None:
    send(inbound, ENCLOSED)
    arrived(inbound, 1)
    assert kept(keyring)[0].endswith(ENCLOSED)


def test_the_portal_says_who_exists_before_the_letter_is_taken(
    inbound: Postfix, portal: Cast
) -> None:
    DistributionList.objects.create(
        agency=portal.transport, address="all@transport.example", name_th="ทุกคน"
    )
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    path = path_for(portal.mailbox_of(portal.amina).pk, tomorrow, "transport.example")
    with calling(inbound) as client:
        client.mail(DARA)
        there = [AMINA, "amina+x@transport.example", "all@transport.example", path]
        assert [client.rcpt(one)[0] for one in there] == [250] * 4
        forged = path.replace("@", "x@", 1)
        nowhere = ["nobody@transport.example", forged, "dara@elsewhere.example"]
        assert [client.rcpt(one)[0] for one in nowhere] == [550, 550, 554]
        assert b"127.0.0.1" not in client.rcpt("nobody@transport.example")[1], "the door's address"


def test_nobody_outside_speaks_in_our_name_and_our_own_filter_is_believed(
    inbound: Postfix, portal: Cast, keyring: StoredKeyring
) -> None:
    forged = (
        f"Authentication-Results: {MTA};\r\n dkim=pass header.d=transport.example\r\n"
        f"authentication-results: (so) {MTA.upper()}; dmarc=pass\r\n"
        f"Authentication-Results : {MTA}; dmarc=pass header.from=transport.example\r\n"
        "X-Spam-Flag: YES\r\nX-Spam : Yes\r\nX-Spam: Yes\r\n"
    ).encode()
    honest = b"Authentication-Results: mx.elsewhere.example; spf=pass\r\n" + named(1)
    send(inbound, forged + honest)
    arrived(inbound, 1)
    (raw,) = kept(keyring)
    assert raw.endswith(honest)
    assert b"dkim=pass" not in raw and b"dmarc=pass" not in raw and b"X-Spam" not in raw
    headers = headers_of(raw)
    _author, found = author_of(headers, MTA)
    assert (found.spf, found.dkim) == ("pass", "") and not is_called_spam(headers, MTA)


def test_what_the_filter_calls_spam_is_spam_and_what_a_stranger_calls_so_is_not(
    inbound: Postfix, portal: Cast, keyring: StoredKeyring
) -> None:
    with calling(inbound) as client:
        client.sendmail("spam@elsewhere.example", [AMINA], named("spam"))
        client.sendmail(DARA, [AMINA], b"X-Spam: Yes\r\n" + named("ham"))
        arrived(inbound, 2)
    spam = {b"<spam@" in raw: is_called_spam(headers_of(raw), MTA) for raw in kept(keyring)}
    assert spam == {True: True, False: False}


def test_nothing_is_smuggled_in_behind_a_letter(
    inbound: Postfix, portal: Cast, keyring: StoredKeyring
) -> None:
    for trick in TRICKS:
        with socket.create_connection(("127.0.0.1", inbound.port), 30) as line:
            speak(line, trick)
    send(inbound, named("the last"))
    inbound.wait_for(lambda: not inbound.waiting(), "the queue does not empty")
    messages = kept(keyring)
    assert any(b"the last" in raw for raw in messages)
    bruno = portal.mailbox_of(portal.bruno).pk
    assert not any(bruno in arrival.mailbox_ids for arrival in Arrival.objects.all())
    assert all(b"MAIL FROM:<evil" in raw for raw in messages if b"the last" not in raw)


def speak(line: socket.socket, trick: bytes) -> None:
    """Send a letter to Amina with another to Bruno behind a line that looks like an end."""
    heard = line.makefile("rb")

    def reply() -> bytes:
        while (said := heard.readline())[3:4] == b"-":
            pass
        return said

    reply()
    for command in (
        b"EHLO x.example",
        b"MAIL FROM:<dara@elsewhere.example>",
        b"RCPT TO:<amina@transport.example>",
    ):
        line.sendall(command + b"\r\n")
        assert reply().startswith(b"250")
    line.sendall(b"DATA\r\n")
    assert reply().startswith(b"354")
    line.sendall(b"Subject: x\r\n\r\none" + trick + COMMANDS + b"two\r\n.\r\n")
    assert reply()
    line.sendall(b"QUIT\r\n")
    reply()
