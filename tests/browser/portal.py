"""The web process as it runs in production: uvicorn, on the test's database and keys."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailbox.sealing import key_files
from mailbox.sealing.keyring import StoredKeyring
from tests import processes

SECONDS = 60


@contextmanager
def portal(keyring: StoredKeyring, folder: Path) -> Iterator[str]:
    """Serve the portal; give its origin. What it has written to stderr is shown if it dies."""
    key_files.write(folder / "web.json", keyring)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "uvicorn", "govmail_portal.asgi:application", "--port", str(port)]
    process = processes.start(
        *command,
        *("--log-level", "warning", "--timeout-graceful-shutdown", "1"),
        KEYRING_FILE=str(folder / "web.json"),
        SERVE_STATIC="yes",
    )
    origin = f"http://127.0.0.1:{port}"
    try:
        await_answer(origin, process)
        yield origin
    finally:
        process.terminate()
        process.communicate(timeout=30)


def await_answer(origin: str, process: subprocess.Popen[Any]) -> None:
    """Wait for the process to serve; RuntimeError with what it said if it ends instead."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(process.communicate()[1])
        try:
            urllib.request.urlopen(f"{origin}/healthz", timeout=5).close()  # noqa: S310  # loopback
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(origin)
