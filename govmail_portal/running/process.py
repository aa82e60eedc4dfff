"""One process of the portal: started in a group of its own, heard, and ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govmail_portal.running.output import Output
from govmail_portal.running.ports import HOST


@dataclass(frozen=True)
class Role:
    """What one process of the portal is for, and how it shows that it is ready.

    Ready is the first of: `ready_path` answers 200 on `port`, `port` takes a
    connection, a line of its output matches `ready_line`.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    port: int | None = None
    ready_path: str | None = None
    ready_line: str | None = None


class Process:
    """A role at work. Everything it starts is of its process group, and ends with it."""

    def __init__(self, role: Role, folder: Path, output: Output) -> None:
        self.role = role
        self._output = output
        self._line_seen = threading.Event()
        self.started_at = time.monotonic()
        self._popen = subprocess.Popen(  # noqa: S603  # our own commands
            role.command,
            cwd=folder,
            env=dict(role.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            umask=0o077,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def is_running(self) -> bool:
        """Tell whether the process itself is still there."""
        return self._popen.poll() is None

    def is_ready(self) -> bool:
        """Tell whether it does its work by now."""
        if not self.is_running():
            return False
        if self.role.ready_path is not None:
            return _answers(f"http://{HOST}:{self.role.port}{self.role.ready_path}")
        if self.role.port is not None:
            return _takes_connections(self.role.port)
        return self._line_seen.is_set()

    def how_it_ended(self) -> str:
        """Say how the process ended, in a few words."""
        status = self._popen.poll()
        if status is None:
            return "still running"
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"status {status}"

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process, which then ends its own children."""
        with contextlib.suppress(ProcessLookupError):
            self._popen.terminate()

    def end(self, deadline: float) -> None:
        """Wait until time.monotonic() is `deadline`, then kill what is left of the group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(0.0, deadline - time.monotonic()))
        self.clear_away()

    def clear_away(self) -> None:
        """Kill whatever is left of the group, and take up the last words."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._listener.join(2)

    def _listen(self) -> None:
        if self._popen.stdout is None:
            return
        sign = re.compile(self.role.ready_line) if self.role.ready_line else None
        with self._popen.stdout as lines:
            for line in lines:
                self._output.line(self.role.name, line.rstrip("\n"))
                if sign is not None and sign.search(line):
                    self._line_seen.set()


def _takes_connections(port: int | None) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # the loopback
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
