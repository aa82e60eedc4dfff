"""A mark of the chain's newest event, kept outside the database: what was cut off its end shows.

The chain alone cannot know how long it should be. Whoever verifies it notes its newest event
in a file; the next time, that event must still be there and say the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from accounts.models import AuditEvent
from govmail_portal.errors import PortalError


class WitnessUnreadable(PortalError):
    """The file of marks is not what was written into it."""


@dataclass(frozen=True)
class Mark:
    """The newest event at a time: its number, 0 for none, and its digest in hexadecimal."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest[:16]}"


def newest() -> Mark:
    """Return the mark of the newest event."""
    last = AuditEvent.objects.order_by("-number").values_list("number", "digest").first()
    return Mark(last[0], bytes(last[1]).hex()) if last else Mark(0, "")


def kept_in(file: Path) -> list[Mark]:
    """Return the marks kept in a file, oldest first; none where there is no file yet.

    Raises WitnessUnreadable.
    """
    if not file.exists():
        return []
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [Mark(int(line["number"]), str(line["digest"])) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WitnessUnreadable(f"{file} cannot be read as marks of the audit: {error}") from error


def keep_in(file: Path, mark: Mark, *, now: datetime) -> None:
    """Add a mark to the file; now: aware."""
    line = {"at": now.astimezone(UTC).isoformat(), "number": mark.number, "digest": mark.digest}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as marks:
        marks.write(json.dumps(line) + "\n")


def missed_by(marks: list[Mark]) -> list[str]:
    """Return a sentence for each mark whose event is no longer there as it was."""
    numbers = [mark.number for mark in marks if mark.number]
    rows = AuditEvent.objects.filter(number__in=numbers).values_list("number", "digest")
    present = {number: bytes(digest).hex() for number, digest in rows}
    return [
        f"Event {mark.number} was once the newest, and is gone or another now."
        for mark in marks
        if mark.number and present.get(mark.number) != mark.digest
    ]
