"""What somebody does in a mailbox, each as a call to be timed through the real views."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from bench.scale.letters import rendition
from mailbox.filing import file_copies
from mailbox.filing.contents import store_content
from mailbox.mime.rendition import pack
from mailbox.models import Folder, Mailbox, Message, Placement
from mailbox.reading import sorting
from mailbox.reading.cursors import Cursor
from mailbox.reading.folders import folders_of
from mailbox.sealing import content as sealed_content

MOVED = 1_000
FILED = 100
TEN_KB = 10_240


@dataclass(frozen=True)
class Somebody:
    """A signed-in reader of one mailbox. start: when its first message came; size: how many."""

    mailbox: Mailbox
    client: Client
    start: datetime
    size: int

    @property
    def inbox(self) -> Folder:
        return Folder.objects.get(mailbox=self.mailbox, kind=Folder.Kind.INBOX)

    @property
    def url(self) -> str:
        return f"/mail/{self.mailbox.id}/inbox/"

    @property
    def deep(self) -> str:
        """The page in the middle of the inbox."""
        middle = self.start + timedelta(minutes=self.size // 2)
        return f"{self.url}?before={Cursor(middle, uuid.UUID(int=2**128 - 1))}"

    def get(self, url: str) -> None:
        answer = self.client.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}.")


def opening(who: Somebody, ten_kb: Message) -> dict[str, Callable[[], object]]:
    """A letter of 10 kB with its frame, and counts."""
    opened = f"{who.url}t/{ten_kb.thread_id}/"
    return {
        "open a conversation, 10 kB": lambda: who.get(opened),
        "its frame": lambda: who.get(f"/mail/message/{ten_kb.pk}/body/"),
        "unread counts": lambda: [one.count for one in folders_of(who.mailbox)],
    }


def put_ten_kb(mailbox: Mailbox, number: int) -> Message:
    """File a letter of 10 kB, as the newest, and return it."""
    file_some(mailbox, number, 1, size=TEN_KB)
    return Message.objects.filter(mailbox=mailbox).latest("received_at", "id")


def file_some(mailbox: Mailbox, first: int, count: int, *, size: int = 0) -> None:
    """File so many new letters, one transaction each, as a worker does when they are read."""
    for number in range(first, first + count):
        read = rendition(number, size=size)
        raw = read.text.encode()
        key = sealed_content.new_key()
        stored = store_content(pack(read, raw, []), key, uuid.uuid4())
        file_copies(
            stored,
            key,
            read,
            mailbox_ids=[mailbox.pk],
            received_at=timezone.now(),
            duplicate_of=None,
        )


def move_and_back(who: Somebody) -> Callable[[], object]:
    """Move the newest conversations that hold 1,000 messages to the archive, or back."""
    archive = Folder.objects.get(mailbox=who.mailbox, kind=Folder.Kind.ARCHIVE)
    rows = Placement.objects.page(who.inbox)[:MOVED].values_list("thread_id", "message_count")
    chosen, messages = [], 0
    for thread, count in rows:
        if messages >= MOVED:
            break
        chosen.append(thread)
        messages += count
    places = [archive, who.inbox]

    def move() -> None:
        to = places.pop(0)
        places.append(to)
        sorting.move(places[0], chosen, to=to, now=timezone.now())

    return move
