"""Signing a message for its domain (DKIM: RFC 6376; Ed25519: RFC 8463; A-labels: RFC 8616).

Relaxed canonicalisation for header and body, so that a gateway may fold and trim. From and
its neighbours are over-signed (RFC 6376 §8.15): one that somebody adds breaks the signature.
The whole body is signed; l= is never written (§8.2). The same message, key and moment give
the same octets. Why this is not dkimpy: ADR 0015.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from mailbox.smtp.content import canonical

RSA = "rsa-sha256"
ED25519 = "ed25519-sha256"
LEAST_BITS = 2048  # RFC 8301 §3.2: those who sign should have as many

# Signed once more than there are, whether there are any or not.
OVERSIGNED = ("from", "reply-to", "subject", "to", "cc")
# Signed once more than there are, where there are any: a list may add its own.
SIGNED = (
    *("date", "message-id", "sender", "mime-version", "content-type", "content-disposition"),
    *("content-transfer-encoding", "in-reply-to", "references", "auto-submitted"),
    *("disposition-notification-to", "importance", "x-govmail-urgency"),
)

_LINE = 72
_BLANKS = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")


class KeyUnfit(Exception):
    """The octets hold no key of this algorithm, or one too short."""


@dataclass(frozen=True)
class Signer:
    """One key of a domain, ready for use. domain: in A-labels, lower case."""

    domain: str
    selector: str
    algorithm: str
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, *, domain: str, selector: str, algorithm: str, private_key_der: bytes) -> Signer:
        """Read a private key (PKCS 8, DER); KeyUnfit if it is none of the algorithm."""
        try:
            private = serialization.load_der_private_key(private_key_der, None)
            domain = domain.lower().encode("idna").decode()
        except (ValueError, TypeError, UnicodeError) as error:
            raise KeyUnfit from error
        is_rsa = isinstance(private, rsa.RSAPrivateKey) and private.key_size >= LEAST_BITS
        is_ed25519 = isinstance(private, ed25519.Ed25519PrivateKey)
        if not {RSA: is_rsa, ED25519: is_ed25519}.get(algorithm, False):
            raise KeyUnfit
        assert isinstance(private, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey)
        return cls(domain, selector, algorithm, private)

    def signature(self, octets: bytes) -> str:
        """Sign; base64. Both ways are deterministic (PKCS 1 v1.5; RFC 8032)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            made = self.private.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        else:
            # RFC 8463 §3: what Ed25519 signs is the digest.
            made = self.private.sign(hashlib.sha256(octets).digest())
        return base64.b64encode(made).decode()


@dataclass(frozen=True)
class Digested:
    """A message taken apart once, for as many signatures as there are keys.

    message: with CRLF line ends only. fields: (lower-case name, field in relaxed form), in order.
    """

    message: bytes
    fields: Sequence[tuple[str, bytes]]
    body_hash: str

    @classmethod
    def of(cls, message: bytes) -> Digested:
        message = canonical(message)
        if message.startswith(b"\r\n"):
            return cls(message, (), body_hash_of(message[2:]))
        header, _, body = message.partition(b"\r\n\r\n")
        return cls(message, tuple(fields_of(header)), body_hash_of(body))

    def count(self, name: str) -> int:
        return sum(each == name for each, _field in self.fields)

    def chosen(self, names: Sequence[str]) -> bytes:
        """The fields that a list as in h= stands for: the lowest first (RFC 6376 §5.4.2)."""
        left: dict[str, list[bytes]] = {}
        for name, each in self.fields:
            left.setdefault(name, []).append(each)
        return b"".join(left[name].pop() + b"\r\n" for name in names if left.get(name))


def sign(message: bytes, signers: Sequence[Signer], *, signed_at: datetime) -> bytes:
    """The message with one DKIM-Signature for each key in front, CRLF line ends only.

    signed_at: aware; the whole second is t=. A message without exactly one From cannot be
    signed (RFC 5322 §3.6) and comes back as it is, and so does one without keys.
    """
    if not signers:
        return message
    digested = Digested.of(message)
    if digested.count("from") != 1:
        return message
    made = [signature_field("DKIM-Signature", "v=1", digested, s, signed_at) for s in signers]
    return b"".join([*made, digested.message])


def signature_field(
    name: str, first: str, digested: Digested, signer: Signer, signed_at: datetime
) -> bytes:
    """A signature over header and body as a field, folded; `first`: v=1, or i= in ARC."""
    names = signed_names(digested)
    tags = [
        *(first, f"a={signer.algorithm}", "c=relaxed/relaxed"),
        *(f"d={signer.domain}", f"s={signer.selector}", f"t={int(signed_at.timestamp())}"),
        "h=" + ":".join(names),
        f"bh={digested.body_hash}",
    ]
    unsigned = _folded(name, tags) + b" b="
    octets = digested.chosen(names) + relaxed(unsigned)
    return unsigned + in_lines(signer.signature(octets)) + b"\r\n"


def signed_names(digested: Digested) -> list[str]:
    """What h= says: each field as often as it is there, and once more."""
    names = []
    for name in (*OVERSIGNED, *SIGNED):
        found = digested.count(name)
        if found or name in OVERSIGNED:
            names += [name] * (found + 1)
    return names


def fields_of(header: bytes) -> Iterator[tuple[str, bytes]]:
    """The fields of a header, by name and in relaxed form; lines that are none are left out."""
    for line in _FOLD.sub(b"", header).split(b"\r\n"):
        match = _NAME.match(line)
        if match:
            yield match[1].decode("ascii").lower(), relaxed(line)


def relaxed(field: bytes) -> bytes:
    """A field in its relaxed form, without its line end (RFC 6376 §3.4.2)."""
    name, _, value = _FOLD.sub(b"", field).partition(b":")
    return name.strip().lower() + b":" + _BLANKS.sub(b" ", value).strip(b" ")


def body_hash_of(body: bytes) -> str:
    """SHA-256 of the body in its relaxed form (RFC 6376 §3.4.4), in base64."""
    # Most of what we write has none of it, and large bodies are not copied for nothing.
    if b"\t" in body or b"  " in body or b" \r\n" in body or body.endswith(b" "):
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    end = len(body.rstrip(b"\r\n"))
    digest = hashlib.sha256(memoryview(body)[:end])
    if end:
        digest.update(b"\r\n")
    return base64.b64encode(digest.digest()).decode()


def in_lines(text: str) -> bytes:
    """Base64 on lines of its own, folded."""
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "".join(f"\r\n {line}" for line in lines).encode()


def _folded(name: str, tags: Sequence[str]) -> bytes:
    """`name: tag; tag;`, folded between tags, and after the colons of h=."""
    out, used = f"{name}:", len(name) + 1
    for tag in tags:
        for number, piece in enumerate(f"{tag};".replace(":", ":\n").split("\n")):
            blank = "" if number else " "
            if used + len(blank) + len(piece) > _LINE + 2:
                out, used, blank = out + "\r\n", 0, " "
            out += blank + piece
            used += len(blank) + len(piece)
    return out.encode()
