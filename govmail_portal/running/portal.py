"""The supervisor: starts everything in order, keeps it alive, ends it in order."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO

from govmail_portal import embedded, env
from govmail_portal.running import leftovers, one_at_a_time
from govmail_portal.running.engines import Engines
from govmail_portal.running.ground import ground_of_the_demo
from govmail_portal.running.output import Output
from govmail_portal.running.ports import HOST, Ports
from govmail_portal.running.prepared import prepared_from
from govmail_portal.running.process import Process, Role
from govmail_portal.running.rests import Rest
from govmail_portal.running.roles import roles
from govmail_portal.running.secret_key import secret_key_file

ROOT = Path(__file__).resolve().parent.parent.parent
# How long the processes have to end what they are doing. What is cut off is owed still (P3).
GRACE = 15.0
# A process that rests longer than this, in seconds, before it was ever ready will not get so.
HOPELESS = 2.0


class PortalNotRunning(RuntimeError):
    """The portal cannot start, or did not get ready; the message is for the terminal."""


class Portal:
    """All engines and processes of one portal, with their data in `var`.

    environment: variables that win over the portal's own, for every process.
    prepare: whether start() also makes keys, tables and demo data.
    """

    def __init__(
        self,
        var: Path,
        ports: Ports,
        environment: Mapping[str, str] | None = None,
        *,
        output: Output | None = None,
        prepare: bool = True,
    ) -> None:
        self.var = var.resolve()
        self.ports = ports
        self.address = f"http://{HOST}:{ports.web}/"
        self.output = output or Output(self.var / "log")
        self.environment: dict[str, str] = {}
        self._more = dict(environment or {})
        self._prepares = prepare
        self._run = self.var / "run"
        self._taken: IO[str] | None = None
        self._engines = Engines(self.var)
        self._roles: dict[str, Role] = {}
        self._processes: dict[str, Process] = {}
        self._rests: dict[str, Rest] = {}
        self._once_ready: set[str] = set()
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def start(self) -> None:
        """Start engines, prepare, start all processes; raises PortalNotRunning with a sentence."""
        for folder in (self.var, self._run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._taken = one_at_a_time.take(self._run, self.address)
            self._make_room()
            self.environment = self._environment(self._engines.start())
            self._remember()
            if self._prepares:
                self._prepare()
            keys = self.var / "keys"
            self._roles = {role.name: role for role in roles(self.environment, keys, self.ports)}
            for name in self._roles:
                self.start_one(name)
            self._watcher.start()
        except (embedded.EngineFailed, one_at_a_time.AlreadyRunning) as error:
            self.stop()
            raise PortalNotRunning(str(error)) from error
        except BaseException:
            self.stop()
            raise

    def wait_ready(self, timeout: float) -> None:
        """Return when every process does its work.

        Raises PortalNotRunning after `timeout` seconds, or when one ends again and again.
        """
        deadline = time.monotonic() + timeout
        for name in list(self._roles):
            while not self.is_ready(name):
                rest = self._rests.get(name, Rest())
                hopeless = name not in self._once_ready and rest.length > HOPELESS
                if hopeless or time.monotonic() > deadline:
                    how = "ends again and again" if hopeless else "did not get ready"
                    raise PortalNotRunning(f"{name} {how}; its words are in {self._log(name)}.")
                time.sleep(0.05)

    def is_ready(self, name: str) -> bool:
        """Tell whether one process does its work."""
        with self._lock:
            process = self._processes.get(name)
        ready = process is not None and process.is_ready()
        if ready:
            self._once_ready.add(name)
        return ready

    def pid_of(self, name: str) -> int:
        """Return the process number of a role that is running."""
        with self._lock:
            return self._processes[name].pid

    def start_one(self, name: str) -> None:
        """Start a process that was stopped with `stop_one`."""
        with self._lock:
            if name not in self._processes:
                self._processes[name] = Process(self._roles[name], ROOT, self.output)
                self._remember()

    def stop_one(self, name: str, *, kill: bool = False) -> None:
        """Stop one process and leave it stopped; `kill` gives it no time to end its work."""
        with self._lock:
            process = self._processes.pop(name, None)
            self._rests.pop(name, None)
        if process is not None:
            if not kill:
                process.ask_to_end()
            process.end(time.monotonic() + (0 if kill else GRACE))

    def stop(self) -> None:
        """End the processes, then the engines. The data stay. Stopping twice does no harm."""
        self._over.set()
        if self._watcher.is_alive():
            self._watcher.join()
        processes = list(self._processes.values())
        self._processes.clear()
        for process in processes:
            process.ask_to_end()
        deadline = time.monotonic() + GRACE
        for process in processes:
            process.end(deadline)
        self._engines.stop()
        if self._taken is not None:
            (self.var / "portal.env").unlink(missing_ok=True)
            (self._run / "processes.json").unlink(missing_ok=True)
            self._taken.truncate(0)
            self._taken.close()
            self._taken = None
        self.output.close()

    # --- Before the processes -------------------------------------------------

    def _make_room(self) -> None:
        if count := leftovers.clear(self._run / "processes.json"):
            self.output.say(f"Ended {count} processes that an earlier run had left behind.")
        if sentence := self.ports.taken():
            raise PortalNotRunning(sentence)

    def _environment(self, engines: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of all processes, and leave it for `manage.py` in portal.env."""
        shared = {
            **engines,
            "SECRET_KEY_FILE": str(secret_key_file(self.var / "keys")),
            "HTTPS": "no",
            "VAR_DIR": str(self.var),
            "KEYRING_FILE": str(self.var / "keys" / "web.json"),
            "PORT": str(self.ports.web),
            "LMTP_PORT": str(self.ports.lmtp),
            # Of the agency that runs the demo: officials of others may be let through to it.
            "CENTRAL_DOMAIN": "mdes.example",
            "DEMO_GATEWAY_PORTS": ",".join(map(str, self.ports.gateways)),
            # The demo's mail from outside carries what this MTA found out about its senders.
            "AUTHSERV_ID": "mx.portal.example",
            # The demo's own (`demo_gateway`): no other is asked for the keys of invented domains.
            "DNS_RESOLVERS": f"{HOST}:{self.ports.gateways[0]}",
            **ground_of_the_demo(self.var, self.ports),
            **self._more,
        }
        file = self.var / "portal.env"
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in shared.items())
        django = {"DJANGO_SETTINGS_MODULE": "govmail_portal.settings", "PYTHONPATH": str(ROOT)}
        return env.of_this_process() | {"PYTHONUNBUFFERED": "1"} | django | shared

    def _prepare(self) -> None:
        stamp, digest = self._run / "prepared", prepared_from(ROOT, self.ports)
        if stamp.exists() and stamp.read_text() == digest:
            return
        stamp.unlink(missing_ok=True)
        command = (sys.executable, "-m", "govmail_portal.running.preparing")
        step = Process(Role("prepare", command, self.environment), ROOT, self.output)
        try:
            while step.is_running():
                time.sleep(0.05)
            how = step.how_it_ended()
        finally:
            step.clear_away()
        if how != "status 0":
            raise PortalNotRunning(
                f"Keys, tables or demo data could not be made ({how}); see {self._log('prepare')}."
            )
        stamp.write_text(digest)

    def _log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def _remember(self) -> None:
        pids = [process.pid for process in self._processes.values()]
        leftovers.remember(self._run / "processes.json", [*pids, *self._engines.pids()])

    # --- Keeping alive --------------------------------------------------------

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            for name in self._engines.dead():
                self._revive(name, "", partial(self._start_engine, name))
            with self._lock:
                dead = [p for p in self._processes.values() if not p.is_running()]
                for process in dead:
                    self._revive(
                        process.role.name, f" ({process.how_it_ended()})", self._again(process)
                    )

    def _revive(self, name: str, how: str, again: Callable[[], None]) -> None:
        """Let it rest, say so once, and start it again when the rest is over."""
        rest = self._rests.setdefault(name, Rest())
        now = time.monotonic()
        if rest.until is None:
            self.output.say(f"{name} ended{how}; starting it again in {rest.begin(now):g} s.")
        elif now >= rest.until:
            again()
            rest.end(time.monotonic())
            self._remember()

    def _again(self, process: Process) -> Callable[[], None]:
        def start() -> None:
            process.clear_away()
            self._processes[process.role.name] = Process(process.role, ROOT, self.output)

        return start

    def _start_engine(self, name: str) -> None:
        try:
            self._engines.start_again(name)
        except embedded.EngineFailed as error:
            self.output.say(str(error))
