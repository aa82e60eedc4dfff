"""The founding letter to 10,000 mailboxes: seconds, bytes, copies of the content."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from django.db import connection, connections
from django.utils import timezone

from accounts.models import Account, Agency
from bench.measuring import Figure, at_least
from bench.population import account
from mailbox.filing import file_copies
from mailbox.filing.contents import store_content
from mailbox.filing.indexed.words import words_of
from mailbox.filing.mailboxes import open_mailbox
from mailbox.ids import new_id
from mailbox.mime.build import Enclosure, Letter, build
from mailbox.mime.parse import parse
from mailbox.mime.rendition import Address, Rendition, pack
from mailbox.models import Content, Message
from mailbox.sealing import content as sealed_content
from tests.smoke.letter import SUBJECT, enclosures, text

MAILBOXES, BATCH, WORKERS = 10_000, 200, 2


def _mailboxes(agency: Agency) -> list[uuid.UUID]:
    accounts = [
        Account(address=f"c{n}@bench.test", agency=agency, state="active", password="!")
        for n in range(MAILBOXES)
    ]  # unusable
    made = Account.objects.bulk_create(accounts)
    return [open_mailbox(one, [one.address]).id for one in made]


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _file(stored: Content, key: bytes, rendition: Rendition, boxes: list[uuid.UUID]) -> int:
    """What a worker does with a piece of a circular: the words are read back, not made again."""
    return file_copies(
        stored, key, rendition, mailbox_ids=boxes, received_at=timezone.now(), duplicate_of=None
    )


def measure() -> list[Figure]:
    sender = account("secretariat")
    begun = time.perf_counter()
    ids = _mailboxes(sender.agency)
    opened = time.perf_counter() - begun
    raw = build(_letter())
    rendition, sections = parse(raw)
    key, content_id = sealed_content.new_key(), new_id()
    before, contents = _database_bytes(), Content.objects.count()
    begun = time.perf_counter()
    packed = pack(rendition, raw, sections)
    words = words_of(rendition, packed)
    stored = store_content(packed, key, content_id, words=words)
    connections.close_all()  # not to be shared with the children
    pieces = [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("fork")) as pool:
        filed = sum(pool.map(partial(_file, stored, key, rendition), pieces))
    seconds = time.perf_counter() - begun
    if Message.objects.filter(content=stored).count() != MAILBOXES or filed != MAILBOXES:
        raise RuntimeError(f"{filed} of {MAILBOXES} copies were filed.")
    return [
        Figure(f"open {MAILBOXES:,} mailboxes (key pairs, folders)", opened, "s"),
        Figure("message as built", len(raw), "bytes"),
        Figure(f"filed in {MAILBOXES:,} mailboxes", seconds, "s"),
        at_least(f"by {WORKERS} processes, 200 at a time", MAILBOXES / seconds, "/s", 800),
        Figure("copies of the content", Content.objects.count() - contents, "copies"),
        Figure("content sealed", stored.sealed_size, "bytes"),
        Figure("rows of all mailboxes, with indexes", _database_bytes() - before, "bytes"),
        Figure("a mailbox's own share", (_database_bytes() - before) / MAILBOXES, "bytes"),
    ]


def _letter() -> Letter:
    return Letter(
        sender=Address("สำนักเลขาธิการคณะรัฐมนตรี", "secretariat@bench.test"),
        to=(Address("", "everybody@bench.test"),),
        subject=SUBJECT,
        text=text(),
        attachments=tuple(Enclosure(*file) for file in enclosures()),
        message_id=f"{uuid.uuid4()}@bench.test",
        date=timezone.now(),
        urgency=3,
    )
