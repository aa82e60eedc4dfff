"""Answers in pieces: bytes that are opened as they are sent, whole or by range (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

# Opened at a time; more than a chunk of sealed content, little enough for memory.
PIECE = 512 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$", re.ASCII)

ReadRange = Callable[[int, int], bytes]


def streamed(
    request: HttpRequest, read: ReadRange, span: tuple[int, int], *, content_type: str
) -> StreamingHttpResponse:
    """Bytes `span` of what read(start, stop) opens, a piece at a time; never kept, never guessed.

    Under ASGI the pieces are opened in threads, so that a slow reader holds up nobody.
    """
    pieces: AsyncIterator[bytes] | Iterator[bytes]
    pieces = _pieces_async(read, span) if isinstance(request, ASGIRequest) else _pieces(read, span)
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response.headers["Content-Length"] = str(span[1] - span[0])
    return response


def ranged(
    request: HttpRequest, read: ReadRange, size: int, *, etag: str, content_type: str
) -> HttpResponseBase:
    """Answer with the whole, with the one range asked for (206), or with 416.

    If-Range holds only for our strong ETag. Several ranges at once are answered
    with the whole, as RFC 9110 allows.
    """
    asked = _asked(request, etag)
    span = _span(asked, size) if asked else (0, size)
    if span is None:
        response: HttpResponseBase = HttpResponse(status=416)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    response = streamed(request, read, span, content_type=content_type)
    response.headers["ETag"] = etag
    response.headers["Accept-Ranges"] = "bytes"
    if asked:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
    return response


def decoded_text(raw: bytes) -> str:
    """The beginning of a text file; old Thai files are in Windows-874.

    A character cut in two at the end is left out.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 3:
            return raw[: error.start].decode("utf-8")
        return raw.decode("cp874", errors="replace")


def _asked(request: HttpRequest, etag: str) -> tuple[str, str] | None:
    """The one range that is asked for, as it is written; None where the whole is to be sent."""
    condition = request.headers.get("If-Range")
    match = _RANGE.match(request.headers.get("Range", ""))
    if match is None or (condition is not None and condition != etag):
        return None
    first, last = match.groups()
    is_valid = bool(first or last) and not (first and last and int(last) < int(first))
    return (first, last) if is_valid else None


def _span(asked: tuple[str, str], size: int) -> tuple[int, int] | None:
    """First and past-last byte of a range; None where no byte of it exists."""
    first, last = asked
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start, stop = int(first), min(int(last) + 1, size) if last else size
    return (start, stop) if start < size else None


def _pieces(read: ReadRange, span: tuple[int, int]) -> Iterator[bytes]:
    for start in range(span[0], span[1], PIECE):
        yield read(start, min(start + PIECE, span[1]))


async def _pieces_async(read: ReadRange, span: tuple[int, int]) -> AsyncIterator[bytes]:
    # A slow download must not sit on the database connection that found it.
    await sync_to_async(connections.close_all)()
    open_piece = sync_to_async(read, thread_sensitive=False)
    for start in range(span[0], span[1], PIECE):
        yield await open_piece(start, min(start + PIECE, span[1]))
