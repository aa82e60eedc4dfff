"""Directories with Thai people: one for reading alone, and one of its own for who changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accounts.ldap.connection import Server
from tests import slapd
from tests.mailbox.smtp.servers import Authority
from tests.slapd import Directory

# More than two pages of 500.
MANY = 1_200
UNIT = "กองแผนงาน"


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture(scope="session")
def certificate(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    authority.server_context(folder, "127.0.0.1")
    return folder / "127.0.0.1.pem"


@pytest.fixture(scope="session")
def large(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """1,200 people, StartTLS and LDAPS, and a referral to itself. Nobody changes it."""
    people = (
        slapd.person(f"u{n:04}", f"สมชาย{n:04}", "ใจดี", unit=UNIT, title="นักวิเคราะห์")
        for n in range(MANY)
    )
    elsewhere = (
        f"ou=elsewhere,{slapd.BASE}",
        {
            "objectClass": ["referral", "extensibleObject"],
            "ou": "elsewhere",
            "ref": f"ldap://127.0.0.1:389/{slapd.BASE}",
        },
    )
    folder = tmp_path_factory.mktemp("large")
    entries = [slapd.unit(UNIT), elsewhere, *people]
    with slapd.running(folder / "slapd", entries, certificate=certificate) as directory:
        yield directory


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Directory]:
    """Three people in one unit, and another, empty one; each test has it for itself."""
    people = (
        slapd.person("malee", "นางสาวมาลี", "ศรีสุข", unit=UNIT, title="เศรษฐกร"),
        slapd.person("somsak", "สมศักดิ์", "มั่นคง", unit=UNIT, title="นิติกร"),
        slapd.person("wanna", "วรรณา", "แก้วใส", unit=UNIT, title="นักวิชาการเงิน"),
    )
    # As if each had been changed on another day of January, Wanna last.
    entries = [
        (dn, {**values, "modifyTimestamp": f"202601{day:02}000000Z"})
        for day, (dn, values) in enumerate([slapd.unit(UNIT), slapd.unit("กองคลัง"), *people], 1)
    ]
    with slapd.running(tmp_path / "slapd", entries) as directory:
        yield directory


@pytest.fixture
def server(large: Directory) -> Callable[..., Server]:
    """Make the address of the large directory, with changes."""

    def make(**changes: object) -> Server:
        usual: dict[str, object] = {
            "host": "127.0.0.1",
            "port": large.plain,
            "security": "loopback",
            "bind_dn": slapd.READER,
            "password": slapd.PASSWORD,
            "timeout": 5.0,
        }
        return Server(**{**usual, **changes})  # type: ignore[arg-type]

    return make
