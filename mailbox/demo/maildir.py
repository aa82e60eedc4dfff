"""Write messages into a Maildir, byte for byte.

Not the standard library's `mailbox`: its name is ours, and it changes line ends.
"""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from urllib.parse import quote

_counter = itertools.count()


def maildir_of(outside: Path, address: str) -> Path:
    """Return the Maildir of one recipient below `outside`."""
    return outside / quote(address.lower(), safe="@+-_.")


def keep(maildir: Path, message: bytes) -> Path:
    """Put a message into `new/` and return its file, once it is on disk."""
    for part in ("tmp", "new", "cur"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    name = f"{time.time():.6f}.{os.getpid()}_{next(_counter)}.gateway"
    draft, kept = maildir / "tmp" / name, maildir / "new" / name
    with draft.open("xb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(kept)
    return kept
