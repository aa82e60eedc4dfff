"""Whether an opened message is what a query asks for.

Three answers: yes, no, and None where the list row alone cannot tell and the message's
words must be opened. Words are compared normalised, as `words` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mailbox.mime.rendition import Summary
from mailbox.searching.query import All, Any, Field, Node, Not, Words
from mailbox.searching.searchable import Searchable
from mailbox.searching.words import holds, normalise

# What `summary_of` cuts: a value of this length may go on.
SUBJECT_CUT, NAME_CUT = 300, 120


@dataclass
class Opened:
    """A message as far as it is open. answers: what SQL said of its clear fields.

    The list row names the first author only: a second one in From is not looked for
    until the words are open. Whoever has the words at once needs no row.
    """

    summary: Summary | None
    answers: Mapping[Field, bool]
    words: Searchable | None = None

    @cached_property
    def row_subject(self) -> str:
        return normalise(self.summary.subject) if self.summary else ""

    @cached_property
    def row_sender(self) -> list[str]:
        row = self.summary or Summary()
        return [normalise(row.sender_name), normalise(row.sender_address)]


def truth(node: Node, opened: Opened) -> bool | None:
    """Whether the message is what the node asks for; None if it must be opened to tell."""
    match node:
        case Words(text):
            return _has_word(text, opened)
        case Field():
            known = opened.answers.get(node)
            return _has_field(node, opened) if known is None else known
        case Not(child):
            inner = truth(child, opened)
            return None if inner is None else not inner
        case All(children):
            return _joint(children, opened, decisive=False)
        case Any(children):
            return _joint(children, opened, decisive=True)


def _joint(children: tuple[Node, ...], opened: Opened, *, decisive: bool) -> bool | None:
    """All or any of them: one decisive answer is enough, else one unknown leaves it open."""
    result: bool | None = not decisive
    for child in children:
        answer = truth(child, opened)
        if answer is decisive:
            return decisive
        if answer is None:
            result = None
    return result


def _has_word(word: str, opened: Opened) -> bool | None:
    if (read := opened.words) is not None:
        return holds(read.text, word) or _in_any(read.people, word) or _in_files(read, word)
    if opened.summary is None:
        return None
    is_whole = len(opened.summary.subject) < SUBJECT_CUT
    return True if is_whole and _in_any((opened.row_subject, *opened.row_sender), word) else None


def _in_files(read: Searchable, word: str) -> bool:
    return any(holds(one.name, word) or holds(one.text, word) for one in read.files)


def _has_field(field: Field, opened: Opened) -> bool | None:
    word = str(field.value)
    if (read := opened.words) is None:
        return _by_row(field.name, word, opened)
    match field.name:
        case "from":
            return _in_any(read.senders, word)
        case "to":
            return _in_any((*read.to, *read.cc, *read.bcc), word)
        case "cc":
            return _in_any(read.cc, word)
        case "subject":
            return holds(read.subject, word)
        case "filename":
            return _in_any((one.name for one in read.files), word)
        case "has":
            return any(word in ("attachment", one.kind) for one in read.files if not one.is_inline)
    return False


def _by_row(name: str, word: str, opened: Opened) -> bool | None:
    summary = opened.summary
    if summary is None:
        return None
    if name == "from" and len(summary.sender_name) < NAME_CUT:
        return _in_any(opened.row_sender, word)
    if name == "subject" and len(summary.subject) < SUBJECT_CUT:
        return holds(opened.row_subject, word)
    if name == "has" and (word == "attachment" or not summary.has_attachment):
        return summary.has_attachment
    return None


def _in_any(texts: Iterable[str], word: str) -> bool:
    return any(holds(text, word) for text in texts)
