"""The round trip: portal, a Postfix as gateway, a Postfix in front, portal; octet by octet."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from mailbox import opening
from mailbox.inbound.arrivals import file_arrival
from mailbox.mime.reading_process import ReadingProcess
from mailbox.mime.rendition import read_raw
from mailbox.models import Arrival, Delivery, Message, Submission
from mailbox.outbound import drafting
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from mailbox.sealing.keyring import StoredKeyring
from mailbox.smtp.gateway import OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast
from tests.mailbox.postfix import mta
from tests.mailbox.postfix.mta import Postfix
from tests.mailbox.postfix.test_inbound import AMINA, DARA, ENCLOSED, HARD
from tests.mailbox.smtp.servers import Authority
from tests.mailbox.test_lmtp import kept

pytestmark = pytest.mark.django_db(transaction=True)

BRUNO = "bruno@transport.example"
NAME = "gateway.agency.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture(scope="module")
def gateway(
    inbound: Postfix, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postfix]:
    folder = tmp_path_factory.mktemp("tls")
    authority.server_context(folder, NAME)
    with mta.running(
        "gateway",
        relayhost=f"[127.0.0.1]:{inbound.port}",
        default_transport="smtp",
        mynetworks="127.0.0.0/8",
        smtpd_tls_chain_files=str(folder / f"{NAME}.pem"),
    ) as postfix:
        yield postfix


def to(gateway: Postfix, ca_certificates: str) -> SmtpGateway:
    return SmtpGateway(
        host="127.0.0.1",
        port=gateway.port,
        security="starttls",
        tls_name=NAME,
        ca_certificates=ca_certificates,
        local_name="worker.inside.agency.example",
        timeout=20,
    )


def test_a_letter_comes_back_as_it_left(
    gateway: Postfix,
    inbound: Postfix,
    authority: Authority,
    portal: Cast,
    keyring: StoredKeyring,
) -> None:
    # Lines as long as SMTP allows; longer ones the portal never writes.
    letter = HARD.replace(b"x" * 5_000, b"x" * 998)
    written: list[str] = []
    verdicts = to(gateway, authority.pem).hand_over(
        letter, sender=DARA, recipients=[AMINA], about_to_send=written.extend
    )
    assert verdicts[AMINA].accepted and written == [AMINA]
    inbound.wait_for(Arrival.objects.exists, "nothing came back\n" + gateway.log())
    (raw,) = kept(keyring)
    assert raw.endswith(letter)
    trace = raw.removesuffix(letter)
    assert trace.count(b"Received:") == 1, "the gateway tells nobody who called it"
    assert b"inside" not in trace


def test_what_is_enclosed_in_a_letter_is_not_touched_on_the_way_out(
    gateway: Postfix,
    inbound: Postfix,
    authority: Authority,
    portal: Cast,
    keyring: StoredKeyring,
) -> None:
    to(gateway, authority.pem).hand_over(
        ENCLOSED, sender=DARA, recipients=[AMINA], about_to_send=lambda _: None
    )
    inbound.wait_for(Arrival.objects.exists, "nothing came back\n" + gateway.log())
    assert kept(keyring)[0].endswith(ENCLOSED)


def test_a_postfix_with_a_strangers_certificate_is_no_gateway(gateway: Postfix) -> None:
    with pytest.raises(OutOfReach) as refused:
        to(gateway, Authority.new().pem).hand_over(
            HARD, sender=DARA, recipients=[AMINA], about_to_send=lambda _: None
        )
    assert refused.value.verdict.reason == Reason.CERTIFICATE


def sent(cast: Cast, subject: str) -> Submission:
    """A letter of Amina's to Bruno that is due now and must go round by the gateway."""
    now = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS + 1)
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    typed = {"subject": subject, "text": "เรียน บรูโน่\n\n.จุดต้นบรรทัด\n", "to": [BRUNO]}
    drafting.save(draft, typed, version=draft.version, now=now)
    submission = send(draft, by=cast.amina, now=now)
    Delivery.objects.update(mailbox=None)
    return submission


def source_of(message: Message) -> bytes:
    whole = opening.reader(message, opening.mailbox_key(message.mailbox))
    return read_raw(
        whole.read, opening.open_rendition(message, opening.mailbox_key(message.mailbox))
    )


def report_on(path: str) -> bytes:
    """What a server far away writes when the mailbox is not there (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@far.example\r\nTo: {path}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nNobody there.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; far.example\r\n\r\n"
        f"Final-Recipient: rfc822; {BRUNO}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n--b--\r\n"
    ).encode()


def test_a_letter_of_the_portal_goes_all_the_way_round_and_a_report_comes_back(
    gateway: Postfix, inbound: Postfix, authority: Authority, portal: Cast
) -> None:
    reader = ReadingProcess(seconds=30)
    submission = sent(portal, "ไปรอบโลก")
    relay(submission, gateways=lambda _: [to(gateway, authority.pem)], now=timezone.now())
    assert Delivery.objects.get().state == Delivery.State.RELAYED
    inbound.wait_for(Arrival.objects.exists, "nothing came back\n" + gateway.log())
    assert file_arrival(Arrival.objects.get(), reader=reader, now=timezone.now())
    copy, came = (Message.objects.get(is_own=own) for own in (True, False))
    assert came.mailbox == portal.mailbox_of(portal.bruno)
    trace = source_of(came).removesuffix(source_of(copy))
    assert trace != source_of(came) and trace.count(b"Received:") == 1

    (path,) = set(re.findall(r"from=<(r\+[^>]+@transport\.example)>", inbound.log()))
    with smtplib.SMTP("127.0.0.1", inbound.port, timeout=30) as far:
        far.sendmail("", [path], report_on(path))
    inbound.wait_for(Arrival.objects.exists, "no report came back")
    arrival = Arrival.objects.get()
    assert (arrival.returned_to, arrival.mailbox_ids) == (submission.pk, [])
    assert file_arrival(arrival, reader=reader, now=timezone.now())
    reader.close()
    assert Delivery.objects.get().state == Delivery.State.BOUNCED
    assert not Arrival.objects.exists()
