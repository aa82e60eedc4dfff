"""Refuse a request's body before it is read, when it is larger than memory may hold.

Django's ASGI handler writes bodies above FILE_UPLOAD_MAX_MEMORY_SIZE into a
temporary file, in clear. An attachment must not lie there (promise P4), so what
is larger never gets that far, and a body of unknown length does not either.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

# As ASGI gives them; its implementations disagree about the exact types.
Scope = dict[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

_BODILESS = {"GET", "HEAD", "OPTIONS"}


class BodyLimit:
    """An ASGI application around another: 413 above `most` bytes, 411 without a length."""

    def __init__(self, application: Application, most: int) -> None:
        self.application = application
        self.most = most

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        status = self._refusal(scope) if scope["type"] == "http" else 0
        if not status:
            await self.application(scope, receive, send)
            return
        words = {411: "A length is required.", 413: "This is larger than the portal takes."}[status]
        body = json.dumps({"message": words}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            # What was not read must not be taken for the next request.
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _refusal(self, scope: Scope) -> int:
        """Return the status to refuse with, or 0."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length")
        if length is None:
            unknown = b"transfer-encoding" in headers and scope["method"] not in _BODILESS
            return 411 if unknown else 0
        return 413 if not length.isdigit() or int(length) > self.most else 0
