"""The web process as it runs in production: uvicorn, on the test's database and keys.

Loaded once for all tests of a run (`tests.browser.serving.warm`), and begun anew for each.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from govmail_portal.embedded import is_running
from mailbox.sealing import key_files
from mailbox.sealing.keyring import StoredKeyring
from tests import processes

SECONDS = 60


class Loader:
    """The loaded web process. folder: where the keys lie that the next one reads."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="govmail-web-"))
        self._process = processes.start(
            *("-m", "tests.browser.serving.warm"),
            KEYRING_FILE=str(self.folder / "web.json"),
            SERVE_STATIC="yes",
        )
        if self._answer() != "loaded":
            raise RuntimeError(self._process.communicate()[1])

    def begin(self, port: int, errors: Path) -> int:
        """Serve at a port; the number of the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{port} {errors}\n")
        self._process.stdin.flush()
        return int(self._answer())

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@cache
def loader() -> Loader:
    made = Loader()
    atexit.register(made.end)
    return made


@contextmanager
def portal(keyring: StoredKeyring, folder: Path) -> Iterator[str]:
    """Serve the portal; give its origin. What it has written to stderr is shown if it dies."""
    key_files.write(loader().folder / "web.json", keyring)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pid = loader().begin(port, folder / "web.log")
    origin = f"http://127.0.0.1:{port}"
    try:
        await_answer(origin, pid, folder / "web.log")
        yield origin
    finally:
        if is_running(pid):
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 30
        while is_running(pid):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def await_answer(origin: str, pid: int, log: Path) -> None:
    """Wait for the process to serve; RuntimeError with what it said if it ends instead."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not is_running(pid):
            raise RuntimeError(log.read_text())
        try:
            urllib.request.urlopen(f"{origin}/healthz", timeout=5).close()  # noqa: S310  # loopback
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(origin)
