"""The deep scanner: which cipher suites a server takes, asked in another process (ADR 0026).

It has an environment of its own (`deploy/scanner/`), because its library wants an older
cryptography than ours. It is handed an address that was looked at, never a name to resolve, and
nothing of our environment. Where it is not installed its questions are not asked: `absent`, which
is no pass.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from accounts.probing.failing import ProbeFailed, observe, text_of
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Status
from accounts.probing.targets import PORTS, host_of, why_not

SCAN = Path(__file__).resolve().parents[2] / "deploy" / "scanner" / "scan.py"
_STARTTLS = {25: "smtp", 587: "smtp"}
# To start, and to say what it has when its time is over.
_START_SECONDS = 5.0
_WORDS = {"timeout", "refused", "closed", "too_much", "no_starttls"}
_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def look(ground: Ground, host: str, port: int, address: str) -> Observation:
    """Have one server scanned; nothing but its address is connected to."""
    return observe("deep", f"{host}:{port}", partial(_look, ground, host, port, address))


def _look(ground: Ground, host: str, port: int, address: str, facts: dict[str, Any]) -> None:
    kind = why_not(address, ground.also)
    if kind or port not in PORTS:
        raise ProbeFailed(Status.FORBIDDEN, kind or "port")
    if not ground.scanner:
        raise ProbeFailed(Status.UNABLE, "absent")
    request = {
        "host": host_of(host),
        "address": address,
        "port": ground.ports.get(port, port),
        "starttls": _STARTTLS.get(port, ""),
        "name": ground.name,
        "seconds": ground.probe_seconds,
    }
    with ground.busy.take(address, wait=ground.probe_seconds * 3) as is_mine:
        if not is_mine:
            raise ProbeFailed(Status.UNABLE, "busy")
        said = _scan(ground.scanner, request)
    _read(said, facts)


def _scan(python: str, request: dict[str, Any]) -> bytes:
    """Run the scanner; whatever it started ends with it."""
    try:
        scanning = subprocess.Popen(  # noqa: S603  (the settings name it)
            [python, "-I", "-B", str(SCAN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )
    except OSError:
        raise ProbeFailed(Status.UNABLE, "absent") from None
    with scanning:
        try:
            said, _ = scanning.communicate(
                json.dumps(request).encode() + b"\n", request["seconds"] + _START_SECONDS
            )
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(scanning.pid, signal.SIGKILL)
            raise ProbeFailed(Status.SILENT, "timeout") from None
    return said


def _read(said: bytes, facts: dict[str, Any]) -> None:
    """Take over what the scanner says; only what has the shape of an answer."""
    try:
        found = json.loads(said)
        facts |= {
            "scanner": text_of(str(found["scanner"]).encode(), 100),
            "accepted": {
                name: [str(suite) for suite in found["accepted"].get(name, [])]
                for name in _VERSIONS
            },
            "weak": [str(suite) for suite in found["weak"]],
            "untested": [str(name) for name in found["untested"]],
        }
        error = str(found["error"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProbeFailed(Status.UNABLE, "ours", text_of(said[:200])) from None
    if len(facts["untested"]) == len(_VERSIONS):
        word = error if error in _WORDS else "timeout"
        raise ProbeFailed(Status.SILENT if word == "timeout" else Status.BROKEN, word)
