"""Certificates for servers under test: a root of our own, good leaves and all sorts of bad ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
# sha256WithRSAEncryption and sha1WithRSAEncryption (RFC 4055, RFC 8017), as they stand in DER.
_SHA256, _SHA1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")


@dataclass(frozen=True)
class Identity:
    """A certificate with its key; chain: what the server sends after the leaf."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...] = ()

    def pem(self) -> bytes:
        """Key and certificates in one, as servers read them."""
        return _key_pem(self.key) + b"".join(
            each.public_bytes(Encoding.PEM) for each in (self.certificate, *self.chain)
        )

    def file_in(self, folder: Path) -> Path:
        path = folder / f"{self.certificate.serial_number:x}.pem"
        path.write_bytes(self.pem())
        return path


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=2)
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Authority:
    """One that signs; `issue` makes leaves, `intermediate` another authority below it."""

    certificate: x509.Certificate
    key: Key
    above: tuple[x509.Certificate, ...] = ()

    def ca_file(self, folder: Path) -> str:
        path = folder / f"ca-{self.certificate.serial_number:x}.pem"
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return str(path)

    def issue(
        self,
        *names: str,
        key: Key | None = None,
        starts: dt.timedelta = dt.timedelta(days=-1),
        ends: dt.timedelta = dt.timedelta(days=90),
        signed_by: Key | None = None,
    ) -> Identity:
        """A leaf for these names; times are from now. signed_by: another key: a forgery."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        issuer_key = signed_by or self.key
        builder = leaf_of(names, key, starts, ends).issuer_name(self.certificate.subject)
        found = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.certificate.public_key())
        builder = builder.add_extension(found, critical=False)
        return Identity(builder.sign(issuer_key, hashes.SHA256()), key, self.above)

    def intermediate(self) -> Authority:
        lower = authority("An authority below", of=self)
        return Authority(lower.certificate, lower.key, (lower.certificate, *self.above))


def leaf_of(
    names: tuple[str, ...], key: Key, starts: dt.timedelta, ends: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names or ("none",))[0])]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    if names:
        # Critical beside a subject it would be against RFC 5280 §4.2.1.6; scanners mind.
        san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(san, critical=False)
    return builder


def authority(
    name: str = "Root of the tests", *, of: Authority | None = None, key: Key | None = None
) -> Authority:
    """A root, or one below another."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    signing_only = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        + ("encipher_only", "decipher_only"),
        False,
    )
    usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **signing_only)
    issuer = of.certificate.public_key() if of else key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(of.certificate.subject if of else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False)
        .sign(of.key if of else key, hashes.SHA256())
    )
    return Authority(certificate, key)


def self_signed(*names: str) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = leaf_of(names, key, dt.timedelta(days=-1), dt.timedelta(days=90))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    return Identity(builder.issuer_name(subject).sign(key, hashes.SHA256()), key)


def signed_with_sha1(name: str) -> tuple[Identity, Authority]:
    """A leaf as of 2012, and its root: cryptography makes no such thing, so it is put together."""
    root = authority("A root with RSA", key=rsa_key())
    leaf = root.issue(name)
    whole = leaf.certificate.public_bytes(Encoding.DER).replace(_SHA256, _SHA1)
    tbs = leaf.certificate.tbs_certificate_bytes.replace(_SHA256, _SHA1)
    signature = rsa_key().sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    whole = whole.replace(leaf.certificate.signature, signature)
    return Identity(x509.load_der_x509_certificate(whole), leaf.key), root
