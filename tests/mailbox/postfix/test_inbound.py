"""The tested configuration in front of the portal: a real Postfix hands on by real LMTP."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox.models import Arrival, DistributionList
from mailbox.outbound.returning.paths import path_for
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox.postfix.conftest import Behind
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


def named(number: int | str) -> bytes:
    return f"Message-ID: <{number}@elsewhere.example>\r\nSubject: x\r\n\r\nbody\r\n".encode()


def test_a_letter_arrives_octet_by_octet_below_the_trace(
    inbound: Postfix, behind: Behind, keyring: StoredKeyring
) -> None:
    with behind():
        send(inbound, HARD)
        arrived(inbound, 1)
    (raw,) = kept(keyring)
    assert raw.endswith(HARD)
    trace = raw.removesuffix(HARD).decode()
    assert trace.startswith("Received: from mail.elsewhere.example")
    assert f"by {MTA} (Postfix)" in trace
    assert trace.count("\r\n") == trace.count("\r\n\t") + 1, "one folded field and no other"


def test_the_portal_says_who_exists_before_the_letter_is_taken(
    inbound: Postfix, behind: Behind, cast: Cast
) -> None:
    DistributionList.objects.create(
        agency=cast.transport, address="all@transport.example", name_th="ทุกคน"
    )
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    path = path_for(cast.mailbox_of(cast.amina).pk, tomorrow, "transport.example")
    with behind(), calling(inbound) as client:
        client.mail(DARA)
        there = [AMINA, "amina+x@transport.example", "all@transport.example", path]
        assert [client.rcpt(one)[0] for one in there] == [250] * 4
        forged = path.replace("@", "x@", 1)
        nowhere = ["nobody@transport.example", forged, "dara@elsewhere.example"]
        assert [client.rcpt(one)[0] for one in nowhere] == [550, 550, 554]


def test_nobody_outside_speaks_in_our_name(
    inbound: Postfix, behind: Behind, keyring: StoredKeyring
) -> None:
    forged = (
        f"Authentication-Results: {MTA};\r\n dkim=pass header.d=transport.example\r\n"
        f"authentication-results: (so) {MTA.upper()}; dmarc=pass\r\n"
        "X-Spam-Flag: YES\r\nX-Spam: Yes\r\n"
    ).encode()
    honest = b"Authentication-Results: mx.elsewhere.example; spf=pass\r\n" + named(1)
    with behind():
        send(inbound, forged + honest)
        arrived(inbound, 1)
    (raw,) = kept(keyring)
    assert raw.endswith(honest)
    assert b"dkim=pass" not in raw and b"X-Spam" not in raw


def test_nothing_is_smuggled_in_behind_a_letter(
    inbound: Postfix, behind: Behind, cast: Cast, keyring: StoredKeyring
) -> None:
    with behind():
        for trick in TRICKS:
            with socket.create_connection(("127.0.0.1", inbound.port), 30) as line:
                speak(line, trick)
        send(inbound, named("the last"))
        inbound.wait_for(lambda: not inbound.waiting(), "the queue does not empty")
    messages = kept(keyring)
    assert any(b"the last" in raw for raw in messages)
    bruno = cast.mailbox_of(cast.bruno).pk
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


def test_while_the_portal_has_no_room_the_mta_keeps_the_letter(
    inbound: Postfix, behind: Behind, cast: Cast
) -> None:
    with behind():
        send(inbound, named("before"))
        arrived(inbound, 1)
    with behind(LMTP_FREE_DISK_MB=str(10**9)):
        send(inbound, named("meanwhile"))
        inbound.wait_for(lambda: "451 4.3.1 No room" in inbound.log(), "nobody was put off")
        assert inbound.waiting() == 1 and Arrival.objects.count() == 1
    with behind():
        inbound.flush()
        arrived(inbound, 2)
        inbound.wait_for(lambda: not inbound.waiting(), "it stays in the queue")
    assert Arrival.objects.count() == 2


def test_whatever_dies_behind_the_mta_every_letter_arrives(
    inbound: Postfix, behind: Behind, keyring: StoredKeyring
) -> None:
    wanted = {str(number) for number in range(30)}
    for round_ in range(3):
        with behind(count=2) as lmtpd:
            for number in range(10):
                send(inbound, named(round_ * 10 + number))
            lmtpd.kill()
    with behind():
        inbound.flush()
        inbound.wait_for(lambda: not inbound.waiting(), "letters stay in the queue")
    said = [raw.partition(b"Message-ID: <")[2].partition(b"@")[0].decode() for raw in kept(keyring)]
    assert set(said) == wanted
