"""One line for a process: who waits for a mailbox hears of it, and nobody else does."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from mailbox import live
from mailbox.filing.placements import announce
from mailbox.web.live import events

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

MINE, THEIRS = uuid.uuid4(), uuid.uuid4()


async def tell(mailbox: uuid.UUID) -> None:
    """A filing transaction commits."""

    def commit() -> None:
        announce([mailbox])
        connections.close_all()

    await sync_to_async(commit)()


async def test_a_notice_reaches_every_page_of_its_mailbox_and_no_other() -> None:
    board = live.switchboard()
    async with board.line(MINE) as one, board.line(MINE) as two, board.line(THEIRS) as other:
        await tell(MINE)
        await asyncio.wait_for(asyncio.gather(one.wait(), two.wait()), 10)

        assert not other.is_set()


async def test_pages_of_one_process_share_a_connection() -> None:
    board = live.switchboard()
    async with board.line(MINE), board.line(THEIRS), board.line(MINE):
        count = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN mailbox'"

        def ask() -> int:
            with connection.cursor() as cursor:
                cursor.execute(count)
                (number,) = cursor.fetchone()
            connections.close_all()
            return int(number)

        assert await sync_to_async(ask)() == 1


async def test_a_lost_line_is_taken_up_again_and_everybody_looks_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "_RETRY_SECONDS", 0.05)
    board = live.switchboard()
    async with board.line(MINE) as bell:

        def cut() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query = 'LISTEN mailbox' AND datname = current_database()"
                )
            connections.close_all()

        await sync_to_async(cut)()
        await asyncio.wait_for(bell.wait(), 10)
        bell.clear()
        await tell(MINE)
        await asyncio.wait_for(bell.wait(), 10)


async def test_a_stream_says_only_that_something_has_changed() -> None:
    stream = events(MINE)
    opening = await asyncio.wait_for(anext(stream), 10)
    await tell(MINE)
    told = await asyncio.wait_for(anext(stream), 10)
    await stream.aclose()  # type: ignore[attr-defined]  # it is a generator

    assert opening.startswith(b"retry:")
    assert told == b"event: mail\ndata: changed\n\n"
