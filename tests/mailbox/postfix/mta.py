"""Real Postfixes beside the test, with the configuration of deploy/postfix on loopback ports.

`Postfix` is one instance in a folder of its own; what a test changes of main.cf it says.
Nothing is looked up in DNS, and nothing leaves the machine.
"""

from __future__ import annotations

import contextlib
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import ROOT, needs_postfix

PATIENCE = 40.0
# On a machine of tests: no address but the loopback's, no resolver, no wait.
_HERE: Mapping[str, str] = {
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "smtpd_peername_lookup": "no",
    "smtp_dns_support_level": "disabled",
    "lmtp_dns_support_level": "disabled",
    "smtp_host_lookup": "native",
    "lmtp_host_lookup": "native",
    "smtp_tls_security_level": "none",
    "default_transport": "error:5.7.1 Nothing leaves the tests",
    "maillog_file": "/dev/stdout",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "2s",
    "queue_run_delay": "1s",
    "transport_retry_time": "1s",
    "address_verify_negative_refresh_time": "1s",
    "anvil_status_update_time": "600s",
    # MAIL_CONFIG and POSTLOG_*: without them its daemons read /etc/postfix and say nothing.
}


@dataclass
class Postfix:
    """One instance of deploy/postfix/<kind>; port: where its SMTP door is."""

    kind: str
    changes: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._postfix, self._postqueue = needs_postfix()
        # Not the test's own folder: Postfix's other accounts must come in, too.
        self.folder = Path(tempfile.mkdtemp(prefix="govmail-postfix-"))
        self.folder.chmod(0o755)
        self.config = self.folder / "config"
        self.port = self.port or free_port()
        self._configure()
        self._log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [self._postfix, "-c", str(self.config), "start-fg"],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.wait_for(self._answers, "Postfix did not open its port")

    def _configure(self) -> None:
        shutil.copytree(ROOT / "deploy" / "postfix" / self.kind, self.config)
        master = (self.config / "master.cf").read_text()
        door = next(line for line in master.splitlines() if " inet " in line)
        moved = f"127.0.0.1:{self.port} " + door.split(maxsplit=1)[1]
        (self.config / "master.cf").write_text(master.replace(door, moved))
        data = self.folder / "data"
        data.mkdir()
        shutil.chown(data, "postfix")
        places = {"queue_directory": str(self.folder / "queue"), "data_directory": str(data)}
        (self.folder / "queue").mkdir()
        values = {**_HERE, **places, **self.changes}
        main = (self.config / "main.cf").read_text()
        # Replaced, not added: Postfix warns of a parameter that stands there twice.
        kept = [line for line in main.splitlines() if line.split(" =")[0] not in values]
        added = [f"{name} = {value}" for name, value in values.items()]
        (self.config / "main.cf").write_text("\n".join([*kept, *added]) + "\n")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5) as client:
                return client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def wait_for(self, happened: Callable[[], bool], otherwise: str) -> None:
        """Return once something has happened; fail, with the log, when it does not."""
        pause, until = threading.Event(), time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < until, f"{otherwise}\n{self.log()}"
            pause.wait(0.02)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def flush(self) -> None:
        """Have it try again now, whatever it waits for."""
        subprocess.run([self._postqueue, "-c", str(self.config), "-f"], check=True)

    def waiting(self) -> int:
        """How many messages are in its queue."""
        listed = subprocess.run(
            [self._postqueue, "-c", str(self.config), "-j"], check=True, capture_output=True
        )
        return len(listed.stdout.splitlines())

    def end(self) -> None:
        if self.process is not None:
            with contextlib.suppress(subprocess.SubprocessError):
                subprocess.run(
                    [self._postfix, "-c", str(self.config), "stop"],
                    capture_output=True,
                    timeout=20,
                )
            if self.process.poll() is None:
                self.process.terminate()
            self.process.wait(20)
            self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def running(kind: str, **changes: str) -> Iterator[Postfix]:
    """Run one until the block ends; changes: of main.cf."""
    postfix = Postfix(kind, changes)
    try:
        postfix.start()
        yield postfix
    finally:
        if hasattr(postfix, "folder"):
            postfix.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
