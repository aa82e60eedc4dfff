"""Keeping indexes in order: what a keyholder does in quiet moments, a little at a time.

It folds what has come in, merges segments, builds what is missing, damaged or of an older
scheme, and writes segments anew that have many holes. Mailboxes are looked through in turns,
some at each; several keyholders do each other's work again at worst. Needs the storage key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest

from mailbox.errors import IndexDamaged, SealBroken
from mailbox.filing.indexed import holes
from mailbox.models import Mailbox, SearchIndex, UnfoldedSignature
from mailbox.opening import mailbox_key
from mailbox.searching.segments import merging, rebuilding
from mailbox.searching.segments.folding import WORTH, fold, has_mail_from_before
from mailbox.searching.segments.merging import Overtaken
from mailbox.searching.segments.rebuilding import MailboxGone, Stopped
from mailbox.searching.segments.sealing import open_index_key
from mailbox.searching.segments.state import report_damage
from mailbox.searching.terms import SCHEME

log = logging.getLogger(__name__)

# Mailboxes looked at in one turn.
WINDOW = 200
# Indexes that wait to be built, looked at in one turn.
AT_ONCE = 20
# Fewer rows than are worth a segment are folded too once the oldest has waited for so long.
WAITED, WORTH_THEN = timedelta(days=1), 16
# How long a mailbox is left alone whose index could not be built.
RESTED = timedelta(minutes=10)
# Of so many messages in a hundred gone, an index is written anew.
HOLES = 20

# Whether to stop before the next piece of work.
Stop = Callable[[], bool]


class Keeper:
    """Goes round all mailboxes, WINDOW at a turn, and keeps their indexes in order.

    is_over: whether the process is to end; then what is begun is left, and nothing half-written.
    """

    def __init__(self, is_over: Stop) -> None:
        self._is_over = is_over
        self._after = UUID(int=0)
        self._failed: dict[UUID, datetime] = {}

    def turn(self, *, now: datetime, stop: Stop) -> int:
        """Look at the next mailboxes; return how many pieces of work were done.

        Ends after the piece at which stop() says so. What is being built goes on every time,
        wherever its mailbox stands in the round.
        """
        window, done = self._window(), 0
        for work in (_fold_due(window, now), _repair(window, now), self._build(window, now)):
            for piece in work:
                done += piece
                if stop() or self._is_over():
                    return done
        return done

    def _window(self) -> list[UUID]:
        rows = Mailbox.objects.exclude(sealed_private_key=b"").filter(is_spare=False)
        rows = rows.filter(pk__gt=self._after).order_by("pk")
        found = list(rows.values_list("pk", flat=True)[:WINDOW])
        self._after = found[-1] if len(found) == WINDOW else UUID(int=0)
        return found

    def _build(self, window: Iterable[UUID], now: datetime) -> Iterator[int]:
        """Build where no index can be read; what a search has found broken comes first.

        Where it has just failed it waits, or a few that always fail would be all that is tried.
        """
        self._failed = {pk: at for pk, at in self._failed.items() if now - at < RESTED}
        for box in _needy(window, self._failed):
            with _Care(box, now, reports=False) as care:
                for _figure in rebuilding.rebuild(box, care.private_key, is_over=self._is_over):
                    yield 1
                log.info("mailbox %s: search index built", box.pk)
            if care.has_failed:
                self._failed[box.pk] = now


def _fold_due(window: Iterable[UUID], now: datetime) -> Iterator[int]:
    """Fold where many wait, or some have long waited; then merge what that makes worth it."""
    nth = UnfoldedSignature.objects.filter(mailbox=OuterRef("pk")).order_by("id")
    late = Subquery(nth.values("message__received_at")[WORTH_THEN - 1 : WORTH_THEN])
    many = Subquery(nth.values("id")[WORTH - 1 : WORTH])
    boxes = Mailbox.objects.filter(pk__in=list(window)).annotate(late=late, many=many)
    for box in boxes.filter(Q(many__isnull=False) | Q(late__lt=now - WAITED)):
        with _Care(box, now) as care:
            while fold(box, care.private_key):
                yield 1
                if len(box.unfolded.values_list("pk")[:WORTH]) < WORTH:
                    break
            yield from _merge(box, care.private_key)


def _repair(window: Iterable[UUID], now: datetime) -> Iterator[int]:
    """Take down what is replaced, and write anew what has many holes."""
    rows = SearchIndex.objects.filter(mailbox__in=list(window))
    for index in rows.filter(state=SearchIndex.State.OUTDATED):
        holes.drop(index)
        yield 1
    torn = rows.in_use().filter(damaged_at=None, scheme=SCHEME, holes__gt=0)
    torn = torn.filter(holes__gt=F("messages") * HOLES / 100)
    for index in torn.select_related("mailbox"):
        with _Care(index.mailbox, now) as care:
            yield from close_holes(index, care.private_key)


def close_holes(index: SearchIndex, private_key: bytes) -> Iterator[int]:
    """Write anew each segment of an index of which some messages are gone; 1 for each."""
    key, gone = open_index_key(index, private_key), 0
    for segment in index.segments.order_by("newest_at"):
        directory = merging.directory_of(segment, key)
        if not merging.there(index.mailbox_id, directory).all():
            gone += merging.merge(index, key, [segment])
            yield 1
    # What is left of the count was in no segment: it would be looked for at every turn.
    left = Greatest(F("holes") - max(0, index.holes - gone), 0)
    SearchIndex.objects.filter(pk=index.pk).update(holes=left)


def _merge(box: Mailbox, private_key: bytes) -> Iterator[int]:
    index = SearchIndex.objects.filter(mailbox=box, scheme=SCHEME).in_use().first()
    if index is None or index.damaged_at is not None:
        return
    key = open_index_key(index, private_key)
    while due := merging.due(index):
        merging.merge(index, key, due)
        yield 1


def _needy(window: Iterable[UUID], resting: Collection[UUID]) -> list[Mailbox]:
    """Mailboxes whose index is to be built: of all that have one, and of these that have none."""
    states = SearchIndex.State
    unfit = Q(state=states.BUILDING) | Q(state=states.IN_USE) & (
        Q(damaged_at__isnull=False) | ~Q(scheme=SCHEME)
    )
    rows = SearchIndex.objects.filter(unfit).exclude(mailbox__sealed_private_key=b"")
    rows = rows.exclude(mailbox__in=list(resting))
    begun = rows.select_related("mailbox").order_by(F("damaged_at").asc(nulls_last=True), "pk")
    boxes = {index.mailbox_id: index.mailbox for index in begun[:AT_ONCE]}
    has_one = SearchIndex.objects.filter(mailbox=OuterRef("pk"))
    for box in Mailbox.objects.filter(~Exists(has_one), pk__in=list(window)):
        if box.pk not in resting and has_mail_from_before(box):
            boxes[box.pk] = box
    return list(boxes.values())


class _Care:
    """One mailbox, with its key, whose trouble holds up no other.

    reports: an index that proves broken is one that is searched, not one being built beside it.
    """

    def __init__(self, mailbox: Mailbox, now: datetime, *, reports: bool = True) -> None:
        self._mailbox, self._now, self._reports = mailbox, now, reports
        self.has_failed = False

    @cached_property
    def private_key(self) -> bytes:
        return mailbox_key(self._mailbox)

    def __enter__(self) -> _Care:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        if kind is None or not issubclass(kind, Exception) or issubclass(kind, _EVERYBODYS):
            return False
        if self._reports and issubclass(kind, (IndexDamaged, SealBroken)):
            live = SearchIndex.objects.filter(mailbox=self._mailbox)
            for index in live.exclude(state=SearchIndex.State.OUTDATED):
                report_damage(index, now=self._now)
        if not issubclass(kind, _MEANWHILE):
            self.has_failed = True
            log.error("mailbox %s: its search index rests (%s)", self._mailbox.pk, kind.__name__)
        return True


# Somebody else was quicker; and what concerns more than this mailbox: the database is away.
_MEANWHILE = (Overtaken, MailboxGone, Stopped)
_EVERYBODYS = (OperationalError, InterfaceError)
