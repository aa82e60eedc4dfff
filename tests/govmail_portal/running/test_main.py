"""`make run` itself: what it prints, and that nothing of it stays behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from govmail_portal.running import Ports
from govmail_portal.running.portal import ROOT


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "var"


@pytest.fixture(scope="module")
def lasting() -> Iterator[Path]:
    """One folder for several runs: only the first has everything to prepare."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "var"


def _run(var: Path, ports: Ports) -> subprocess.Popen[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "VAR_DIR": str(var),
        "PORT": str(ports.web),
        "LMTP_PORT": str(ports.lmtp),
        "DEMO_GATEWAY_PORTS": ",".join(map(str, ports.gateways)),
        "DEMO_INTERNET_PORTS": ",".join(map(str, ports.internet)),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "govmail_portal.running"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _hear(run: subprocess.Popen[str], sign: str) -> str:
    """Read what it prints up to a line that holds `sign`."""
    heard = ""
    assert run.stdout is not None
    for line in run.stdout:
        heard += line
        if sign in line:
            return heard
    raise AssertionError(f"It ended without saying {sign!r}:\n{heard}")


def _left(var: Path) -> list[str]:
    lines = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if str(var) in words or process.environ().get("VAR_DIR") == str(var):
                lines.append(words)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_without_a_trace(
    lasting: Path, number: signal.Signals
) -> None:
    var = lasting
    ports = Ports.free()
    run = _run(var, ports)
    heard = _hear(run, "Ctrl-C stops everything")
    run.send_signal(number)
    rest, _ = run.communicate(timeout=60)

    assert f"http://127.0.0.1:{ports.web}/" in heard
    assert re.search(r"\b\d{6}\b", heard.partition("The portal is at")[2])  # a login's code
    assert "Traceback" not in heard + rest
    assert "Stopped. The data stay" in rest
    assert run.returncode == 0
    assert _left(var) == []
    assert not (var / "portal.env").exists()


def test_what_a_killed_run_left_is_ended_by_the_next(lasting: Path) -> None:
    var = lasting
    first = _run(var, Ports.free())
    _hear(first, "Ctrl-C stops everything")
    first.kill()
    first.communicate()
    assert len(_left(var)) > 5

    second = _run(var, Ports.free())
    heard = _hear(second, "Ctrl-C stops everything")
    second.terminate()
    second.communicate(timeout=60)

    assert "that an earlier run had left behind" in heard
    assert _left(var) == []


def test_stopping_while_it_prepares_leaves_nothing_either(var: Path) -> None:
    run = _run(var, Ports.free())
    _hear(run, "Wrote web.json")
    run.send_signal(signal.SIGINT)
    rest, _ = run.communicate(timeout=60)

    assert run.returncode == 0
    assert "Stopped." in rest
    assert _left(var) == []
