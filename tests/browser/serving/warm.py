"""`python -m tests.browser.serving.warm`: the web process loaded once, and begun as often as asked.

A line of standard input is a port and a file for what it writes to stderr; the answer is the
number of a process that serves the portal there. Loading takes seconds, forking none; nothing
is open yet that two could not share: no connection, no keyring.
"""

from __future__ import annotations

import os
import signal
import sys

import uvicorn

from govmail_portal.asgi import application


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    sys.stdout.write("loaded\n")
    sys.stdout.flush()
    for line in sys.stdin:
        port, errors = line.rstrip("\n").split(" ", 1)
        if not (pid := os.fork()):
            _serve(int(port), errors)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _serve(port: int, errors: str) -> None:
    """Be the web process; end without what the loader would do at its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    for where, what in ((0, nothing), (1, nothing), (2, log)):
        os.dup2(what, where)
    try:
        uvicorn.run(application, port=port, log_level="warning", timeout_graceful_shutdown=1)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
