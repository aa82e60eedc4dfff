"""One portal runs from a folder at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class AlreadyRunning(RuntimeError):
    """Another portal runs from this folder; the message says which."""


def take(folder: Path, address: str) -> IO[str]:
    """Take the folder until the file returned is closed; raises AlreadyRunning with a sentence."""
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        who = lock.read().strip() or "just starting"
        lock.close()
        raise AlreadyRunning(
            f"The portal already runs from this folder ({who}). "
            "Use that one, or stop it first with Ctrl-C."
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, {address}")
    lock.flush()
    return lock
