"""The parts of a message, as byte ranges, within limits.

The message is cut by walking, not by recursion, and every limit holds before
the work it limits: CPython's own parser falls over 500 nested parts of 29 kB
(RecursionError) and needs seconds for 100,000 header lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailbox.mime.headers import Headers, Value, content_type, parse_parameters, split_fields

MAX_DEPTH = 50
MAX_PARTS = 1_000
MAX_HEADER_BYTES = 256 * 1024
MAX_HEADER_LINES = 1_000
# A line of blanks alone continues a field (RFC 5322 4.2), unless what follows is no header.
_BLANK_LINE = re.compile(rb"\r?\n(?:\r?\n|[ \t]{1,200}\r?\n(?![ \t\r\n]|[!-9;-~]{1,70}:))")
_AT_ONCE = re.compile(rb"\r?\n")
_DELIMITER_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")


class OverLimit(Exception):
    """The message is larger in some way than any honest one. `note` says which."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


@dataclass
class Part:
    """One entity: its header, and its body as raw[start:stop], still encoded."""

    headers: Headers
    type: str
    parameters: dict[str, str]
    disposition: Value
    start: int
    stop: int
    depth: int
    encoding: str = ""
    children: list[Part] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return self.type.startswith("multipart/")

    @property
    def content_id(self) -> str:
        return self.headers.text("content-id").strip("<> ")[:500]


def _header_end(raw: bytes, start: int, stop: int) -> tuple[int, int]:
    """Where the header block ends and the body begins."""
    at_once = _AT_ONCE.match(raw, start, stop)
    if at_once:
        return start, at_once.end()
    # One byte more than allowed is looked at, so that a longer block is found out.
    blank = _BLANK_LINE.search(raw, start, min(stop, start + MAX_HEADER_BYTES + 4))
    if blank:
        return blank.start(), blank.end()
    return stop, stop


def header_block(raw: bytes) -> bytes:
    """The header of a message, as it came; all of it where no blank line ends it."""
    return raw[: _header_end(raw, 0, len(raw))[0]]


def _read_part(raw: bytes, start: int, stop: int, *, depth: int, default: str) -> Part:
    header_stop, body_start = _header_end(raw, start, stop)
    if header_stop - start > MAX_HEADER_BYTES:
        raise OverLimit("header-too-large")
    block = raw[start:header_stop]
    if block.count(b"\n") >= MAX_HEADER_LINES:
        raise OverLimit("header-too-large")
    if block.startswith((b"From ", b">From ")):  # an mbox line that came along
        block = block.partition(b"\n")[2]
    headers = split_fields(block)
    if depth > 1 and block and not headers.fields:
        headers, body_start = Headers([]), start  # a part that forgot its blank line
    kind = parse_parameters(headers.get("content-type"))
    disposition = parse_parameters(headers.get("content-disposition"))
    if kind.too_many or disposition.too_many:
        raise OverLimit("too-many-parameters")
    return Part(
        headers=headers,
        type=content_type(kind, default),
        parameters=kind.parameters,
        disposition=disposition,
        start=body_start,
        stop=stop,
        depth=depth,
        encoding=parse_parameters(headers.get("content-transfer-encoding")).main,
    )


def _boundary_of(part: Part) -> bytes:
    boundary = part.parameters.get("boundary", "")
    return boundary.encode("utf-8", "replace")[:200]


def _child_ranges(raw: bytes, part: Part) -> list[tuple[int, int]]:
    """Where the parts between a multipart's delimiter lines lie (RFC 2046 5.1.1)."""
    boundary = _boundary_of(part)
    marker = b"--" + boundary
    ranges: list[tuple[int, int]] = []
    open_at: int | None = None
    position = raw.find(marker, part.start, part.stop) if boundary else -1
    while position >= 0:
        line = _DELIMITER_REST.match(raw, position + len(marker), part.stop)
        at_line_start = position == part.start or raw[position - 1] == 0x0A
        if line and at_line_start:
            if open_at is not None:
                ranges.append((open_at, max(open_at, _before_line_end(raw, position))))
            open_at = None if line[1] else line.end()
            if line[1]:
                break
            if len(ranges) > MAX_PARTS:
                raise OverLimit("too-many-parts")
        position = raw.find(marker, position + len(marker), part.stop)
    if open_at is not None and open_at < part.stop:
        ranges.append((open_at, part.stop))
    return ranges


def _before_line_end(raw: bytes, position: int) -> int:
    """The end of the text before a delimiter, to which the line end belongs."""
    if raw[position - 2 : position] == b"\r\n":
        return position - 2
    return position - 1


def read_structure(raw: bytes) -> Part:
    """The tree of a message's parts. OverLimit if it is too deep, too wide or its header too large.

    What is inside message/rfc822 is not looked at: it is an attachment.
    """
    root = _read_part(raw, 0, len(raw), depth=1, default="text/plain")
    waiting, count = [root], 1
    while waiting:
        part = waiting.pop()
        if not part.is_multipart:
            continue
        if part.depth >= MAX_DEPTH:
            raise OverLimit("too-deep")
        ranges = _child_ranges(raw, part)
        count += len(ranges)
        if count > MAX_PARTS:
            raise OverLimit("too-many-parts")
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        part.children = [
            _read_part(raw, start, stop, depth=part.depth + 1, default=default)
            for start, stop in ranges
        ]
        if not part.children:
            part.type = "text/plain"  # no delimiter in it: what is there is shown as it stands
        waiting.extend(part.children)
    return root
