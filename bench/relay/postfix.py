"""The peer: a Postfix of its own on the loopback, with its durable queue, towards the same sink."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.relay.letters import SIZE
from bench.relay.sinks import free_port, wait_for

_PATH = "/usr/sbin:/usr/bin"
MESSAGES = 3_000

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtp_tls_security_level = none
alias_maps =
local_recipient_maps =
maillog_file = /dev/stdout
"""
_MASTER = """
127.0.0.1:{door} inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def rate(sink: int) -> float | None:
    """Messages a second from the first sent until the queue is empty; None without Postfix."""
    tools = {
        name: shutil.which(name, path=_PATH) for name in ("postfix", "smtp-source", "postqueue")
    }
    if not all(tools.values()):
        return None
    folder, door = Path(tempfile.mkdtemp(prefix="govmail-bench-postfix-")), free_port()
    folder.chmod(0o755)
    config, data = folder / "config", folder / "data"
    for place in (config, data, folder / "queue"):
        place.mkdir()
    shutil.chown(data, "postfix")
    (config / "main.cf").write_text(_MAIN.format(folder=folder, sink=sink))
    (config / "master.cf").write_text(_MASTER.format(door=door))
    postfix = [str(tools["postfix"]), "-c", str(config)]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([*postfix, "start-fg"], stdout=log, stderr=log)
    try:
        wait_for(door)
        begun = time.perf_counter()
        source = [str(tools["smtp-source"]), "-s", "4", "-m", str(MESSAGES), "-l", str(SIZE)]
        source += ["-f", "author@bench.test", "-t", "person@outside.test", f"127.0.0.1:{door}"]
        subprocess.run(source, check=True, timeout=300)
        while "empty" not in _queue(str(tools["postqueue"]), config):
            time.sleep(0.02)
        return MESSAGES / (time.perf_counter() - begun)
    finally:
        subprocess.run([*postfix, "stop"], check=False, capture_output=True, timeout=60)
        running.terminate()
        running.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _queue(postqueue: str, config: Path) -> str:
    seen = subprocess.run(
        [postqueue, "-c", str(config), "-p"], check=True, capture_output=True, text=True
    )
    return seen.stdout
