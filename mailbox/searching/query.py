"""The search language: text to a tree of what a message must be, and back.

Words beside each other must all be there; OR between two is closer than the space;
a minus refuses; quotes keep words together. Parentheses group where they hold an OR,
an operator or something refused; otherwise they are letters like others, for letters of
state have them: กค (กวจ) 0405.2/ว 466. What cannot be read is never dropped: a `Problem`
names it, and it is searched as words. `str()` of what was read reads as the same again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

from mailbox.searching import operators
from mailbox.searching.values import Days, days, size
from mailbox.searching.words import normalise

LONGEST = 500
MOST_TERMS = 40
DEEPEST = 8

Kind = Literal[
    "value", "empty", "quote", "long", "terms", "deep", "place", "label", "nothing", "signs"
]
Value = str | int | Days


@dataclass(frozen=True)
class Words:
    """A word, or words in this order, anywhere in a message. text is normalised."""

    text: str

    def __str__(self) -> str:
        return _quoted(self.text) if _needs_quotes(self.text) else self.text


@dataclass(frozen=True)
class Field:
    """An operator with its value; name as in `operators`, words normalised, sizes in bytes."""

    name: str
    value: Value

    def __str__(self) -> str:
        value = str(self.value)
        is_plain = self.name not in operators.WORDS or re.fullmatch(r"[^\s():\"“”]+", value)
        return f"{self.name}:{value if is_plain else _quoted(value)}"


@dataclass(frozen=True)
class Not:
    """What must not be."""

    child: Node

    def __str__(self) -> str:
        return f"-({self.child})" if isinstance(self.child, (All, Any, Not)) else f"-{self.child}"


@dataclass(frozen=True)
class All:
    """Everything of it; with nothing in it, every message."""

    children: tuple[Node, ...] = ()
    joint: ClassVar[str] = " "

    def __str__(self) -> str:
        return self.joint.join(map(str, self.children))


@dataclass(frozen=True)
class Any:
    """One of it, or more."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(
            f"({one})" if isinstance(one, All) else str(one) for one in self.children
        )


Node = Words | Field | Not | All | Any


@dataclass(frozen=True)
class Problem:
    """What could not be read as meant: kind, and the text as it was written."""

    kind: Kind
    text: str = ""


@dataclass(frozen=True)
class Query:
    """What was asked. problems: to be said in sentences; they do not count for equality."""

    root: All
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return str(self.root)

    @property
    def is_empty(self) -> bool:
        return not self.root.children


def parse(text: str, *, today: date) -> Query:
    """Read a query. today: the day in Thailand that วันนี้ and 7วัน count from."""
    problems = []
    cleaned = _NOT_TO_SEARCH.sub(" ", text)
    if cleaned != text:
        text = cleaned
        problems.append(Problem("signs"))
    # A maiyamok repeats the word before it, however it is spaced (ต่าง ๆ is ต่างๆ).
    text = _MAIYAMOK.sub("", text)
    if len(text) > LONGEST:
        text = text[:LONGEST]
        problems.append(Problem("long"))
    reader = _Reader(text, today, problems)
    children = reader.all_of(closing=False)
    if text.strip() and not children:
        reader.problems.append(Problem("nothing"))
    return Query(All(tuple(children)), tuple(reader.problems))


def wanted(node: Node) -> Iterator[str]:
    """The words a reader would see in what was found: to be marked."""
    match node:
        case Words(text):
            yield text
        case Field(name, str(value)) if name in ("from", "subject"):
            yield value
        case All(children) | Any(children):
            for child in children:
                yield from wanted(child)


# Control characters but white space, half characters, and what stands for those on a page.
_NOT_TO_SEARCH = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd]")
_MAIYAMOK = re.compile(r"(?<=[ก-๎])\s+(?=ๆ)")
_NAME = re.compile(r"([a-zA-Z_]{2,12}|[\u0e00-\u0e7f]{2,14}):")
_OR = re.compile(r"OR(?=[\s(])")
_WORD = re.compile(r"[^\s\"“”]+")
_QUOTE = re.compile(r"[\"“”]")


class _Reader:
    """Reads from left to right; `place` is how far it has come."""

    def __init__(self, text: str, today: date, problems: list[Problem]) -> None:
        self.text, self.today, self.problems = text, today, problems
        self.place = self.depth = self.terms = 0
        self.inside = ""  # the operator before the group that is being read

    def all_of(self, *, closing: bool) -> list[Node]:
        """Read to the end, or to the parenthesis that closes the group."""
        children: list[Node] = []
        is_alternative = False
        while self._more():
            if closing and self.text[self.place] == ")":
                break
            if children and (found := _OR.match(self.text, self.place)):
                self.place = found.end()
                is_alternative = True
                continue
            node = self._negated(closing)
            if node is None:
                continue
            if is_alternative:
                node = _either(children.pop(), node)
            # A group of what must all be there is no group.
            children.extend(node.children if isinstance(node, All) else (node,))
            is_alternative = False
        if is_alternative:
            children.append(Words("or"))
        return children

    def _more(self) -> bool:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1
        return self.place < len(self.text)

    def _negated(self, closing: bool) -> Node | None:
        found = re.compile(r"-(?=[^\s-])").match(self.text, self.place)
        if not found or (closing and self.text[found.end()] == ")"):
            return self._one(closing, is_refused=False)
        self.place = found.end()
        node = self._one(closing, is_refused=True)
        return Not(node) if node is not None else None

    def _one(self, closing: bool, *, is_refused: bool) -> Node | None:
        if self.text[self.place] == "(" and self._groups(is_refused):
            return self._group()
        if (found := _NAME.match(self.text, self.place)) and not self.inside:
            name = operators.NAMES.get(normalise(found[1]))
            if name is not None:
                return self._operator(name, found)
        text = self._value(closing)
        return self._term(text) if text else None

    def _term(self, text: str) -> Node | None:
        """A word that was read, unless there are too many already."""
        self.terms += 1
        if self.terms > MOST_TERMS:
            self._tell("terms")
            return None
        if not self.inside:
            return Words(text)
        node = self._field(self.inside, text)
        if node is None:
            self.problems.append(Problem("value", f"{self.inside}:{text}"))
        return node or Words(text)

    def _groups(self, is_refused: bool) -> bool:
        """Whether the parenthesis here opens a group."""
        end = _closing(self.text, self.place)
        if end < 0:
            return False
        if self.depth >= DEEPEST:
            self._tell("deep")
            return False
        held = _without_quotes(self.text[self.place + 1 : end])
        names = (operators.NAMES.get(normalise(one[1])) for one in _NAME.finditer(held))
        groups = re.search(r"(?:^|\s)OR(?=[\s(])|(?:^|[\s(])-[^\s-]", held) or any(names)
        return bool(groups) or bool(held.strip() and (is_refused or self.inside))

    def _group(self) -> Node | None:
        self.place += 1
        self.depth += 1
        children = self.all_of(closing=True)
        self.depth -= 1
        self.place += 1
        if len(children) == 1:
            return children[0]
        return All(tuple(children)) if children else None

    def _operator(self, name: str, found: re.Match[str]) -> Node | None:
        """An operator, its value behind the colon or, after a space, the next word."""
        start, self.place = self.place, found.end()
        is_last = not self._more() or self._is_taken()
        if not is_last and self.text[self.place] == "(" and name not in operators.DATES:
            self.inside = name
            if self._groups(is_refused=False):
                node = self._group()
                self.inside = ""
                return node
            self.inside = ""
        if is_last:
            self.place = found.end()
            self.problems.append(Problem("empty", found[0]))
            return self._term(normalise(found[0]))
        begin = self.place
        value = self._value(closing=self.depth > 0)
        if name in operators.DATES:
            value = self._longer_date(value, begin)
        node = self._field(name, value)
        if node is None:
            written = self.text[start : self.place]
            self.problems.append(Problem("value", written.strip()))
            return self._term(normalise(_QUOTE.sub(" ", written)))
        self.terms += 1
        return node

    def _is_taken(self) -> bool:
        """Whether what follows an operator is another one, not its value."""
        found = _NAME.match(self.text, self.place)
        is_end = self.text[self.place] == ")" and self.depth > 0
        return is_end or bool(found and normalise(found[1]) in operators.NAMES)

    def _longer_date(self, value: str, begin: int) -> str:
        """The day written in two or three words (1 ม.ค. 2569), if they can be read together."""
        after_first = self.place
        for words in (3, 2):
            pattern = r"[^\s\"“”()]+" + r"\s+[^\s\"“”()]+" * (words - 1)
            found = re.compile(pattern).match(self.text, begin)
            if found and days(found[0], self.today):
                self.place = found.end()
                return normalise(found[0])
        self.place = after_first
        return value

    def _value(self, closing: bool) -> str:
        """The next quoted words or word, normalised."""
        if found := _QUOTE.match(self.text, self.place):
            end = _QUOTE.search(self.text, found.end())
            if end is None:
                self._tell("quote")
            text = self.text[found.end() : end.start() if end else len(self.text)]
            self.place = end.end() if end else len(self.text)
            return normalise(text)
        word = _WORD.match(self.text, self.place)
        if word is None:
            return ""
        text = word[0]
        if closing:
            text = _up_to_the_end(text)
        self.place += len(text)
        return normalise(text)

    def _field(self, name: str, value: str) -> Field | None:
        """The operator with a value that it understands, or None."""
        read: Value | None
        if name in operators.DATES:
            read = days(value, self.today)
        elif name in operators.SIZES:
            read = size(value)
        elif name in ("has", "is"):
            read = (operators.HAS if name == "has" else operators.IS).get(value)
        else:
            read = value or None
        return Field(name, read) if read is not None else None

    def _tell(self, kind: Kind) -> None:
        if all(problem.kind != kind for problem in self.problems):
            self.problems.append(Problem(kind))


def _either(first: Node, second: Node) -> Any:
    sides = [one.children if isinstance(one, Any) else (one,) for one in (first, second)]
    return Any((*sides[0], *sides[1]))


def _closing(text: str, start: int) -> int:
    """Where the parenthesis at `start` is closed; -1 if it is not."""
    depth, is_quoted = 0, False
    for place in range(start, len(text)):
        char = text[place]
        if _QUOTE.match(char):
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (char == "(") - (char == ")")
            if depth == 0:
                return place
    return -1


def _up_to_the_end(word: str) -> str:
    """A word inside a group, up to the parenthesis that closes the group and not its own."""
    depth = 0
    for place, char in enumerate(word):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return word[:place]
    return word


def _without_quotes(text: str) -> str:
    return re.sub(r"[\"“”][^\"“”]*[\"“”]?", " ", text)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _needs_quotes(text: str) -> bool:
    """Whether a word would be read as something else without quotes."""
    return bool(re.search(r"[\s():]", text) or text.startswith("-") or text == "OR")
