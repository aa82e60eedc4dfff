"""The bed as one thing: made, entered, asked, and cleared away.

`bed` is the fixture, one for all tests of a process:

    with bed.place.inside():
        seen = gathering.ask_dns(bed.subject("ready"), bed.ground())
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accounts.readiness.subject import Subject
from mailbox.demo.internet.servers import doors
from tests.bed.agencies import AGENCIES
from tests.bed.agency import BedAgency
from tests.bed.laying import Laying
from tests.bed.names import Names
from tests.bed.place import NETWORKS, NETWORKS_V6, Place
from tests.bed.rows import subject_of
from tests.services import needs_knot, needs_namespaces, needs_unbound

_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Bed:
    """folder: its files, ca_file: who vouches for its servers. nowhere: a place without any."""

    folder: Path
    ca_file: Path
    place: Place
    nowhere: Place
    agencies: Sequence[BedAgency]
    laying: Laying
    names: Names

    def serve(self, changed: BedAgency) -> None:
        """Have DNS say of an agency what it is like now."""
        with self.place.inside():
            self.names.change(self.laying.zone(changed))

    def agency(self, label: str) -> BedAgency:
        return next(each for each in self.agencies if each.label == label)

    def subject(self, label: str, now: datetime) -> Subject:
        return subject_of(self.agency(label), now)


@contextmanager
def standing(folder: Path, agencies: Sequence[BedAgency] = AGENCIES) -> Iterator[Bed]:
    """Give a bed with its daemons and servers at work. Skips by name where it cannot stand."""
    needs_namespaces()
    knotd, unbound = needs_knot(), needs_unbound()
    with ExitStack() as after:
        place, nowhere = Place([*NETWORKS, *NETWORKS_V6]), Place()
        after.callback(place.close)
        after.callback(nowhere.close)
        laying = Laying(agencies, folder)
        ca_file = folder / "authority.pem"
        ca_file.write_bytes(laying.authority.certificate)
        doors.write(folder / "doors.json", laying.doors())
        names = Names(folder / "names", laying.zones())
        after.callback(names.stop)
        with place.inside():
            servers = after.enter_context(_serving(folder / "doors.json"))
            names.start(knotd, unbound)
            assert servers.stdout is not None and servers.stdout.readline() == "ready\n"
        yield Bed(folder, ca_file, place, nowhere, agencies, laying, names)


@contextmanager
def _serving(file: Path) -> Iterator[subprocess.Popen[str]]:
    """The process of all servers; it ends when its stdin is closed, even by our death."""
    command = [sys.executable, "-m", "mailbox.demo.internet.servers", str(file)]
    process = subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
