"""TLS of the servers: by server name, and as old as a door wants it."""

from __future__ import annotations

import ssl
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from mailbox.demo.internet.servers.doors import Tls

_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
    "": ssl.TLSVersion.MAXIMUM_SUPPORTED,
}
_making = threading.Lock()


def context_of(tls: Tls) -> ssl.SSLContext:
    """Return the context that changes certificates by the name a client asks for."""
    with _making:
        return _of(tuple(sorted(tls.certificates.items())), tls.oldest, tls.newest)


@cache
def _of(certificates: tuple[tuple[str, str], ...], oldest: str, newest: str) -> ssl.SSLContext:
    by_name = {name: _context(file, oldest, newest) for name, file in certificates}
    first = by_name.get("") or next(iter(by_name.values()))

    def choose(connection: Any, name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = by_name.get(name or "", first)

    first.sni_callback = choose
    return first


def _context(file: str, oldest: str, newest: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        # Old versions are what some of the doors are here for.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[oldest]
        context.maximum_version = _VERSIONS[newest]
    # Small keys and SHA-1 stand in its way otherwise.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    key = Path(file).with_name(f"{Path(file).stem}-key.pem")
    context.load_cert_chain(file, key if key.exists() else None)
    return context
