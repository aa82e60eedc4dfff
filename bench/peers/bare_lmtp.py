"""`python -m bench.peers.bare_lmtp PORT`: aiosmtpd as it comes, saying 250 and keeping nothing.

The limit of what a door in Python can do before it has done anything.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from aiosmtpd.lmtp import LMTP


class Discards:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return "250 OK"


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: LMTP(Discards(), hostname="bare", loop=loop), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
