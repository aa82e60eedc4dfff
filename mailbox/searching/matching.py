"""Whether an opened message is what a query asks for.

Three answers: yes, no, and None where the list row alone cannot tell and the
message itself must be opened. Words are compared normalised, as `words` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mailbox.mime.rendition import Address, Rendition, Summary
from mailbox.searching.query import All, Any, Field, Node, Not, Words
from mailbox.searching.words import holds, normalise

# What `summary_of` cuts: a value of this length may go on.
SUBJECT_CUT, NAME_CUT = 300, 120


@dataclass
class Opened:
    """A message as far as it is open. answers: what SQL said of its clear fields.

    The list row names the first author only: a second one in From is not looked for
    until the message itself is open.
    """

    summary: Summary
    answers: Mapping[Field, bool]
    rendition: Rendition | None = None

    @cached_property
    def row_subject(self) -> str:
        return normalise(self.summary.subject)

    @cached_property
    def row_sender(self) -> list[str]:
        return [normalise(self.summary.sender_name), normalise(self.summary.sender_address)]

    @cached_property
    def text(self) -> str:
        """Subject and body: a phrase may run from the one into the other."""
        read = self.rendition or Rendition()
        return normalise(f"{read.subject}\n{read.text}")

    @cached_property
    def people(self) -> list[str]:
        read = self.rendition or Rendition()
        return _names([*read.senders, *read.to, *read.cc, *read.bcc, *read.reply_to])

    @cached_property
    def files(self) -> list[str]:
        read = self.rendition or Rendition()
        return [normalise(one.name) for one in read.attachments]


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
    if opened.rendition is None:
        shown = (opened.row_subject, *opened.row_sender)
        is_whole = len(opened.summary.subject) < SUBJECT_CUT
        return True if is_whole and _in_any(shown, word) else None
    return holds(opened.text, word) or _in_any((*opened.people, *opened.files), word)


def _has_field(field: Field, opened: Opened) -> bool | None:
    word = str(field.value)
    if opened.rendition is None:
        return _by_row(field.name, word, opened)
    read = opened.rendition
    match field.name:
        case "from":
            return _in_any(_names(read.senders), word)
        case "to":
            return _in_any(_names((*read.to, *read.cc, *read.bcc)), word)
        case "cc":
            return _in_any(_names(read.cc), word)
        case "subject":
            return holds(normalise(read.subject), word)
        case "filename":
            return _in_any(opened.files, word)
        case "has":
            return any(
                _is_kind(one.type, one.name, word) for one in read.attachments if not one.inline
            )
    return False


def _by_row(name: str, word: str, opened: Opened) -> bool | None:
    summary = opened.summary
    if name == "from" and len(summary.sender_name) < NAME_CUT:
        return _in_any(opened.row_sender, word)
    if name == "subject" and len(summary.subject) < SUBJECT_CUT:
        return holds(opened.row_subject, word)
    if name == "has" and (word == "attachment" or not summary.has_attachment):
        return summary.has_attachment
    return None


def _is_kind(type_: str, name: str, kind: str) -> bool:
    if kind == "pdf":
        return type_ == "application/pdf" or name.lower().endswith(".pdf")
    return kind == "attachment" or type_.startswith("image/")


def _names(people: tuple[Address, ...] | list[Address]) -> list[str]:
    return [normalise(text) for who in people for text in (who.name, who.address) if text]


def _in_any(texts: tuple[str, ...] | list[str], word: str) -> bool:
    return any(holds(text, word) for text in texts)
