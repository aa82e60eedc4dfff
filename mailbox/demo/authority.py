"""A certificate authority of the demo's own, so that its gateways can be verified.

It lives in a folder of `var/`, trusted by nothing but the gateways that pin it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LEAF_LASTS = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)


class DemoAuthority:
    """The authority in `folder`: authority.pem and its key, and a leaf of its own with its key.

    leaf: "gateway" for gateway.pem; the authority is the same for all.
    """

    def __init__(self, folder: Path, *, leaf: str = "gateway") -> None:
        self._folder = folder
        self.certificate_file = folder / "authority.pem"
        self.key_file = folder / "authority-key.pem"
        self.leaf_file = folder / f"{leaf}.pem"
        self.leaf_key_file = folder / f"{leaf}-key.pem"

    def prepare(self, names: Sequence[str], *, now: datetime | None = None) -> None:
        """Make what is missing or runs out within a month, for servers called `names`."""
        now = now or datetime.now(UTC)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock_file = self._folder / ".authority.lock"
        with os.fdopen(os.open(lock_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _runs_out(self.certificate_file, now):
                self._make_authority(now)
            if not self._is_kept(names, now):
                self._make_leaf(names, now)

    def _is_kept(self, names: Sequence[str], now: datetime) -> bool:
        if _runs_out(self.leaf_file, now) or _names_in(self.leaf_file) != list(names):
            return False
        leaf = x509.load_pem_x509_certificate(self.leaf_file.read_bytes())
        authority = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        try:
            leaf.verify_directly_issued_by(authority)
        except (ValueError, InvalidSignature):
            return False
        return True

    def _make_authority(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder("GovMail Portal demo authority", key.public_key(), now, timedelta(days=3650))
            .issuer_name(_name("GovMail Portal demo authority"))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write_key(self.key_file, key)
        _write(self.certificate_file, certificate.public_bytes(serialization.Encoding.PEM))

    def _make_leaf(self, names: Sequence[str], now: datetime) -> None:
        authority = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        signer = serialization.load_pem_private_key(self.key_file.read_bytes(), password=None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.key_file} does not hold an elliptic-curve key.")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(names[0], key.public_key(), now, _LEAF_LASTS)
            .issuer_name(authority.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
            )
            .sign(signer, hashes.SHA256())
        )
        _write_key(self.leaf_key_file, key)
        _write(self.leaf_file, certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    name: str, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _runs_out(file: Path, now: datetime) -> bool:
    if not file.exists():
        return True
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    return certificate.not_valid_after_utc < now + _RENEW_BEFORE


def _names_in(file: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    _write(
        file,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _write(file: Path, content: bytes) -> None:
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
    fresh.replace(file)
