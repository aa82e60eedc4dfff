"""Certificates of the evidence: how long they hold, and how strong they are."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


@dataclass(frozen=True)
class Certificate:
    """kind: "rsa", "ec", "ed25519", "ed448" or ""; bits: of the key; signature: its hash's name.

    whole, key: DER of the certificate and of its public key.
    """

    not_before: datetime
    not_after: datetime
    kind: str
    bits: int
    signature: str
    whole: bytes
    key: bytes


def read(pem: str) -> Certificate | None:
    """A certificate from PEM; None where it is none that anybody could use."""
    try:
        with warnings.catch_warnings():
            # Old-fashioned certificates make the library complain, not us.
            warnings.simplefilter("ignore")
            found = x509.load_pem_x509_certificate(pem.encode("ascii", "replace"))
            public = found.public_key()
            kind, bits = _strength(public)
            return Certificate(
                not_before=found.not_valid_before_utc,
                not_after=found.not_valid_after_utc,
                kind=kind,
                bits=bits,
                signature=_hash_of(found),
                whole=found.public_bytes(Encoding.DER),
                key=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            )
    except _UNREADABLE:
        return None


def _strength(public: object) -> tuple[str, int]:
    if isinstance(public, rsa.RSAPublicKey):
        return "rsa", public.key_size
    if isinstance(public, ec.EllipticCurvePublicKey):
        return "ec", public.key_size
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "ed25519", 256
    return ("ed448", 448) if isinstance(public, ed448.Ed448PublicKey) else ("", 0)


def _hash_of(certificate: x509.Certificate) -> str:
    """The name of the signature's hash; EdDSA brings its own."""
    found = certificate.signature_hash_algorithm
    return found.name if found is not None else "eddsa"


def matches(certificate: Certificate, selector: int, matching: int, wanted: str) -> bool:
    """Whether a TLSA record's association is this certificate (RFC 6698, section 2.1)."""
    chosen = {0: certificate.whole, 1: certificate.key}.get(selector)
    if chosen is None:
        return False
    digest = {
        0: chosen,
        1: hashlib.sha256(chosen).digest(),
        2: hashlib.sha512(chosen).digest(),
    }.get(matching)
    return digest is not None and digest.hex() == wanted.lower()
