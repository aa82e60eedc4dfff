"""Looks through messages, newest first, whoever chose them: the index, or nobody.

A chunk at a time, so that the statements do not grow with the messages: one for their words,
one for earlier letters of the conversations that were found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Q, QuerySet

from mailbox.errors import SealBroken
from mailbox.models import Folder, Mailbox, Message
from mailbox.opening import content_key, summary_by
from mailbox.searching.matching import Opened, truth
from mailbox.searching.plan import Plan
from mailbox.searching.stepping.steps import Allowance, Hit, Place, Step
from mailbox.searching.stepping.texts import Texts, snippet_of, texts_of, words_of

# Newer letters of the conversations found: so many are looked at together, and so many in all
# though the time is over.
_AGAIN, MOST_AGAIN = 100, 500


@dataclass(frozen=True)
class Asked:
    """A search: where, for what, with which key, by which clock (seconds, for the time limit)."""

    mailbox: Mailbox
    plan: Plan
    private_key: bytes
    clock: Callable[[], float]

    @property
    def rows(self) -> QuerySet[Message]:
        """The messages that rows in clear do not rule out.

        The notes become attributes of the rows; their names are ours, not the query's.
        """
        rows = Message.objects.filter(self.plan.where, mailbox=self.mailbox)
        return rows.annotate(**self.plan.notes)

    @property
    def rows_to_verify(self) -> QuerySet[Message]:
        """The same without their keys: the index has them."""
        return self.rows.defer("sealed_key")

    @cached_property
    def folders(self) -> dict[UUID, Folder]:
        """By id: as many hits share a few, they are not read with each."""
        return Folder.objects.filter(mailbox=self.mailbox).in_bulk()


@dataclass
class Candidate:
    """A message to be looked at. key: its content key, where that is known already."""

    message: Message
    key: bytes | None = None


@dataclass(frozen=True)
class _Chunk:
    """Messages side by side. by_words: their list rows are opened for hits only."""

    candidates: Sequence[Candidate]
    by_words: bool

    @cached_property
    def texts(self) -> Texts:
        return texts_of(one.message.content_id for one in self.candidates)


@dataclass(frozen=True)
class _Looked:
    candidate: Candidate
    opened: Opened
    key: bytes

    @property
    def thread(self) -> UUID:
        return self.candidate.message.thread_id


class Walk:
    """One step over candidates. after: where earlier steps ended: no hit of theirs comes again."""

    def __init__(self, asked: Asked, step: Step, allowance: Allowance, after: Place | None) -> None:
        self.asked, self.step, self.allowance, self.after = asked, step, allowance, after

    def is_over(self, more: int = 0) -> bool:
        """Whether the limits of the step are reached, with so many hits more than it has."""
        has_room = len(self.step.hits) + more < self.allowance.limits.hits
        return not has_room or self.allowance.is_used_up(self.step, self.asked.clock())

    def take(self, candidates: Sequence[Candidate], *, by_words: bool) -> bool:
        """Look at a chunk; return whether the step is over, at `step.place`."""
        chunk, at = _Chunk(candidates, by_words), 0
        while at < len(candidates):
            matched: list[_Looked] = []
            for candidate in candidates[at:]:
                at += 1
                looked = self._look(candidate, chunk)
                if looked is not None and looked.thread not in self.step.seen:
                    self.step.seen.add(looked.thread)
                    matched.append(looked)
                if self.is_over(len(matched)):
                    break
            shown = self._shown_before([one.thread for one in matched])
            fresh = [one for one in matched if one.thread not in shown]
            for looked in fresh:
                self._keep(looked)
            if self.is_over():
                return True
        return False

    def _look(self, candidate: Candidate, chunk: _Chunk) -> _Looked | None:
        """The candidate, if it is what was asked for; what does not open is counted."""
        message = candidate.message
        self.step.place = (message.received_at, message.pk)
        self.step.searched += 1
        try:
            looked = self._opened(candidate, chunk)
        except SealBroken:
            self.step.broken += 1
            return None
        words = looked.opened.words
        # Of what the index has it is counted there, for all of the mailbox.
        if words is not None and not words.is_complete and not chunk.by_words:
            self.step.partial += 1
        return looked if truth(self.asked.plan.root, looked.opened) else None

    def _opened(self, candidate: Candidate, chunk: _Chunk) -> _Looked:
        """A message opened as far as the query needs. Raises SealBroken."""
        message, plan = candidate.message, self.asked.plan
        answers = {
            field: getattr(message, name)
            for field, name in plan.asked.items()
            if name in plan.notes
        }
        key = candidate.key or content_key(message, self.asked.private_key)
        opened = Opened(None if chunk.by_words else summary_by(message, key), answers)
        # Without its list row nothing is known of it yet.
        if chunk.by_words or truth(plan.root, opened) is None:
            opened.words = words_of(message, key, chunk.texts)
        return _Looked(candidate, opened, key)

    def _shown_before(self, threads: Sequence[UUID]) -> set[UUID]:
        """Which conversations an earlier step has shown, for a newer message of theirs."""
        if self.after is None or not threads:
            return set()
        at, pk = self.after
        newer = Q(received_at__gt=at) | Q(received_at=at, id__gte=pk)
        rows = self.asked.rows.filter(newer, received_at__gte=at, thread__in=threads)
        shown: set[UUID] = set()
        for chunk in self._in_chunks(rows, shown):
            for candidate in chunk.candidates:
                if candidate.message.thread_id not in shown and self._is_hit(candidate, chunk):
                    shown.add(candidate.message.thread_id)
        return shown

    def _in_chunks(self, rows: QuerySet[Message], shown: Set[UUID]) -> Iterator[_Chunk]:
        """Messages of conversations not `shown` yet, the newest first, while there is time.

        MOST_AGAIN whatever the time: a conversation of more may come a second time.
        """
        left = list(rows.order_by("-received_at", "-id").values_list("pk", "thread_id"))
        looked = 0
        while left and (looked < MOST_AGAIN or self.asked.clock() < self.allowance.ends_at):
            pks = [pk for pk, _ in left[:_AGAIN]]
            yield _Chunk([Candidate(one) for one in rows.filter(pk__in=pks)], by_words=False)
            looked += len(pks)
            left = [one for one in left[_AGAIN:] if one[1] not in shown]

    def _is_hit(self, candidate: Candidate, chunk: _Chunk) -> bool:
        try:
            looked = self._opened(candidate, chunk)
        except SealBroken:
            return False
        return bool(truth(self.asked.plan.root, looked.opened))

    def _keep(self, looked: _Looked) -> None:
        message, opened = looked.candidate.message, looked.opened
        try:
            summary = opened.summary or summary_by(message, looked.key)
        except SealBroken:
            self.step.broken += 1
            return
        snippet, file = summary.snippet, ""
        if opened.words is not None:
            snippet, file = snippet_of(opened.words, self.asked.plan.marks, summary.snippet)
        if (folder := self.asked.folders.get(message.folder_id)) is not None:
            message.folder = folder
        self.step.hits.append(Hit(message, summary, snippet, file))
