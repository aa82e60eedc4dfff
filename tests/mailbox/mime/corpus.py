"""The message corpus beside the repository, and what is expected of each message."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailbox.mime.parse import parse
from mailbox.mime.rendition import (
    Attachment,
    Rendition,
    pack,
    read_attachment,
    read_raw,
    unpack_head,
)
from tests.services import SHARED

OWN = Path(__file__).resolve().parent / "messages"


@dataclass(frozen=True)
class Letter:
    """A message as a reader would have it: packed, and opened again."""

    raw: bytes
    packed: bytes
    rendition: Rendition

    def bytes_of(self, attachment: Attachment) -> bytes:
        return read_attachment(self.read, attachment)

    def read(self, start: int, stop: int) -> bytes:
        return self.packed[start:stop]


def opened(raw: bytes) -> Letter:
    rendition, sections = parse(raw)
    packed = pack(rendition, raw, sections)
    return Letter(raw, packed, unpack_head(lambda start, stop: packed[start:stop]))


_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_BAD_LINE = re.compile("[\x00\r\n\u2028\u2029\ud800-\udfff]")
_BAD_NAME = re.compile("[/\\\\\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def assert_invariants(letter: Letter) -> None:
    """What holds for every message, however broken."""
    rendition = letter.rendition
    assert read_raw(letter.read, rendition) == letter.raw
    assert not _BAD_TEXT.search(rendition.text + rendition.html.for_frame())
    people = [*rendition.senders, *rendition.to, *rendition.cc, *rendition.reply_to]
    lines = [rendition.subject, rendition.message_id, rendition.in_reply_to, *rendition.references]
    for line in [*lines, *(who.name for who in people), *(who.address for who in people)]:
        assert not _BAD_LINE.search(line)
    if rendition.date is not None:
        assert datetime.fromisoformat(rendition.date).utcoffset() is not None
    for attachment in rendition.attachments:
        assert_attachment(letter, attachment)


def assert_attachment(letter: Letter, attachment: Attachment) -> None:
    name = attachment.name
    assert name and name not in (".", "..") and not _BAD_NAME.search(name)
    assert len(name.encode()) <= 255
    assert re.fullmatch(r"[^\s/A-Z]+/[^\s/A-Z]+", attachment.type)
    data = letter.bytes_of(attachment)
    assert len(data) == attachment.size
    assert hashlib.sha256(data).hexdigest() == attachment.sha256
    middle = attachment.size // 2
    assert letter.bytes_of(attachment)[middle : middle + 7] == read_attachment(
        letter.read, attachment, middle, middle + 7
    )


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("\x00", "").replace("\ufffd", ""))


def _words_of_html(html: str) -> str:
    html = re.sub(r"(?is)<(style|script|title|head)\b.*?</\1>", " ", html)
    from html import unescape

    return _bare(unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", html)))


class Judge:
    """Compares a message with its expectation; `missed` lists what differs."""

    def __init__(self, letter: Letter, expected: dict[str, Any]) -> None:
        self.letter = letter
        self.expected = expected
        self.checked = 0
        self.missed: list[str] = []

    def judge(self) -> Judge:
        for name in ("subject", "message_id", "date", "from_", "to", "cc"):
            if name in self.expected:
                self._one(name, getattr(self, f"_{name.strip('_')}")(self.expected[name]))
        for name in ("text", "html", "attachments"):
            for number, wanted in enumerate(self.expected.get(name, [])):
                self._one(f"{name}[{number}]", getattr(self, f"_{name}")(number, wanted))
        return self

    def _one(self, what: str, is_met: bool) -> None:
        self.checked += 1
        if not is_met:
            self.missed.append(what)

    def _subject(self, wanted: str) -> bool:
        return self.letter.rendition.subject.split() == wanted.split()

    def _message_id(self, wanted: str) -> bool:
        return self.letter.rendition.message_id == wanted

    def _date(self, wanted: str) -> bool:
        found = self.letter.rendition.date
        return found is not None and datetime.fromisoformat(found) == datetime.fromisoformat(wanted)

    def _people(self, people: Any, wanted: list[list[str]]) -> bool:
        return [[who.name, who.address] for who in people] == wanted

    def _from(self, wanted: list[list[str]]) -> bool:
        return self._people(self.letter.rendition.senders, wanted)

    def _to(self, wanted: list[list[str]]) -> bool:
        return self._people(self.letter.rendition.to, wanted)

    def _cc(self, wanted: list[list[str]]) -> bool:
        return self._people(self.letter.rendition.cc, wanted)

    def _text(self, number: int, wanted: str) -> bool:
        rendition = self.letter.rendition
        if _bare(wanted) in _bare(rendition.text):
            return True
        return number > 0 and self._is_reachable(_bare(wanted))

    def _html(self, number: int, wanted: str) -> bool:
        words = _words_of_html(self.letter.rendition.html.for_frame())
        return _words_of_html(wanted) in words or (
            number > 0 and self._is_reachable(_words_of_html(wanted))
        )

    def _is_reachable(self, bare: str) -> bool:
        rendition = self.letter.rendition
        if bare in _words_of_html(rendition.html.for_frame()):
            return True
        contents = (self.letter.bytes_of(one) for one in rendition.attachments)
        return any(bare in _bare(data.decode("utf-8", "replace")) for data in contents)

    def _attachments(self, number: int, wanted: dict[str, Any]) -> bool:
        return any(self._is_attachment(one, wanted) for one in self.letter.rendition.attachments)

    def _is_attachment(self, one: Attachment, wanted: dict[str, Any]) -> bool:
        name = wanted.get("filename")
        if name and one.name != re.split(r"[/\\]", name)[-1]:
            return False
        if wanted.get("content_type") and one.type != wanted["content_type"].lower():
            return False
        if wanted.get("sha256"):
            return bool(one.sha256 == wanted["sha256"])
        if wanted.get("message"):
            return one.type == "message/rfc822"
        if "text" in wanted:
            data = self.letter.bytes_of(one)
            return _bare(wanted["text"]) == _bare(data.decode("utf-8", "replace"))
        return True


def messages() -> list[Path]:
    return sorted((SHARED / "corpus" / "mime").rglob("*.eml"))


def expectation_of(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.with_suffix(".expect.json").read_text("utf-8"))
    return loaded
