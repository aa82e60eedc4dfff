"""The demo's three gateways: where they listen, and what opens them.

The gateways themselves and the demo data read this same list. Certificates and
passwords are made once into `VAR_DIR/demo-ca/`.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from mailbox.demo.authority import DemoAuthority

HOST = "127.0.0.1"


@dataclass(frozen=True)
class DemoGateway:
    """One gateway as an agency's administrator would enter it.

    ca_pem: the PEM text of the authority to pin. The certificate holds `tls_name`.
    """

    name: str
    host: str
    port: int
    tls_name: str
    username: str
    password: str
    ca_pem: str


def demo_gateways() -> list[DemoGateway]:
    """Return the gateways, one for each of DEMO_GATEWAY_PORTS, and make their keys if missing."""
    folder = Path(settings.VAR_DIR) / "demo-ca"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    numbers = range(1, len(settings.DEMO_GATEWAY_PORTS) + 1)
    authority = authority_of_the_demo()
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        authority.prepare([*map(_tls_name, numbers), "localhost", HOST])
        passwords = _passwords(folder / "passwords.json", [_username(n) for n in numbers])
    ca_pem = authority.certificate_file.read_text(encoding="ascii")
    return [
        DemoGateway(
            name=f"Gateway {number}",
            host=HOST,
            port=port,
            tls_name=_tls_name(number),
            username=_username(number),
            password=passwords[_username(number)],
            ca_pem=ca_pem,
        )
        for number, port in zip(numbers, settings.DEMO_GATEWAY_PORTS, strict=True)
    ]


def authority_of_the_demo() -> DemoAuthority:
    """Return the authority whose files lie in VAR_DIR."""
    return DemoAuthority(Path(settings.VAR_DIR) / "demo-ca")


def _tls_name(number: int) -> str:
    return f"gateway{number}.demo.test"


def _username(number: int) -> str:
    return f"portal-{number}"


def _passwords(file: Path, usernames: list[str]) -> dict[str, str]:
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = [name for name in usernames if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(24) for name in missing}
        fresh = file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(known, out)
        fresh.replace(file)
    return known
