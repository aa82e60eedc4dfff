"""What a search verifies a hit against: a message's words, normalised, put away at filing.

Normalising takes a hundred times longer than looking, so it is done once. Beside it stands
the text as it is shown, for the snippet; the two are so alike that compression makes them one.

Form, big-endian, inside one zstd frame: `GMS1` · length of the head (4) · head, JSON · the
normalised text · the shown text · the normalised text of each file that has one.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import zstandard

from mailbox.mime.rendition import Address, Attachment, Rendition
from mailbox.searching.words import normalise

MAGIC = b"GMS1"
_HEAD = struct.Struct(">4sI")
# A message's words beyond these many characters are not searched, and it is said (P8).
MOST_TEXT, MOST_FILES = 400_000, 400_000
# No text of ours is larger, whatever a frame claims.
_MOST_BYTES = 16 * 1024 * 1024
_local = threading.local()


@dataclass(frozen=True)
class FileWords:
    """A file of a message. name: normalised. kind: "pdf", "image" or "". text: normalised.

    is_inline: a picture within the text. is_whole: its text was read to the end, or it has none.
    """

    name: str
    kind: str = ""
    text: str = ""
    is_inline: bool = False
    is_whole: bool = True


@dataclass(frozen=True)
class Searchable:
    """A message as a search sees it: everything normalised but `shown`.

    text: subject, a space and body: a phrase may run from the one into the other. People are
    names and addresses, each by itself. is_whole: nothing was left out for its length.
    """

    subject: str = ""
    text: str = ""
    senders: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    files: tuple[FileWords, ...] = ()
    is_whole: bool = True
    shown_bytes: bytes = field(default=b"", repr=False)

    @cached_property
    def shown(self) -> str:
        """The body as a reader sees it."""
        return self.shown_bytes.decode()

    @property
    def people(self) -> tuple[str, ...]:
        return (*self.senders, *self.to, *self.cc, *self.bcc, *self.reply_to)

    @property
    def is_complete(self) -> bool:
        """Whether all its words are here, those of its files too (P8)."""
        return self.is_whole and all(one.is_whole for one in self.files)


def searchable_of(rendition: Rendition, texts: Sequence[tuple[str, bool]] = ()) -> Searchable:
    """A message's words. texts: of each attachment in order, what is written in it and if all."""
    read = [*texts, *[("", True)] * (len(rendition.attachments) - len(texts))]
    left, files = MOST_FILES, []
    for one, (text, is_whole) in zip(rendition.attachments, read, strict=True):
        name, words = normalise(one.name), normalise(text[:left])
        is_all = is_whole and len(text) <= left
        files.append(FileWords(name, _kind(one), words, one.inline, is_all))
        left -= len(words)
    body = rendition.text[:MOST_TEXT]
    return Searchable(
        subject=normalise(rendition.subject),
        text=normalise(f"{rendition.subject}\n{body}"),
        senders=_names(rendition.senders),
        to=_names(rendition.to),
        cc=_names(rendition.cc),
        bcc=_names(rendition.bcc),
        reply_to=_names(rendition.reply_to),
        files=tuple(files),
        is_whole=len(rendition.text) <= MOST_TEXT,
        shown_bytes=body.encode("utf-8", "replace"),
    )


def to_bytes(searchable: Searchable) -> bytes:
    """The form to seal."""
    texts = [searchable.text.encode("utf-8", "replace"), searchable.shown_bytes]
    texts += [one.text.encode("utf-8", "replace") for one in searchable.files]
    head = {
        "subject": searchable.subject,
        "is_whole": searchable.is_whole,
        "files": [asdict(one) | {"text": ""} for one in searchable.files],
        "lengths": [len(text) for text in texts],
    }
    head |= {name: getattr(searchable, name) for name in _PEOPLE}
    written = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    plain = b"".join([_HEAD.pack(MAGIC, len(written)), written, *texts])
    return zstandard.ZstdCompressor(level=3).compress(plain)


def from_bytes(packed: bytes) -> Searchable:
    """What `to_bytes` gave; ValueError if it is not one."""
    try:
        plain = inflated(packed, _MOST_BYTES)
        magic, length = _HEAD.unpack_from(plain)
        head = json.loads(plain[_HEAD.size : _HEAD.size + length])
    except struct.error as error:
        raise ValueError("not a searchable text") from error
    if magic != MAGIC:
        raise ValueError("not a searchable text")
    text, shown, *of_files = _cut(plain, _HEAD.size + length, head["lengths"])
    files = [
        FileWords(**one | {"text": words.decode()})
        for one, words in zip(head["files"], of_files, strict=True)
    ]
    people = {name: tuple(head[name]) for name in _PEOPLE}
    return Searchable(
        subject=head["subject"],
        text=text.decode(),
        files=tuple(files),
        is_whole=head["is_whole"],
        shown_bytes=shown,
        **people,
    )


def inflated(packed: bytes, most: int) -> bytes:
    """What a zstd frame holds; ValueError if it is none, or claims more bytes than `most`.

    The library's own limit is for frames that do not say how much they hold.
    """
    try:
        if zstandard.frame_content_size(packed) > most:
            raise ValueError("too much in a frame")
        return _decompressor().decompress(packed, max_output_size=most)
    except zstandard.ZstdError as error:
        raise ValueError("not a frame") from error


def _decompressor() -> zstandard.ZstdDecompressor:
    """This thread's own: making one takes longer than a letter does."""
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    found: zstandard.ZstdDecompressor = _local.decompressor
    return found


_PEOPLE = ("senders", "to", "cc", "bcc", "reply_to")


def _cut(plain: bytes, start: int, lengths: Iterable[int]) -> list[bytes]:
    pieces = []
    for length in lengths:
        pieces.append(plain[start : start + length])
        start += length
    return pieces


def _names(people: Iterable[Address]) -> tuple[str, ...]:
    return tuple(normalise(text) for who in people for text in (who.name, who.address) if text)


def _kind(one: Attachment) -> str:
    if one.type == "application/pdf" or one.name.lower().endswith(".pdf"):
        return "pdf"
    return "image" if one.type.startswith("image/") else ""
