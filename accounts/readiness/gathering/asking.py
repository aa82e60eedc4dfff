"""Many questions side by side, so that none waits for another that a tarpit holds.

Each is bounded by itself; all of them end with the lane. What one brings may raise others. The
questions to one server stand in line: they would only wait for their turn, and hold threads
that could ask somebody else.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.probing.failing import Deadline, ProbeFailed
from accounts.probing.observations import Observation, Observations, Status

logger = logging.getLogger(__name__)

# Servers asked at once: more than any domain has.
THREADS = 48
# What a question may overrun the lane by before it is left to itself.
_GRACE = 2.0
Then = Callable[[Observation], None]
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Question:
    """probe, target: what it is known by. server: whom it is put to; "" for nobody's own."""

    probe: str
    target: str
    look: Callable[[], Observation]
    server: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.probe, self.target


class Round:
    """The questions of a lane. tell: hears how many were asked, of how many so far."""

    def __init__(self, lane: Deadline, tell: Tell | None = None) -> None:
        self._lane, self._tell = lane, tell or (lambda asked, to_ask: None)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="readiness")
        self._running: dict[Future[Observation], Question] = {}
        self._lines: dict[str, deque[Question]] = {}
        self._thens: dict[tuple[str, str], list[Then]] = {}
        self._found = Observations()
        self._seen: dict[tuple[str, str], Observation] = {}

    def ask(self, question: Question, then: Then | None = None) -> None:
        """Put a question, once; `then` hears the answer, in this thread."""
        seen = self._seen.get(question.key)
        if seen is not None:
            if then is not None:
                then(seen)
            return
        is_new = question.key not in self._thens
        self._thens.setdefault(question.key, []).extend([then] if then is not None else [])
        if not is_new:
            return
        if question.server and question.server in self._lines:
            self._lines[question.server].append(question)
            return
        if question.server:
            self._lines[question.server] = deque()
        self._begin(question)

    def note(self, seen: Observation) -> None:
        """Something known without asking."""
        self._found.add([seen])

    def run(self) -> Observations:
        """Wait until all are answered, or the lane is over."""
        try:
            while self._running:
                seconds = max(self._lane.ends_at - time.monotonic(), 0) + _GRACE
                done, _ = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
                if not done:
                    break
                for future in done:
                    self._finish(self._running.pop(future), future)
                self._tell(len(self._seen), len(self._thens))
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._give_up()
        return self._found

    def _begin(self, question: Question) -> None:
        self._running[self._pool.submit(question.look)] = question

    def _finish(self, question: Question, future: Future[Observation]) -> None:
        fault = future.exception()
        if fault is None:
            seen = future.result()
        else:
            # A stranger's answer that we did not foresee is our fault, and only this question's.
            logger.error("readiness: %s failed", question.probe, exc_info=fault)
            seen = unable(question, "ours")
        self._keep(question, seen)
        line = self._lines.get(question.server)
        if line:
            self._begin(line.popleft())
        elif line is not None:
            del self._lines[question.server]

    def _keep(self, question: Question, seen: Observation) -> None:
        self._seen[question.key] = seen
        self._found.add([seen])
        for then in self._thens[question.key]:
            then(seen)

    def _give_up(self) -> None:
        """Write down as ours what was not answered when the lane was over."""
        waiting = [
            *self._running.values(),
            *(each for line in self._lines.values() for each in line),
        ]
        self._found.add(unable(question, "late") for question in waiting)
        if waiting:
            self._tell(len(self._thens), len(self._thens))


def unable(question: Question, error: str) -> Observation:
    now = datetime.now(UTC)
    return Observation(question.probe, question.target, Status.UNABLE, now, error=error)


def failing(probe: str, target: str, failed: ProbeFailed) -> Observation:
    """An observation of what was not even asked."""
    return Observation(probe, target, failed.status, datetime.now(UTC), error=failed.error)
