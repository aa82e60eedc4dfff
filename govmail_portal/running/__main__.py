"""`make run`: the portal on this machine, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

from govmail_portal import env
from govmail_portal.running import Portal, PortalNotRunning, Ports
from govmail_portal.running.output import Output
from govmail_portal.running.portal import ROOT


def main() -> int:
    """Run the portal; return the exit status."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    os.umask(0o077)
    var = env.folder("VAR_DIR", ROOT / "var")
    output = Output(var / "log", sys.stdout)
    portal = Portal(var, Ports.from_environment(), output=output)
    try:
        portal.start()
        portal.wait_ready(120)
        output.say(_where(portal))
        output.say(_logins(portal))
        over.wait()
    except PortalNotRunning as error:
        _let_finish()
        portal.stop()
        output.say(str(error))
        return 1
    except KeyboardInterrupt:
        output.say("Stopping …")
        portal.stop()
        output.say(f"Stopped. The data stay in {var}.")
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    """End whatever goes on, once; ending itself is not disturbed again."""
    _let_finish()
    raise KeyboardInterrupt


def _let_finish() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _where(portal: Portal) -> str:
    gateways = ", ".join(map(str, portal.ports.gateways))
    return (
        f"\nThe portal is at {portal.address}  (administration: {portal.address}admin/)\n"
        f"LMTP takes in mail on port {portal.ports.lmtp}; demo gateways on {gateways}.\n"
    )


def _logins(portal: Portal) -> str:
    logins = subprocess.run(
        [sys.executable, "manage.py", "demo_logins"],
        cwd=ROOT,
        env=portal.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return (
        f"{logins.stdout or logins.stderr}\n"
        "New codes: make logins. Ctrl-C stops everything; the data stay.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
