"""A real OpenLDAP server as a process of the test: Thai people, TLS, and a way to kill it.

`Directory` is one server with its data in a folder of its own; people are loaded by slapadd
before it starts, or changed over LDAP as its administrator afterwards.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services import needs_slapd

BASE = "dc=agency,dc=test"
ADMIN, READER = f"cn=admin,{BASE}", f"cn=reader,{BASE}"
PASSWORD = "the reeds along the canal"
SCHEMAS = Path("/etc/ldap/schema")

Values = Mapping[str, str | bytes | list[str]]

_CONFIGURATION = """
{includes}
{windows}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
{tls}
allow bind_anon_dn
sizelimit size.soft=500 size.hard=500 size.pr=unlimited size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by anonymous auth by * none
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/data
maxsize 2147483648
dbnosync
index objectClass,entryUUID,modifyTimestamp,uid eq
"""
# What of Active Directory's schema we ask for; the numbers are nobody's.
_WINDOWS = """
attributetype ( 2.999.1 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 2.999.2 NAME 'whenChanged' EQUALITY generalizedTimeMatch
  ORDERING generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
attributetype ( 2.999.3 NAME 'objectCategory' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.999.4 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 2.999.5 NAME 'user' SUP inetOrgPerson STRUCTURAL
  MAY ( objectGUID $ whenChanged $ objectCategory $ userAccountControl ) )
"""


@dataclass
class Directory:
    """A slapd. plain and tls are its ports; without a certificate tls is closed."""

    folder: Path
    certificate: Path | None = None
    is_windows: bool = False
    plain: int = 0
    tls: int = 0
    process: subprocess.Popen[bytes] | None = None

    def load(self, entries: Iterable[tuple[str, Values]]) -> None:
        """Put entries in by slapadd, with their place and the reader; only before `start`."""
        _slapd, slapadd = needs_slapd()
        self._configure()
        ldif = self.folder / "people.ldif"
        with ldif.open("w", encoding="ascii") as file:
            for dn, values in [*_foundation(), *entries]:
                file.write(_as_ldif(dn, values))
        command = [slapadd, "-q", "-f", str(self.folder / "slapd.conf"), "-l", str(ldif)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        slapd, _slapadd = needs_slapd()
        self.plain, self.tls = self.plain or _free_port(), self.tls or _free_port()
        doors = f"ldap://127.0.0.1:{self.plain}/"
        if self.certificate:
            doors += f" ldaps://127.0.0.1:{self.tls}/"
        command = [slapd, "-f", str(self.folder / "slapd.conf"), "-h", doors, "-d", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _wait_for(self.plain, self.process)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What a source's form would hold to read this directory."""
        plain = {"host": "127.0.0.1", "port": self.plain, "security": "loopback"}
        kind = "ad" if self.is_windows else "openldap"
        whom = {"directory": kind, "base": BASE, "bind_dn": READER}
        return {**plain, **whom, **changes}

    @contextlib.contextmanager
    def as_admin(self) -> Iterator[Any]:
        """Give python-ldap's own connection with the rights to change everything."""
        import ldap

        link = ldap.initialize(f"ldap://127.0.0.1:{self.plain}")
        link.simple_bind_s(ADMIN, PASSWORD)
        try:
            yield link
        finally:
            link.unbind_s()

    def add(self, dn: str, values: Values) -> None:
        with self.as_admin() as link:
            link.add_s(dn, [(name, _octets(value)) for name, value in values.items()])

    def change(self, dn: str, **values: str) -> None:
        """Replace attributes; an empty value takes one away. `_` in a name stands for `;`."""
        import ldap

        changes = [
            (ldap.MOD_REPLACE, name.replace("_", ";"), [value.encode()] if value else None)
            for name, value in values.items()
        ]
        with self.as_admin() as link:
            link.modify_s(dn, changes)

    def rename(self, dn: str, rdn: str, *, under: str | None = None) -> None:
        with self.as_admin() as link:
            link.rename_s(dn, rdn, under)

    def delete(self, dn: str) -> None:
        with self.as_admin() as link:
            link.delete_s(dn)

    def _configure(self) -> None:
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        names = ["core", "cosine", "inetorgperson"]
        tls = ""
        if self.certificate:
            tls = f"TLSCertificateFile {self.certificate}\nTLSCertificateKeyFile {self.certificate}"
        text = _CONFIGURATION.format(
            includes="\n".join(f"include {SCHEMAS / name}.schema" for name in names),
            windows=_WINDOWS if self.is_windows else "",
            folder=self.folder,
            tls=tls,
            base=BASE,
            admin=ADMIN,
            reader=READER,
            password=PASSWORD,
        )
        (self.folder / "slapd.conf").write_text(text)


def person(uid: str, given: str, family: str, *, unit: str = "", **more: Any) -> tuple[str, Values]:
    """Return an entry of somebody with a Thai name, in a unit below the base."""
    values: dict[str, Any] = {
        "objectClass": ["inetOrgPerson"],
        "uid": uid,
        "cn": f"{given} {family}",
        "givenName": given,
        "sn": family,
        "userPassword": f"password of {uid}",
    }
    return name_of(uid, unit), values | {name.replace("_", ";"): v for name, v in more.items()}


def name_of(uid: str, unit: str = "") -> str:
    return ",".join(filter(None, [f"uid={uid}", f"ou={unit}" if unit else "", BASE]))


def unit(name: str) -> tuple[str, Values]:
    return f"ou={name},{BASE}", {"objectClass": ["organizationalUnit"], "ou": name}


def has_library() -> bool:
    return importlib.util.find_spec("ldap") is not None


def _foundation() -> list[tuple[str, Values]]:
    reader = {"objectClass": ["applicationProcess", "simpleSecurityObject"], "cn": "reader"}
    return [
        (BASE, {"objectClass": ["dcObject", "organization"], "dc": "agency", "o": "หน่วยงาน"}),
        (READER, {**reader, "userPassword": PASSWORD}),
    ]


def _octets(value: str | bytes | list[str]) -> list[bytes]:
    each = value if isinstance(value, list) else [value]
    return [one.encode() if isinstance(one, str) else one for one in each]


def _as_ldif(dn: str, values: Values) -> str:
    lines = [f"dn:: {base64.b64encode(dn.encode()).decode()}"]
    for name, value in values.items():
        lines += [f"{name}:: {base64.b64encode(one).decode()}" for one in _octets(value)]
    return "\n".join(lines) + "\n\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "slapd ended at once"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    raise AssertionError("slapd did not answer")


@contextlib.contextmanager
def running(
    folder: Path, entries: Iterable[tuple[str, Values]], **options: Any
) -> Iterator[Directory]:
    """Give a running directory with these entries; it is killed and its data removed after."""
    directory = Directory(folder, **options)
    directory.load(entries)
    directory.start()
    try:
        yield directory
    finally:
        directory.kill()
        shutil.rmtree(folder, ignore_errors=True)
