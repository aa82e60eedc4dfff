"""What the page of a filter sends, as a rule; and a rule as what the page shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict

from mailbox.filing.rules import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MARKS,
    MOST_CONDITIONS,
    SIZE,
    TEXTS,
    WAYS,
    Condition,
    Deeds,
    Rule,
    is_sound,
)

MEGABYTE = 1024 * 1024
ROWS = 3


@dataclass(frozen=True)
class Line:
    """One line of "if": a text condition, perhaps still empty."""

    number: int
    field: str = "from"
    how: str = "contains"
    value: str = ""


@dataclass(frozen=True)
class Sheet:
    """A rule as the page shows it. larger: megabytes as typed; forward_to: one text."""

    rule: Rule
    lines: tuple[Line, ...]
    marks: frozenset[str]
    larger: str
    forward_to: str

    def with_another_line(self) -> Sheet:
        return replace(self, lines=(*self.lines, Line(len(self.lines))))


def sheet_of(rule: Rule) -> Sheet:
    """The page's view of a rule, with an empty line to go on."""
    texts = [one for one in rule.conditions if one.field in TEXTS]
    lines = [Line(n, one.field, one.how, one.value) for n, one in enumerate(texts)]
    lines += [Line(n) for n in range(len(lines), max(len(lines) + 1, ROWS))]
    sizes = [int(one.value) for one in rule.conditions if one.field == SIZE]
    return Sheet(
        rule,
        tuple(lines[:MOST_CONDITIONS]),
        frozenset(one.field for one in rule.conditions if one.field in MARKS),
        f"{sizes[0] / MEGABYTE:g}" if sizes else "",
        ", ".join(rule.deeds.forward_to),
    )


def rule_from(sent: QueryDict) -> Rule:
    """The rule a page has sent; a line without a text is no condition."""
    conditions = [
        Condition(field, how, value)
        for field, how, value in zip(
            sent.getlist("field"), sent.getlist("how"), sent.getlist("value"), strict=False
        )
        if field in TEXTS and how in WAYS and value.strip()
    ]
    conditions = [_askable(one) for one in conditions][:MOST_CONDITIONS]
    conditions += [Condition(mark) for mark in MARKS if mark in sent.getlist("mark")]
    conditions += [Condition(SIZE, "", str(size)) for size in _bytes(sent.get("larger", ""))]
    typed = sent.get("forward_to", "").replace(";", ",").replace("\n", ",").split(",")
    return Rule(
        name=sent.get("name", "").strip()[:LONGEST_NAME],
        needs_all=sent.get("needs") != "any",
        conditions=tuple(one for one in conditions if is_sound(one)),
        deeds=Deeds(
            move_to=sent.get("move_to", "")[:40],
            labels=tuple(dict.fromkeys(sent.getlist("label"))),
            star="star" in sent.getlist("deed"),
            read="read" in sent.getlist("deed"),
            forward_to=tuple(dict.fromkeys(one.strip().lower() for one in typed if one.strip())),
            stop="stop" in sent.getlist("deed"),
        ),
    )


def _askable(condition: Condition) -> Condition:
    """A subject has no domain: there the words are looked for."""
    is_odd = condition.field == "subject" and condition.how == "domain"
    how = "contains" if is_odd else condition.how
    return replace(condition, how=how, value=condition.value.strip()[:LONGEST_VALUE])


def _bytes(typed: str) -> list[int]:
    """Megabytes as typed, in Thai digits or others, as bytes; nothing where it is no size."""
    try:
        size = float(typed.strip().replace(",", "."))
    except ValueError:
        return []
    return [int(size * MEGABYTE)] if 0 < size < 10_000 else []
