"""The processes of the portal, each with the keyring it may hold and no other (promise P5)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from govmail_portal.running.ports import HOST, Ports
from govmail_portal.running.process import Role

_DJANGO = (sys.executable, "manage.py")
# Celery warns root at every start; production's units are not root.
_AS_ROOT = {"PYTHONWARNINGS": "ignore:You're running the worker"}
# Its name, worker@host, is put out of the line as an address would be.
_READY = r"apps\.worker: \S+ ready\."
_CELERY = (sys.executable, "-m", "celery", "--app", "govmail_portal", "--quiet")


def roles(environment: Mapping[str, str], keys: Path, ports: Ports) -> list[Role]:
    """Return all roles, in the order they are started."""

    def with_keys(name: str, **more: str) -> dict[str, str]:
        return {**environment, "KEYRING_FILE": str(keys / f"{name}.json"), **more}

    return [
        Role(
            "web",
            _web(ports.web),
            with_keys("web", SERVE_STATIC="yes", DATABASE_POOL="16"),
            port=ports.web,
            ready_path="/readyz",
        ),
        # It alone makes mailboxes for new accounts; workers give out what it has made (ADR 0012).
        Role("keyholder", (*_DJANGO, "keyholder"), with_keys("web"), ready_line="Spare mailboxes"),
        Role("gateways", (*_DJANGO, "demo_gateway"), with_keys("lmtp"), port=ports.gateways[-1]),
        Role(
            "internet", _internet(environment, ports), environment, ready_line="The demo's Internet"
        ),
        Role("lmtpd", (*_DJANGO, "lmtpd"), with_keys("lmtp"), port=ports.lmtp),
        Role(
            "worker",
            _worker("portal", "mail,urgent,people", 2),
            with_keys("worker", **_AS_ROOT, RELAY_PROCESSES="2"),
            ready_line=_READY,
        ),
        # Nothing else is given to it: urgent mail never waits for a worker.
        Role(
            "urgent",
            _worker("urgent", "urgent", 1),
            with_keys("worker", **_AS_ROOT),
            ready_line=_READY,
        ),
        # Asks strangers' servers, which may take their time; it holds no key at all.
        Role(
            "scanner",
            _worker("scanner", "dns,net", 2),
            {**environment, "KEYRING_FILE": os.devnull, **_AS_ROOT},
            ready_line=_READY,
        ),
        Role("beat", _beat(), with_keys("worker"), ready_line=r"beat: Starting"),
    ]


def _worker(name: str, queues: str, processes: int) -> tuple[str, ...]:
    options = (f"--concurrency={processes}", f"--queues={queues}", f"--hostname={name}@%h")
    return (*_CELERY, "worker", *options, "--without-gossip", "--without-mingle", "--loglevel=INFO")


def _internet(environment: Mapping[str, str], ports: Ports) -> tuple[str, ...]:
    """What the readiness gate of the demo measures; without Django it is there at once."""
    module = (sys.executable, "-m", "mailbox.demo.internet")
    return (*module, environment["VAR_DIR"], str(ports.lmtp), *map(str, ports.internet))


def _beat() -> tuple[str, ...]:
    # Its own scheduler, in memory: the other one keeps a pickle on disk.
    return (*_CELERY, "beat", "--scheduler=celery.beat:Scheduler", "--loglevel=INFO")


def _web(port: int) -> tuple[str, ...]:
    # No access log: an address may carry what somebody looked for.
    return (
        *(sys.executable, "-m", "uvicorn", "govmail_portal.asgi:application"),
        *(f"--host={HOST}", f"--port={port}", "--no-access-log", "--lifespan=off"),
        "--timeout-graceful-shutdown=2",
    )
