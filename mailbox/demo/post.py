"""The demo's letters on their way: by the portal's own journeys, at moments of the past.

Letters between officials are drafted, sent and relayed as those from the compose
page are; what comes from outside is taken in and filed as LMTP's is. Needs the keys
of the web tier and of the worker. Nothing leaves the machine: whatever is owed to
somebody outside is taken by a gateway that says yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import Account
from mailbox import opening
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.mime.rendition import Address
from mailbox.models import Draft, Mailbox, Message, Submission
from mailbox.outbound import answering, drafting, submission
from mailbox.outbound.enclosures import attach
from mailbox.outbound.relay import relay
from mailbox.smtp.gateway import AboutToSend
from mailbox.smtp.verdicts import Verdict


@dataclass(frozen=True)
class Letter:
    """What an official writes. to, cc: addresses; files: (name, type, bytes)."""

    to: Sequence[Address]
    text: str
    cc: Sequence[Address] = ()
    subject: str = ""
    urgency: int = 0
    files: Sequence[tuple[str, str, bytes]] = ()


class WillingGateway:
    """A gateway that takes everything and sends nothing."""

    gateway_id = None

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        about_to_send(recipients)
        return {who: Verdict(250, "Accepted", "2.0.0") for who in recipients}


@cache
def reading_process() -> ReadingProcess:
    """Reads what comes in, as a worker does."""
    return ReadingProcess(settings.PARSE_SECONDS, settings.PARSE_MEMORY, settings.AUTHSERV_ID)


class PostOffice:
    """The demo's officials with their mailboxes, by login."""

    def __init__(self, people: dict[str, Account]) -> None:
        self.people = people
        boxes = Mailbox.objects.filter(account__in=people.values()).select_related("account")
        by_account = {box.account_id: box for box in boxes}
        self.boxes = {login: by_account[account.pk] for login, account in people.items()}

    def address_of(self, login: str) -> Address:
        """An official as a recipient."""
        account = self.people[login]
        return Address(account.name, account.address)

    def write(self, login: str, letter: Letter, *, at: datetime) -> Submission:
        """An official writes and sends a letter, which arrives."""
        return _leaves(self.send(login, letter, at=at), at)

    def send(
        self,
        login: str,
        letter: Letter,
        *,
        at: datetime,
        leaves_at: datetime | None = None,
        undo_seconds: int | None = None,
    ) -> Submission:
        """An official writes and sends a letter that no worker has taken yet."""
        by = self.people[login]
        draft = drafting.start(self.boxes[login], by=by, now=at)
        _fill(draft, letter, at)
        return submission.send(draft, by=by, now=at, at=leaves_at, undo_seconds=undo_seconds)

    def answer(self, login: str, message: Message, letter: Letter, *, at: datetime) -> Submission:
        """An official answers a message of theirs; the subject is the answer's own."""
        by = self.people[login]
        draft = answering.reply(message, by=by, now=at)
        _fill(draft, letter, at)
        return _leaves(submission.send(draft, by=by, now=at), at)

    def arrive(self, raw: bytes, *, sender: str, logins: Sequence[str], at: datetime) -> None:
        """A message comes in from outside for these officials."""
        arrival = take_in(
            raw,
            sender=sender,
            mailboxes=[self.boxes[login].pk for login in logins],
            recipients=[self.people[login].address for login in logins],
            now=at,
            nudge=lambda _arrival: None,
        )
        file_arrival(arrival, reader=reading_process(), now=at)

    def newest(self, login: str, contents: Sequence[UUID]) -> Message:
        """The newest of these contents that an official has."""
        found = Message.objects.filter(mailbox=self.boxes[login], content__in=contents)
        return found.select_related("mailbox__account", "content").latest("received_at")

    def latest_in(self, login: str) -> Message:
        """What came into an official's mailbox last."""
        return Message.objects.filter(mailbox=self.boxes[login], is_own=False).latest("received_at")

    def message_id_of(self, login: str, message: Message) -> str:
        """The Message-ID of a message an official has."""
        key = opening.mailbox_key(self.boxes[login])
        return opening.open_rendition(message, key).message_id

    @cached_property
    def logins(self) -> list[str]:
        return list(self.people)


def _fill(draft: Draft, letter: Letter, at: datetime) -> None:
    values: dict[str, Any] = {
        "to": [_typed(who) for who in letter.to],
        "cc": [_typed(who) for who in letter.cc],
        "text": letter.text,
        "urgency": letter.urgency,
    }
    if letter.subject:
        values["subject"] = letter.subject
    drafting.save(draft, values, version=draft.version, now=at)
    for name, kind, data in letter.files:
        attach(draft, name=name, type=kind, data=data)


def _leaves(sent: Submission, at: datetime) -> Submission:
    """It leaves when it can no longer be called back, and is taken."""
    left = at + timedelta(seconds=settings.UNDO_SECONDS)
    relay(sent, gateways=lambda _agency: [WillingGateway()], now=left)
    return sent


def _typed(who: Address) -> dict[str, str]:
    return {"name": who.name, "address": who.address}
