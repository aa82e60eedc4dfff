"""What a search says of each step it makes, and how much one may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mailbox.mime.rendition import Summary
from mailbox.models import Message
from mailbox.searching.segments.reading import Coverage

# Where a step ended, in the order newest first: (received_at, id) of the last message it saw.
Place = tuple[datetime, UUID]


@dataclass(frozen=True)
class Limits:
    """How much one step may do. The last message begun is finished."""

    candidates: int = 2_000
    hits: int = 50
    seconds: float = 1.0


@dataclass(frozen=True)
class Hit:
    """The newest message of a conversation that was found, and its words around the first hit.

    file: the (normalised) name of the file that the words stand in; empty for the letter.
    """

    message: Message
    summary: Summary
    snippet: str
    file: str = ""

    @property
    def subject(self) -> str:
        return self.summary.subject


@dataclass
class Step:
    """What one step found. place: where to go on, None when all mail has been searched.

    broken: messages that could not be opened, and may be what was asked for. partial:
    messages that were looked at without all that their files say. coverage: how far the index
    goes, where it was asked (asked_index); is_damaged: this step found it broken. seen: the
    conversations found.
    """

    hits: list[Hit] = field(default_factory=list)
    searched: int = 0
    broken: int = 0
    partial: int = 0
    place: Place | None = None
    coverage: Coverage = field(default_factory=Coverage)
    asked_index: bool = False
    is_damaged: bool = False
    seen: set[UUID] = field(default_factory=set)

    @property
    def is_finished(self) -> bool:
        return self.place is None


@dataclass
class Allowance:
    """What is left of a step's limits. ends_at: by the clock that the step goes by."""

    limits: Limits
    ends_at: float

    def is_used_up(self, step: Step, now: float) -> bool:
        return (
            step.searched >= self.limits.candidates
            or len(step.hits) >= self.limits.hits
            or now >= self.ends_at
        )
