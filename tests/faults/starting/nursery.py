"""A process that has the portal loaded and forks workers and doors: they start in a moment.

What is forked is the real thing, `celery worker` or `manage.py lmtpd`, in a session of its own.
It is told arguments, a JSON list a line, and says the number of each process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.processes import ROOT


class Nursery:
    """Forks processes that all have this environment, and log to a file."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.starting.nursery", str(log)],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str) -> int:
        """Start a process; return its number."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        """End it; what it has started stays."""
        self._process.kill()
        self._process.communicate(timeout=20)


def main() -> None:
    import django

    django.setup()
    from celery.apps import worker  # noqa: F401  # loaded before the fork
    from celery.concurrency import prefork  # noqa: F401
    from django.core.management import call_command
    from kombu.transport import redis  # noqa: F401

    from govmail_portal.celery import app
    from mailbox.management.commands import lmtpd  # noqa: F401

    app.loader.import_default_modules()
    app.finalize(auto=True)
    # Nobody asks how they ended, and the dead shall be gone.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        arguments = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)  # noqa: T201  # the answer
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(here, there)
        if arguments[0] == "worker":
            app.worker_main(arguments)
        else:
            call_command(*arguments)
        os._exit(0)


if __name__ == "__main__":
    main()
