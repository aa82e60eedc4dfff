"""TLS to a gateway: its name verified, never below 1.2, by its own authorities where pinned."""

from __future__ import annotations

import ssl
from functools import lru_cache


@lru_cache(maxsize=64)
def context_for(ca_certificates: str) -> ssl.SSLContext:
    """A client's context; ca_certificates: PEM text, or "" for the system's authorities.

    Kept for the life of the process: reading the system's takes longer than a message.
    Raises ssl.SSLError or ValueError for text that holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_certificates.strip():
        context.load_verify_locations(cadata=ca_certificates)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def unusable_authorities(pem: str) -> bool:
    """Whether this text holds no certificate authorities that TLS could use."""
    try:
        return not context_for(pem).cert_store_stats()["x509"]
    except (ssl.SSLError, ValueError):
        return True
