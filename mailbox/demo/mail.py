"""The demo's mail: a few hundred letters of the last five weeks, the same in every demo.

Texts are our own (`texts/`, `circular`). All or nothing, in one transaction; a
second time does nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from accounts.people import directory
from mailbox.demo import circular, habits, made_files, outsiders, special
from mailbox.demo.people import officials
from mailbox.demo.post import Letter, PostOffice
from mailbox.demo.threads import Conversation, Turn, conversations
from mailbox.mime.build import Letter as OutsideLetter
from mailbox.mime.build import build
from mailbox.mime.rendition import Address
from mailbox.mime.threading import answer_subject
from mailbox.models import Folder, Message, Placement
from mailbox.reading import sorting
from mailbox.sealing import key_files, keyring
from mailbox.sealing.keyring import StoredKeyring

SEED = 2551
WEEKS = 5
ISSUES = 3
UNREAD_DAYS = 3
LEFT_UNREAD = 3


def load_mail(*, now: datetime) -> int:
    """Fill the demo officials' mailboxes; return how many letters were written.

    now: aware; the newest letter is some minutes older. Needs the worker's keys beside
    the web tier's: where `KEYRING_FILE` lies in a folder with all of them, it reads them.
    """
    people = {one.login: one.address for one in officials()}
    accounts = directory.listed(Account.objects.active().filter(address__in=people.values()))
    by_address = {account.address: account for account in accounts}
    found = {login: by_address[address] for login, address in people.items()}
    if Message.objects.filter(mailbox__account__in=found.values()).exists():
        return 0
    with all_keys(), transaction.atomic():
        story = _Story(PostOffice(found), random.Random(SEED), now)  # noqa: S311  # a story
        return story.tell()


@contextmanager
def all_keys() -> Iterator[None]:
    """The keys of the worker too, where they lie beside ours: a demo has one machine."""
    folder = Path(settings.KEYRING_FILE).parent
    if not (folder / "worker.json").exists():
        yield
        return
    own = cast(StoredKeyring, keyring.current())
    with keyring.using(key_files.joined(own, key_files.read(folder / "worker.json"))):
        yield


class _Story:
    """Everything that happened, told once."""

    def __init__(self, office: PostOffice, chance: random.Random, now: datetime) -> None:
        self.office, self.chance, self.now = office, chance, now
        self.letters = 0
        self.strangers = 0

    def tell(self) -> int:
        for conversation in conversations():
            for company in conversation.companies:
                self._converse(conversation, company)
        self._newsletters()
        self._old_letters()
        self._special_letters()
        self._circular()
        for login in self.office.logins:
            self._tidy(login)
        author = self.office.logins[0]
        habits.share_templates(self.office.boxes[author], self.office.people[author])
        return self.letters

    def _converse(self, conversation: Conversation, company: tuple[str, ...]) -> None:
        """One conversation in one company, each letter some hours after the one before."""
        strangers = outsiders.STRANGERS[conversation.language]
        stranger = strangers[self.strangers % len(strangers)]
        talk = _Talk(self.office, conversation, company, stranger)
        if talk.has_stranger:
            self.strangers += 1
        at = self._some_morning()
        for turn in conversation.turns:
            if at > self.now - timedelta(minutes=20):
                break
            talk.say(turn, at)
            self.letters += 1
            at = self._later(at)

    def _some_morning(self) -> datetime:
        day = self.now - timedelta(days=self.chance.triangular(0.4, WEEKS * 7, 4))
        return day.replace(minute=self.chance.randrange(60), second=self.chance.randrange(60))

    def _later(self, at: datetime) -> datetime:
        return at + timedelta(hours=self.chance.uniform(0.3, 20), seconds=self.chance.randrange(60))

    def _newsletters(self) -> None:
        for letter in outsiders.newsletters():
            readers = sorted(self.chance.sample(self.office.logins, 14))
            for number in range(1, ISSUES + 1):
                at = self.now - timedelta(days=10 * (ISSUES - number) + self.chance.uniform(1, 8))
                raw = letter.message(number, at)
                self.office.arrive(raw, sender=letter.sender.address, logins=readers, at=at)
                self.letters += 1

    def _old_letters(self) -> None:
        at = self.now - timedelta(days=6)
        for number, (sender, raw) in enumerate(outsiders.old_letters(at)):
            readers = self.office.logins[number::4]
            at_once = at + timedelta(hours=9 * number)
            self.office.arrive(raw, sender=sender, logins=readers, at=at_once)
            self.letters += 1

    def _special_letters(self) -> None:
        for one in special.letters(self.now):
            readers = self.office.logins[:: one.every]
            self.office.arrive(one.raw, sender=one.sender, logins=readers, at=self.now - one.ago)
            self.letters += 1

    def _circular(self) -> None:
        """The circular, to everybody, this morning."""
        others = [login for login in self.office.logins if login != circular.SENDER]
        letter = Letter(
            to=[self.office.address_of(login) for login in others],
            subject=circular.SUBJECT,
            text=circular.TEXT,
            urgency=circular.MOST_URGENT,
            files=circular.enclosures(),
        )
        self.office.write(circular.SENDER, letter, at=self.now - timedelta(minutes=47))
        self.letters += 1

    def _tidy(self, login: str) -> None:
        """What officials do with their mail: read the older, keep some, throw a little away."""
        inbox = Folder.objects.get(mailbox=self.office.boxes[login], kind=Folder.Kind.INBOX)
        rows = list(Placement.objects.page(inbox).values_list("thread_id", "latest_at"))
        fresh = self.now - timedelta(days=UNREAD_DAYS)
        # The newest stay unread: among them the circular, which waits for everybody.
        older = rows[LEFT_UNREAD:]
        read = [thread for thread, at in older if at < fresh or self.chance.random() < 0.3]
        sorting.mark_read(inbox, read)
        if len(rows) > 8:
            sorting.star(inbox, [thread for thread, _at in self.chance.sample(rows[1:], 2)])
            sorting.archive(inbox, [thread for thread, _at in rows[-3:]], now=self.now)
            sorting.trash(inbox, [rows[-4][0]], now=self.now)
        kept = [thread for thread, _at in rows[:-4]]
        habits.furnish(inbox.mailbox, self.office.people[login], kept, now=self.now)


class _Talk:
    """A conversation that is going on: who is who in it, and what has been said."""

    def __init__(
        self,
        office: PostOffice,
        conversation: Conversation,
        company: tuple[str, ...],
        stranger: Address,
    ) -> None:
        self.office, self.conversation, self.stranger = office, conversation, stranger
        self.logins = dict(zip("abcd", company, strict=False))
        self.said: list[Message] = []

    @property
    def has_stranger(self) -> bool:
        return any("x" in (turn.sender, *turn.to) for turn in self.conversation.turns)

    def say(self, turn: Turn, at: datetime) -> None:
        """One letter is written, and arrives."""
        if turn.sender == "x":
            self._from_outside(turn, at)
        else:
            self._from_inside(turn, at)

    def _from_inside(self, turn: Turn, at: datetime) -> None:
        login, first = self.logins[turn.sender], not self.said
        kind = self.conversation.file if first else None
        letter = Letter(
            to=self._people(turn.to),
            cc=self._people(turn.cc),
            subject=self.conversation.subject if first else "",
            text=self._signed(turn),
            urgency=self.conversation.urgency,
            files=[(kind[1], *made_files.make(kind[0], self.conversation.language))]
            if kind
            else [],
        )
        if first:
            sent = self.office.write(login, letter, at=at)
        else:
            contents = [message.content_id for message in self.said]
            asked = self.office.newest(login, contents)
            sent = self.office.answer(login, asked, letter, at=at)
        if sent.sent_copy is not None:
            self.said.append(sent.sent_copy)

    def _from_outside(self, turn: Turn, at: datetime) -> None:
        login = self.logins[turn.to[0]]
        subject, answers = self.conversation.subject, ""
        if self.said:
            subject = answer_subject(subject)
            answers = self.office.message_id_of(login, self.said[-1])
        domain = self.stranger.address.partition("@")[2]
        raw = build(
            OutsideLetter(
                sender=self.stranger,
                to=self._people(turn.to),
                cc=self._people(turn.cc),
                subject=subject,
                text=f"{self._filled(turn.text)}\n\n{self.stranger.name}\n",
                message_id=f"{at:%Y%m%d%H%M%S}.{login}@{domain}",
                in_reply_to=answers,
                references=(answers,) if answers else (),
                date=at,
            )
        )
        raw = f"Authentication-Results: {special.verdict(domain)}\r\n".encode() + raw
        everybody = [self.logins[one] for one in (*turn.to, *turn.cc)]
        self.office.arrive(raw, sender=self.stranger.address, logins=everybody, at=at)
        self.said.append(self.office.latest_in(login))

    def _people(self, letters: tuple[str, ...]) -> tuple[Address, ...]:
        return tuple(
            self.stranger if one == "x" else self.office.address_of(self.logins[one])
            for one in letters
        )

    def _signed(self, turn: Turn) -> str:
        account = self.office.people[self.logins[turn.sender]]
        return f"{self._filled(turn.text)}\n\n{account.name}\n{account.post}"

    def _filled(self, text: str) -> str:
        for letter, login in self.logins.items():
            text = text.replace(f"{{{letter}}}", self.office.people[login].name)
        return text
