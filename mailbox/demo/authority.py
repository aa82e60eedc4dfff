"""A certificate authority of the demo's own, so that its gateways can be verified.

It lives in a folder of `var/`, trusted by nothing but the gateways that pin it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LEAF_LASTS = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)


class DemoAuthority:
    """The authority in `folder`: authority.pem and its key, gateway.pem and its key."""

    def __init__(self, folder: Path) -> None:
        self.certificate_file = folder / "authority.pem"
        self.key_file = folder / "authority-key.pem"
        self.gateway_file = folder / "gateway.pem"
        self.gateway_key_file = folder / "gateway-key.pem"

    def prepare(self, names: Sequence[str], *, now: datetime | None = None) -> None:
        """Make what is missing or runs out within a month, for gateways called `names`."""
        now = now or datetime.now(UTC)
        self.key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _runs_out(self.certificate_file, now):
            self._make_authority(now)
            self.gateway_file.unlink(missing_ok=True)
        if _runs_out(self.gateway_file, now) or _names_in(self.gateway_file) != list(names):
            self._make_gateway(names, now)

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

    def _make_gateway(self, names: Sequence[str], now: datetime) -> None:
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
        _write_key(self.gateway_key_file, key)
        _write(self.gateway_file, certificate.public_bytes(serialization.Encoding.PEM))


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
