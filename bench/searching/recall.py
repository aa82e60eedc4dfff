"""Searching 1,500 articles through the whole engine: what is found, and what it costs.

The developers' queries (../shared/search) and others, drawn by a seed nobody has tuned for.
Recall counts what a reader calls a hit (a part that cuts no Thai cluster); "strict" every
substring. Precision before verification: of the candidates the index names, those that hold
the words, the mean over kinds; a query without candidates counts as 1.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formataddr
from itertools import chain
from statistics import mean
from uuid import UUID

from django.db import connection
from django.utils import timezone

from bench.measuring import Figure, at_least, at_most
from bench.population import account
from bench.searching.articles import Article, Asked, articles, given, unseen
from mailbox.filing.contents import store_content
from mailbox.filing.indexed.words import words_of
from mailbox.filing.messages import file_copies
from mailbox.ids import new_id
from mailbox.mime.parse import parse as parse_message
from mailbox.mime.rendition import pack
from mailbox.models import Mailbox, Message, SearchIndex
from mailbox.opening import mailbox_key
from mailbox.sealing import content as sealed_content
from mailbox.searching.plan import Places, plan
from mailbox.searching.query import parse
from mailbox.searching.segments import merging
from mailbox.searching.segments.folding import fold
from mailbox.searching.segments.reading import candidates
from mailbox.searching.segments.sealing import open_index_key
from mailbox.searching.stepping.finding import Search, search
from mailbox.searching.stepping.steps import Limits
from mailbox.searching.terms import bits_of
from mailbox.searching.words import normalise

SEED = 20_261_123
TABLES = ("searchblock", "searchsegment", "searchindex", "unfoldedsignature", "searchtext")
PEOPLE = (
    ("สมชาย ใจดี", "somchai.j@interior.example"),
    ("กองการเจ้าหน้าที่", "person@health.example"),
    ("วิภา ศรีสุข", "wipa.s@finance.example"),
)
# Which article a conversation is.
Names = Mapping[UUID, str]


def measure() -> list[Figure]:
    every = articles()
    mailbox = Mailbox.objects.get(account=account("recall"))
    empty = _sizes()
    names = _file(every, mailbox)
    key = mailbox_key(mailbox)
    begun, folded = time.perf_counter(), 0
    while some := fold(mailbox, key):
        folded += some
        index = SearchIndex.objects.in_use().get(mailbox=mailbox)
        while due := merging.due(index):
            merging.merge(index, open_index_key(index, key), due)
    per_second = folded / (time.perf_counter() - begun)
    figures = _bytes(empty, len(every))
    figures += [Figure("folded into segments, and these merged", per_second, "/s"), _speed(every)]
    for what, queries in (("given", given()), ("unseen", unseen(every, SEED))):
        figures += _asked(what, queries, mailbox, key, names)
    return figures


def _file(every: Sequence[Article], mailbox: Mailbox) -> Names:
    start = timezone.now() - timedelta(hours=len(every))
    names = {}
    for number, one in enumerate(every):
        made = EmailMessage()
        made["From"] = formataddr(PEOPLE[number % len(PEOPLE)])
        made["To"] = mailbox.account.address
        # A header holds a line only.
        made["Subject"] = " ".join(one.title.split())
        made["Message-ID"] = f"<{one.id}@news.example>"
        made.set_content(one.body)
        raw = made.as_bytes().replace(b"\n", b"\r\n")
        rendition, sections = parse_message(raw)
        content_key, content_id = sealed_content.new_key(), new_id()
        packed = pack(rendition, raw, sections)
        words = words_of(rendition, packed)
        content = store_content(packed, content_key, content_id, words=words)
        file_copies(
            content,
            content_key,
            rendition,
            mailbox_ids=[mailbox.pk],
            received_at=start + timedelta(hours=number),
            duplicate_of=None,
            words=words,
        )
        names[Message.objects.get(content=content).thread_id] = one.id
    return names


def _bytes(empty: Mapping[str, float], messages: int) -> list[Figure]:
    """Of the index: what its tables, their indexes and what is out of line have grown by."""
    grown = {name: (size - empty[name]) / messages for name, size in _sizes().items()}
    words = grown.pop("searchtext")
    figures = [Figure(f"of it {name}", size, "B") for name, size in grown.items()]
    index = at_most("the index, a message", sum(grown.values()), "B", 700)
    return [index, *figures, Figure("words to verify against, a message", words, "B")]


def _sizes() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL ANALYZE " + ", ".join(f"mailbox_{name}" for name in TABLES))
        sizes = {}
        for name in TABLES:
            cursor.execute(_SIZE, [f"mailbox_{name}"])
            sizes[name] = float(cursor.fetchone()[0])
    return sizes


# With the partitions, if the table has any.
_SIZE = """
SELECT pg_total_relation_size(t) + coalesce(
  (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = t), 0)
FROM (SELECT %s::regclass::oid) AS it (t)
"""


def _speed(every: Sequence[Article]) -> Figure:
    texts = [one.text for one in every]
    size = sum(len(text.encode()) for text in texts)
    begun = time.process_time()
    for text in texts:
        bits_of(text)
    return at_least(
        "terms of Thai text, one core", size / 1e6 / (time.process_time() - begun), "MB/s", 5
    )


def _asked(
    what: str, queries: Iterable[Asked], mailbox: Mailbox, key: bytes, names: Names
) -> list[Figure]:
    recall, strict, shown, named = (defaultdict[str, list[float]](list) for _ in range(4))
    extra = set()
    for one in queries:
        found, candidate = _found(one, mailbox, key, names)
        recall[one.kind].append(_share(found & one.must, one.must))
        strict[one.kind].append(_share(found & one.may, one.may))
        # A name or an address on the envelope is a hit like others.
        wrong = {name for name in found - one.may if not _on_envelope(one)}
        shown[one.kind].append(_share(found - wrong, found))
        named[one.kind].append(_share(candidate & one.may, candidate))
        if one.is_extra:
            extra.add(one.kind)
    figures = [
        at_least(f"{what}: recall", _mean(recall), "", 0.995),
        at_least(f"{what}: precision as shown", _mean(shown), "", 1),
        at_least(f"{what}: precision before verification", _over_kinds(named), "", 0.5),
        Figure(f"{what}: recall of every substring (strict)", _mean(strict), ""),
    ]
    for kind in recall:
        note = " (extra)" if kind in extra else ""
        figures.append(Figure(f"{what}: {kind}{note}: recall", mean(recall[kind]), ""))
        figures.append(Figure(f"{what}: {kind}{note}: candidates right", mean(named[kind]), ""))
    return figures


def _found(one: Asked, mailbox: Mailbox, key: bytes, names: Names) -> tuple[set[str], set[str]]:
    """The articles of all pages, and those that the index names."""
    now = timezone.now()
    planned = plan(parse(one.text, today=now.date()), Places())
    asked = Search(mailbox, planned, key, now)
    found, after = set(), None
    while True:
        step = search(asked, after=after, limits=Limits(seconds=60))
        found |= {names[hit.message.thread_id] for hit in step.hits}
        if (after := step.place) is None:
            break
    ids = [named.message_id for named in candidates(mailbox, planned.root, key)]
    threads = Message.objects.filter(mailbox=mailbox, pk__in=ids).values_list(
        "thread_id", flat=True
    )
    return found, {names[thread] for thread in threads}


def _on_envelope(one: Asked) -> bool:
    written = normalise(" ".join((*chain(*PEOPLE), "recall@bench.test")))
    return any(part in written for part in one.parts)


def _share(part: frozenset[str] | set[str], whole: frozenset[str] | set[str]) -> float:
    return len(part) / len(whole) if whole else 1.0


def _mean(by_kind: Mapping[str, Sequence[float]]) -> float:
    return mean(value for values in by_kind.values() for value in values)


def _over_kinds(by_kind: Mapping[str, Sequence[float]]) -> float:
    return mean(mean(values) for values in by_kind.values())
