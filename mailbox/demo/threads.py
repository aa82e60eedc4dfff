"""The demo's conversations, read from `texts/threads-*.txt`.

A conversation is `## urgency | subject`, with `[csv:name]` or `[png:name]` behind
the subject for a file of its first letter; `@ login login …` for each company that
holds it, in the order a, b, c, d; then its letters, `> a -> b, c; cc d` and text.
`x` is somebody outside the portal; {a} stands for a's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
_FILE = re.compile(r"\s*\[(csv|png):([^\]]+)\]$")
_HEAD = re.compile(r"> (\w) -> ([\w, ]+)(?:; cc ([\w, ]+))?$")


@dataclass(frozen=True)
class Turn:
    """One letter: who writes to whom, by their letters."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Conversation:
    """One conversation. companies: the logins that hold it; file: (kind, name), if any."""

    subject: str
    urgency: int
    file: tuple[str, str] | None
    companies: tuple[tuple[str, ...], ...]
    turns: tuple[Turn, ...]
    language: str


def conversations() -> Iterator[Conversation]:
    """Every conversation of every file, in order."""
    for path in sorted(TEXTS.glob("threads-*.txt")):
        language = path.stem.split("-")[1]
        for section in blocks(path.read_text(encoding="utf-8"), "## "):
            yield _conversation(section, language)


def blocks(text: str, mark: str) -> Iterator[list[str]]:
    """Cut a text before each line that begins with `mark`; the mark stays off."""
    block: list[str] = []
    for line in [*text.splitlines(), mark]:
        if line.startswith(mark):
            if block:
                yield block
            block = [line.removeprefix(mark)]
        elif block:
            block.append(line)


def _conversation(section: list[str], language: str) -> Conversation:
    urgency, _, subject = section[0].partition(" | ")
    file = _FILE.search(subject)
    turns = blocks("\n".join(section[1:]), "> ")
    return Conversation(
        subject=_FILE.sub("", subject),
        urgency=int(urgency),
        file=(file[1], file[2]) if file else None,
        companies=tuple(tuple(line[2:].split()) for line in section if line.startswith("@ ")),
        turns=tuple(_turn(lines) for lines in turns),
        language=language,
    )


def _turn(lines: list[str]) -> Turn:
    head = _HEAD.fullmatch(f"> {lines[0]}")
    if head is None:
        raise ValueError(f"not the head of a letter: {lines[0]}")
    return Turn(head[1], _letters(head[2]), _letters(head[3]), "\n".join(lines[1:]).strip())


def _letters(text: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in (text or "").split(",") if one.strip())
