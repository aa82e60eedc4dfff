from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from govmail_portal.body_limit import BodyLimit


def answer(method: str = "POST", **headers: str) -> int:
    """Return the status for a request with these headers; 200 where it was let through."""
    sent: list[MutableMapping[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("The body was read.")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "headers": raw}
    asyncio.run(BodyLimit(inner, 1000)(scope, receive, send))
    return int(sent[0]["status"])


def test_a_body_up_to_the_limit_is_let_through() -> None:
    assert answer(content_length="1000") == 200
    assert answer("GET") == 200


@pytest.mark.parametrize("length", ["1001", "99999999999999999999", "-1", "x"])
def test_a_body_above_the_limit_is_refused_unread(length: str) -> None:
    assert answer(content_length=length) == 413


def test_a_body_of_unknown_length_is_refused_unread() -> None:
    assert answer(transfer_encoding="chunked") == 411
