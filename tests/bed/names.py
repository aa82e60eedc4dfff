"""The DNS of the bed: knot serves and signs every zone from the root down, unbound validates.

Addresses: knot has those of NAME_SERVERS, unbound 127.0.0.1 port 53, as in production. A second
knot is LATE: it copied its zones once, and was not told of their changes since.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rrset

RESOLVER = ("127.0.0.1", 53)
# By host name; the third stands in the network of the first.
NAME_SERVERS = {
    "ns1.test": ("192.0.2.1", "2001:db8:1::1"),
    "ns2.test": ("198.51.100.1", "2001:db8:2::1"),
    "ns3.test": ("192.0.2.2", "2001:db8:1::2"),
}
USUAL = ("ns1.test", "ns2.test")
LATE = {"ns5.test": ("198.51.100.2", "2001:db8:2::2")}
_SERIAL = 2026010101
_SECONDS = 10
# "TYPE value" by owner, which is relative to the zone ("@": itself) or ends in a dot.
Records = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Zone:
    """A zone to be served. bogus: its parent holds a DS of no key of it (RFC 4035)."""

    name: str
    records: Records = field(default_factory=dict)
    signed: bool = True
    bogus: bool = False
    servers: Sequence[str] = USUAL

    @property
    def origin(self) -> dns.name.Name:
        return dns.name.from_text(self.name)

    @property
    def is_copied(self) -> bool:
        return any(server in LATE for server in self.servers)

    def text(self, serial: int) -> str:
        lines = [f"@ SOA {self.servers[0]}. hostmaster.test. {serial} 3600 600 604800 60"]
        lines += [f"@ NS {server}." for server in self.servers]
        lines += [f"{owner} {value}" for owner, values in self.records.items() for value in values]
        return "\n".join([f"$ORIGIN {self.origin}", "$TTL 300", *lines, ""])


class Names:
    """Both daemons at work, from `start` to `stop`; called from inside the place.

    zones: the root first, and of each zone's children a signed one first.
    """

    def __init__(self, folder: Path, zones: Sequence[Zone]) -> None:
        self._folder = folder
        self._zones = zones
        self._daemons: list[subprocess.Popen[bytes]] = []
        self._newer = 0

    def start(self, knotd: str, unbound: str) -> None:
        """Raises AssertionError with a daemon's last words where it does not come up."""
        (self._folder / "zones").mkdir(parents=True)
        for zone in self._zones:
            self._write(zone, ())
        self._begin(knotd, "-c", self._configure_knot())
        keys = {zone.name: self._keys(zone) for zone in self._zones if zone.signed}
        self._leave_behind(knotd)
        self._delegate(keys)
        self._begin(unbound, "-d", "-c", self._configure_unbound(keys["."]))
        root = dns.message.make_query(".", "SOA")
        self._until("unbound", lambda: _answer(root, RESOLVER[0]))

    def change(self, zone: Zone) -> None:
        """Serve other records of a zone that has no children; the resolver forgets the old ones."""
        question = dns.message.make_query(zone.origin, "SOA")
        server = NAME_SERVERS[zone.servers[0]][0]
        # What the resolver knows by heart now it can only have forgotten when it says another.
        there = self._until(f"unbound with {zone.name}", partial(_answer, question, RESOLVER[0]))
        self._newer += 1000
        self._write(zone, (), newer=self._newer)
        self._daemons[0].send_signal(signal.SIGHUP)
        self._until(f"a change of {zone.name}", partial(_newer, there, question, server))
        self._daemons[-1].send_signal(signal.SIGHUP)
        self._until("unbound's forgetting", partial(_newer, there, question, RESOLVER[0]))

    def stop(self) -> None:
        for daemon in self._daemons:
            daemon.kill()
            daemon.wait()
        self._daemons.clear()

    # --- Zones ----------------------------------------------------------------

    def _write(self, zone: Zone, delegations: Sequence[str], *, newer: int = 0) -> None:
        # Newer with its delegations than without them.
        text = zone.text(_SERIAL + len(delegations) + newer)
        self._file(zone).write_text(text + "\n".join([*delegations, ""]))

    def _file(self, zone: Zone) -> Path:
        return self._folder / "zones" / f"{zone.name.strip('.') or 'root'}.zone"

    def _keys(self, zone: Zone) -> dns.rrset.RRset:
        """What knot has made for the zone: asked of it, as a parent's registry does."""
        question = dns.message.make_query(zone.origin, "DNSKEY")
        server = NAME_SERVERS[zone.servers[0]][0]
        return self._until(f"knot with a key of {zone.name}", lambda: _answer(question, server))

    def _delegate(self, keys: Mapping[str, dns.rrset.RRset]) -> None:
        """Write every child into its parent, and have knot sign the parents anew."""
        zones = {zone.name: zone for zone in self._zones}
        delegations: dict[str, list[str]] = {}
        for zone in self._zones[1:]:
            lines = delegations.setdefault(_parent_of(zone, zones), [])
            lines += [f"{zone.origin} NS {server}." for server in zone.servers]
            if zone.signed:
                lines.append(f"{zone.origin} DS {_digest(zone, keys[zone.name])}")
        for name, lines in delegations.items():
            self._write(zones[name], lines)
        self._daemons[0].send_signal(signal.SIGHUP)
        for name, lines in delegations.items():
            question = dns.message.make_query(lines[0].partition(" ")[0], "DS")
            server = NAME_SERVERS[zones[name].servers[0]][0]
            self._until(f"the delegations of {name}", lambda: _answer(question, server))  # noqa: B023

    def _leave_behind(self, knotd: str) -> None:
        """Have the late one copy its zones, and change them where they come from."""
        copied = [zone for zone in self._zones if zone.is_copied]
        if not copied:
            return
        self._begin(knotd, "-c", self._configure_late(copied))
        ((late, _v6),) = LATE.values()
        for zone in copied:
            question = dns.message.make_query(zone.origin, "SOA")
            there = self._until(f"a copy of {zone.name}", partial(_answer, question, late))
            self._write(zone, (), newer=100)
            self._daemons[0].send_signal(signal.SIGHUP)
            first = NAME_SERVERS[zone.servers[0]][0]
            self._until(f"a change of {zone.name}", partial(_newer, there, question, first))

    # --- Daemons --------------------------------------------------------------

    def _configure_knot(self) -> str:
        zones = "\n".join(
            f"  - domain: {zone.origin}\n    file: {self._file(zone)}\n"
            f"    template: {'signed' if zone.signed else 'default'}"
            for zone in self._zones
        )
        text = _KNOT.format(folder=self._folder, listen=_ports_of(NAME_SERVERS), zones=zones)
        return self._kept("knot.conf", text)

    def _configure_late(self, copied: Sequence[Zone]) -> str:
        folder = self._folder / "late"
        folder.mkdir()
        zones = "\n".join(
            f"  - domain: {zone.origin}\n    master: first\n    template: copied" for zone in copied
        )
        text = _KNOT.format(folder=folder, listen=_ports_of(LATE), zones=zones)
        return self._kept("late.conf", text)

    def _configure_unbound(self, root: dns.rrset.RRset) -> str:
        (self._folder / "root.key").write_text(root.to_text() + "\n")
        hints = "\n".join(f"  stub-addr: {v4}" for v4, _v6 in NAME_SERVERS.values())
        text = _UNBOUND.format(folder=self._folder, hints=hints, address=RESOLVER[0])
        return self._kept("unbound.conf", text)

    def _kept(self, name: str, text: str) -> str:
        file = self._folder / name
        file.write_text(text)
        return str(file)

    def _begin(self, *command: str) -> None:
        log = (self._folder / f"{Path(command[-1]).stem}.log").open("wb")
        # Even a test run that is killed leaves none behind.
        bound = ["setpriv", "--pdeathsig", "KILL", *command]
        with log:
            daemon = subprocess.Popen(bound, cwd=self._folder, stdout=log, stderr=log)
        self._daemons.append(daemon)

    def _until(self, what: str, ask: Callable[[], dns.rrset.RRset | None]) -> dns.rrset.RRset:
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            assert all(daemon.poll() is None for daemon in self._daemons), self._last_words()
            if found := ask():
                return found
            time.sleep(0.01)
        raise AssertionError(f"{what} did not come up: {self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(log.read_text()[-2000:] for log in self._folder.glob("*.log"))


def _answer(question: dns.message.Message, server: str) -> dns.rrset.RRset | None:
    with contextlib.suppress(OSError, dns.exception.DNSException):
        answer = dns.query.udp(question, server, timeout=0.5).answer
        return answer[0] if answer else None
    return None


def _newer(
    there: dns.rrset.RRset, question: dns.message.Message, server: str
) -> dns.rrset.RRset | None:
    found = _answer(question, server)
    return found if found is not None and found[0].serial > there[0].serial else None


def _ports_of(servers: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{address}@53" for both in servers.values() for address in both)


def _parent_of(zone: Zone, among: Mapping[str, Zone]) -> str:
    above = zone.origin.parent()
    while (name := above.to_text(omit_final_dot=True) or ".") not in among:
        above = above.parent()
    return name


def _digest(zone: Zone, keys: dns.rrset.RRset) -> str:
    (key,) = keys
    found = dns.dnssec.make_ds(zone.origin, key, "SHA256")
    tag, algorithm, kind, digest = found.to_text().split(" ", 3)
    spoiled = digest.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    return f"{tag} {algorithm} {kind} {spoiled if zone.bogus else digest}"


# What is signed is kept nowhere: it is made anew at each start.
_KNOT = """
server:
    listen: [ {listen} ]
    rundir: {folder}
    identity: ""
    version: ""
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
database:
    storage: {folder}
    journal-db-max-size: 4M
    timer-db-max-size: 1M
    kasp-db-max-size: 8M
log:
  - target: stderr
    any: warning
remote:
  - id: first
    address: 192.0.2.1@53
acl:
  - id: copies
    address: [ 192.0.2.0/24, 198.51.100.0/24 ]
    action: transfer
policy:
  - id: one-key
    single-type-signing: on
    algorithm: ecdsap256sha256
template:
  - id: default
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
  - id: signed
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    dnssec-signing: on
    dnssec-policy: one-key
    acl: copies
  - id: copied
    zonefile-load: none
    zonefile-sync: -1
    journal-content: none
zone:
{zones}
"""
_UNBOUND = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: ""
  verbosity: 0
  do-daemonize: no
  num-threads: 1
  interface: {address}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  trust-anchor-file: "{folder}/root.key"
  local-zone: "test." nodefault
  module-config: "validator iterator"
  infra-keep-probing: yes
  msg-cache-size: 1m
  rrset-cache-size: 2m
  key-cache-size: 512k
remote-control:
  control-enable: no
stub-zone:
  name: "."
{hints}
"""
