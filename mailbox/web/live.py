"""Live arrival: a stream of server-sent events that says "look again", and nothing of the mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.db import connections
from django.http import Http404, StreamingHttpResponse
from django.views.decorators.http import require_GET

from accounts.models import Account
from mailbox.live import switchboard
from mailbox.models import Mailbox
from mailbox.web.requests import PortalRequest

# Proxies close what is silent for a minute.
HEARTBEAT_SECONDS = 25
# A stream ends after this long; the browser opens it again, and is asked who it is.
LONGEST_SECONDS = 600


@require_GET
@login_required
def live(request: PortalRequest, mailbox: UUID | None = None) -> StreamingHttpResponse:
    """Events of a mailbox, of one's own if none is named: `mail` when something has changed."""
    boxes = Mailbox.objects.readable_by(request.user)
    wanted = boxes.filter(pk=mailbox) if mailbox else boxes.filter(account=request.user)
    found = wanted.values_list("pk", flat=True).first()
    if found is None:
        raise Http404
    stream = events(found, request.user)
    response = StreamingHttpResponse(stream, content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def events(mailbox: UUID, reader: Account | None = None) -> AsyncIterator[bytes]:
    """The stream of one page; notices that come together are told once.

    reader: asked for anew at every notice, for a delegation may be over since it began.
    """
    # The stream outlives the request's questions: it must not sit on their connection.
    await sync_to_async(connections.close_all)()
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_SECONDS
    async with switchboard().line(mailbox) as bell:
        yield b"retry: 3000\n: open\n\n"
        while loop.time() < end:
            try:
                await asyncio.wait_for(bell.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            bell.clear()
            if reader is not None and not await sync_to_async(_may_look)(mailbox, reader):
                return
            yield b"event: mail\ndata: changed\n\n"


def _may_look(mailbox: UUID, reader: Account) -> bool:
    try:
        return Mailbox.objects.readable_by(reader).filter(pk=mailbox).exists()
    finally:
        connections.close_all()
