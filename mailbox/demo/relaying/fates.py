"""Letters of the demo that were taken, put off, refused, came back, or nobody knows.

By the portal's own journeys, at moments of the past; only the gateway is played. What is
still owed goes on by itself: workers try it again at the demo's gateways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from mailbox.demo.mail import all_keys
from mailbox.demo.people import officials
from mailbox.demo.post import PostOffice, reading_process
from mailbox.demo.relaying.letters import Fate, fates
from mailbox.inbound.arrivals import file_arrival, put_off, take_in
from mailbox.mime.reading_process import ReadingFailed
from mailbox.models import Arrival, Gateway, Submission
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import undo
from mailbox.smtp.gateway import AboutToSend, OutOfReach
from mailbox.smtp.verdicts import Verdict

AUTHORS = ("wiphada.c", "somchai.t")
COLLEAGUE = "orathai.p"
# How long the next server takes to find out that it cannot deliver.
_COMES_BACK_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class PlayedGateway:
    """Says to each recipient what the story has it say; a fault of its own is said to all."""

    gateway_id: int | None
    said: Mapping[str, Verdict]

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        """Take the message for those it says yes to, or perhaps."""
        answers = {who: self.said[who] for who in recipients}
        for verdict in answers.values():
            if verdict.is_gateways_fault and not verdict.in_doubt:
                raise OutOfReach(verdict)
        if taken := [who for who, one in answers.items() if one.accepted or one.in_doubt]:
            about_to_send(taken)
        return answers


def load_fates(now: datetime) -> int:
    """Send the letters that are missing, all or none; return how many. now: aware.

    Needs the people and the gateways of the demo, and the worker's keys beside the web tier's.
    """
    addresses = {one.login: one.address for one in officials()}
    wanted = {login: addresses[login] for login in (*AUTHORS, COLLEAGUE)}
    accounts = {one.address: one for one in Account.objects.active()}
    people = {login: accounts[address] for login, address in wanted.items()}
    office = PostOffice(people)
    author = office.boxes[AUTHORS[0]]
    if Submission.objects.filter(mailbox=author, has_failed=True).exists():
        return 0
    with all_keys(), transaction.atomic():
        told = fates(office.address_of(COLLEAGUE))
        for fate in told:
            _come_to_pass(office, fate, now)
        _hold_one(office, now - timedelta(hours=4))
    return len(told)


def _come_to_pass(office: PostOffice, fate: Fate, now: datetime) -> None:
    at = now - fate.ago
    if fate.leaves_in is not None:
        office.send(fate.login, fate.letter, at=at, leaves_at=now + fate.leaves_in)
        return
    if fate.is_called_back:
        window = int(fate.ago.total_seconds()) + 60
        sent = office.send(fate.login, fate.letter, at=at, undo_seconds=window)
        undo(sent, by=office.people[fate.login], now=now)
        return
    sent = office.send(fate.login, fate.letter, at=at)
    gateway = PlayedGateway(_gateway_of(office.people[fate.login]), fate.said)
    # Each try at its moment, as a worker would have made it, up to now.
    while sent.due_at is not None and sent.due_at <= now:
        relay(sent, gateways=lambda _asked: [gateway], now=sent.due_at)
        sent.refresh_from_db()
    if fate.report is not None:
        _come_back(sent, *fate.report, at=at + _COMES_BACK_AFTER)


def _gateway_of(author: Account) -> int | None:
    rows = Gateway.objects.filter(agency=author.agency_id, is_enabled=True).order_by("order")
    return rows.values_list("pk", flat=True).first()


def _come_back(sent: Submission, address: str, status: str, said: str, *, at: datetime) -> None:
    """A report on the letter arrives at its return path (RFC 3464)."""
    domain = address.partition("@")[2]
    lines = (
        *(f"From: MAILER-DAEMON@mx.{domain}", "Subject: Undelivered Mail Returned to Sender"),
        *(f"Message-ID: <report-{sent.pk}@mx.{domain}>", "MIME-Version: 1.0"),
        *('Content-Type: multipart/report; report-type=delivery-status; boundary="=b"', ""),
        *("--=b", "Content-Type: text/plain", "", "The message could not be delivered.", ""),
        *("--=b", "Content-Type: message/delivery-status", "", f"Reporting-MTA: dns; mx.{domain}"),
        *("", f"Final-Recipient: rfc822; {address}", "Action: failed", f"Status: {status}"),
        *(f"Diagnostic-Code: smtp; {said}", "", "--=b--", ""),
    )
    raw = "\r\n".join(lines).encode()
    arrival = take_in(
        raw,
        sender="",
        mailboxes=[],
        recipients=[],
        returned_to=sent.pk,
        now=at,
        nudge=lambda _: None,
    )
    file_arrival(arrival, reader=reading_process(), now=at)


def _hold_one(office: PostOffice, at: datetime) -> None:
    """A message that could not be read within its time, however often it was tried."""
    arrival = take_in(
        b"From: <office@oldmail.example>\r\nSubject: x\r\n\r\nx\r\n",
        sender="office@oldmail.example",
        mailboxes=[office.boxes[AUTHORS[0]].pk],
        recipients=[office.people[AUTHORS[0]].address],
        now=at,
        nudge=lambda _: None,
    )
    arrival.attempts = settings.FILING_ATTEMPTS
    Arrival.objects.filter(pk=arrival.pk).update(attempts=arrival.attempts)
    put_off(arrival, ReadingFailed("timeout"), now=at + timedelta(minutes=10))
