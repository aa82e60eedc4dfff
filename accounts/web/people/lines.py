"""Counts as one reader may see them: exact within reach, small ones of strangers hidden.

A count below five would tell of persons. What stands beside it must not give it away either: a
share is then told in tenths, a bar has no piece for it, and where the other counts of a whole
are all told, the next smallest is hidden, too. Of ten thousand and more no share tells of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.mandate.board import SMALLEST_SHOWN, Line, Point, Standing
from accounts.models import Agency
from accounts.web.people import chart
from govmail_portal.dates import Manner

Part = tuple[str, float, float]
# Heads from which on a share with one decimal leaves more than five of them open.
MANY = 10_000
_VERDICTS = {
    Agency.State.LIVE.value: ("pass", "check"),
    Agency.State.AT_RISK.value: ("partial", "triangle-alert"),
    Agency.State.READY.value: ("partial", "contrast"),
    Agency.State.READY_WITH_WAIVERS.value: ("partial", "contrast"),
    Agency.State.READY_FOR_DECISION.value: ("partial", "contrast"),
    Agency.State.UNASSESSED.value: ("unknown", "circle-help"),
    Agency.State.ASSESSING.value: ("unknown", "circle-help"),
}
_COLOURS = {
    "used": "success",
    "late_person": "danger",
    "waiting": "agency",
    "pending": "unknown",
    "exempt": "info",
}


def is_small(count: int) -> bool:
    """Whether a count would tell of persons."""
    return 0 < count < SMALLEST_SHOWN


def untold(parts: Mapping[str, int], *, is_near: bool) -> set[str]:
    """Names of the parts of a whole that this reader is not told."""
    if is_near:
        return set()
    hidden = {name for name, count in parts.items() if is_small(count)}
    others = [name for name, count in parts.items() if count >= SMALLEST_SHOWN]
    if len(hidden) == 1 and others and sum(parts.values()) < MANY:
        hidden.add(min(others, key=lambda name: parts[name]))
    return hidden


def counted(count: int, manner: Manner, *, is_near: bool) -> str:
    """A count as the reader may see it: "1,234", "–" for none, "<5" of strangers."""
    if count == 0:
        return "–"
    if not is_near and is_small(count):
        return manner.digits(f"<{SMALLEST_SHOWN}")
    return manner.digits(f"{count:,}")


@dataclass(frozen=True)
class ShownStanding:
    """Where the people of a scope stand, in the reader's words.

    is_exact: its share tells of nobody hidden. parts: pieces of a bar, each a kind, where it
    begins and how long it is, in hundredths.
    """

    eligible: str
    used: str
    late_person: str
    late_agency: str
    waiting: str
    pending: str
    exempt: str
    percent: str
    share: float
    is_exact: bool
    parts: Sequence[Part]


def shown_standing(one: Standing, manner: Manner, *, is_near: bool) -> ShownStanding:
    """The whole of a scope; its parts add up, so that no one of them can be hidden alone."""
    counts = {
        "used": one.used,
        "late_person": one.late_person,
        "waiting": one.late_agency + one.waiting_gate,
        "pending": one.pending,
        "exempt": one.exempt,
    }
    hidden = untold(counts, is_near=is_near)
    tells_none = not hidden and (is_near or not is_small(one.late_agency))
    is_exact = tells_none or one.eligible >= MANY
    is_hidden = _is_hidden(one, is_near=is_near)
    share = one.share if is_exact else 0.0 if is_hidden else round(one.share, 1)

    def said(name: str) -> str:
        count = counts[name]
        if count == 0:
            return manner.digits("0")
        if name not in hidden or is_small(count):
            return counted(count, manner, is_near=is_near)
        return manner.digits(f"≥{SMALLEST_SHOWN}")

    return ShownStanding(
        eligible=counted(one.eligible, manner, is_near=is_near),
        late_agency=counted(one.late_agency, manner, is_near=is_near)
        if one.late_agency
        else manner.digits("0"),
        used=said("used"),
        late_person=said("late_person"),
        waiting=said("waiting"),
        pending=said("pending"),
        exempt=said("exempt"),
        percent="–" if is_hidden else _percent(share, manner, digits=1, is_exact=is_exact),
        share=share,
        is_exact=is_exact and not is_hidden,
        parts=_pieces(
            one.eligible,
            {kind: 0 if name in hidden else counts[name] for name, kind in _COLOURS.items()},
        ),
    )


@dataclass(frozen=True)
class ShownLine:
    """One agency's line as this reader may see it; spark: its last seven weeks, or None."""

    agency: Agency
    above: Agency
    percent: str
    eligible: str
    late_person: str
    late_agency: str
    parts: Sequence[Part]
    spark: chart.Spark | None
    has_names: bool
    is_told: bool = False

    @property
    def verdict(self) -> tuple[str, str]:
        """How its readiness is shown, and by which icon: the unknown is grey, never red."""
        return _VERDICTS.get(self.agency.state, ("fail", "x"))


def shown_line(
    line: Line,
    manner: Manner,
    *,
    is_near: bool,
    course: Sequence[Point] = (),
    is_told: bool = False,
) -> ShownLine:
    """course: its share, week by week; is_told: it has had an officer's notice today."""
    one = line.standing
    waiting = one.late_agency + one.waiting_gate
    beside = (one.used, one.owed, one.late_person, waiting, one.late_agency)
    is_exact = is_near or one.eligible >= MANY or not any(map(is_small, beside))
    is_hidden = _is_hidden(one, is_near=is_near)
    pieces: dict[str, float] = {"success": one.used, "danger": one.late_person, "agency": waiting}
    if not is_exact:
        pieces = {"success": round(one.share, 1) * one.eligible}
    elif not is_near:
        pieces = {kind: count for kind, count in pieces.items() if not is_small(int(count))}
    return ShownLine(
        agency=line.agency,
        above=line.above,
        percent="" if is_hidden else _percent(one.share, manner, digits=0, is_exact=is_exact),
        eligible=counted(one.eligible, manner, is_near=is_near),
        late_person=counted(one.late_person, manner, is_near=is_near),
        late_agency=counted(one.late_agency, manner, is_near=is_near),
        parts=() if is_hidden else _pieces(one.eligible, pieces),
        spark=chart.spark(course, manner) if is_exact and not is_hidden else None,
        has_names=is_near,
        is_told=is_told,
    )


def _is_hidden(one: Standing, *, is_near: bool) -> bool:
    """Whether they are so few that even a share in tenths would tell."""
    return not is_near and 0 < one.eligible < 2 * SMALLEST_SHOWN


def _percent(share: float, manner: Manner, *, digits: int, is_exact: bool) -> str:
    if is_exact:
        return manner.digits(f"{share:.{digits}%}")
    return manner.digits(f"≈{round(share, 1):.0%}")


def _pieces(whole: int, parts: Mapping[str, float]) -> list[Part]:
    made: list[Part] = []
    begun = 0.0
    for kind, count in parts.items():
        width = round(100 * count / max(1, whole), 2)
        made.append((kind, begun, width))
        begun += width
    return made
