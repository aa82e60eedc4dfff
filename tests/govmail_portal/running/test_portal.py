"""The whole portal, as `make run` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from govmail_portal.running import Portal, PortalNotRunning, Ports
from govmail_portal.running.portal import ROOT

READY = 90


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with tempfile.TemporaryDirectory() as folder:
        running = Portal(Path(folder) / "var", Ports.free())
        running.start()
        try:
            running.wait_ready(READY)
            yield running
        finally:
            running.stop()
            assert _of(running) == []


def _of(portal: Portal) -> list[str]:
    """Return the command lines of the processes that still work on this portal's folder."""
    lines = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            var = process.environ().get("VAR_DIR", "")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if process.pid != os.getpid() and (str(portal.var) in words or var == str(portal.var)):
            lines.append(words)
    return lines


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _said(portal: Portal) -> str:
    return (portal.var / "log" / "portal.log").read_text()


def test_pages_and_static_files_are_served(portal: Portal) -> None:
    for path in ("healthz", "readyz", "account/login/", "static/vendor/htmx.js"):
        with urllib.request.urlopen(  # noqa: S310  # the loopback
            portal.address + path, timeout=20
        ) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("name", ["worker", "lmtpd", "web", "beat", "gateways"])
def test_a_killed_process_is_started_again_and_said(portal: Portal, name: str) -> None:
    pid = portal.pid_of(name)
    os.kill(pid, signal.SIGKILL)

    _until(lambda: portal.pid_of(name) != pid and portal.is_ready(name))

    assert f"{name} ended (killed by SIGKILL); starting it again in" in _said(portal)


@pytest.mark.parametrize("engine", ["PostgreSQL", "Redis"])
def test_a_killed_engine_is_started_again_and_said(portal: Portal, engine: str) -> None:
    if engine == "PostgreSQL":
        pid = int((portal.var / "postgres" / "postmaster.pid").read_text().split()[0])
    else:
        (pid,) = [p.pid for p in psutil.process_iter() if _is_redis_of(p, portal)]
    os.kill(pid, signal.SIGKILL)

    _until(lambda: f"{engine} ended" in _said(portal))
    portal.wait_ready(READY)


def _is_redis_of(process: psutil.Process, portal: Portal) -> bool:
    try:
        return f"{portal.var}/run" in " ".join(process.cmdline()) and "redis" in process.name()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def test_one_process_can_be_stopped_and_started(portal: Portal) -> None:
    portal.stop_one("worker")
    assert not portal.is_ready("worker")

    portal.start_one("worker")
    portal.wait_ready(READY)


def test_each_process_holds_its_own_keys_only(portal: Portal) -> None:
    keyrings = {
        name: psutil.Process(portal.pid_of(name)).environ()["KEYRING_FILE"].rpartition("/")[2]
        for name in ("web", "worker", "beat", "lmtpd", "gateways")
    }
    assert keyrings == {
        "web": "web.json",
        "worker": "worker.json",
        "beat": "worker.json",
        "lmtpd": "lmtp.json",
        "gateways": "lmtp.json",
    }


def test_what_is_secret_is_for_the_owner_alone(portal: Portal) -> None:
    files = [portal.var / "portal.env", *(portal.var / "keys").iterdir()]
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_a_command_in_the_folder_finds_the_portal(portal: Portal) -> None:
    program = "from accounts.models import Account; print(Account.objects.count())"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(portal.var)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) > 20


def test_a_second_one_in_the_same_folder_is_refused(portal: Portal) -> None:
    with pytest.raises(PortalNotRunning, match="already runs from this folder"):
        Portal(portal.var, Ports.free()).start()
    assert portal.is_ready("web")


def test_a_used_port_is_refused_before_anything_starts(portal: Portal, tmp_path: Path) -> None:
    with pytest.raises(PortalNotRunning, match=f"Port {portal.ports.web} is used"):
        Portal(tmp_path / "var", portal.ports).start()
    assert not (tmp_path / "var" / "postgres").exists()


def test_the_watcher_ends_with_the_portal(tmp_path: Path) -> None:
    before = threading.active_count()
    idle = Portal(tmp_path / "var", Ports.free())
    idle.stop()
    assert threading.active_count() == before
