"""Signatures, judged by somebody else's verifier (dkimpy, PyNaCl) and by the RFC's own example."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import dkim as verifier
import pytest
from cryptography.hazmat.primitives import serialization as formats
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from mailbox.smtp.dkim import ED25519, RSA, KeyUnfit, Signer, body_hash_of, relaxed, sign

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
LETTER = (
    "Date: Mon, 23 Nov 2026 09:05:00 +0700\r\n"
    "From: =?utf-8?b?4Lia4Li44LiN4Lij4LmI4Lin4Lih?= <amina@transport.example>\r\n"
    "To: dara@else.example,\r\n\temil@else.example\r\n"
    "Subject: =?utf-8?b?4LmA4Lij4Li34LmI4Lit4LiH4LiZ4LmJ4Liz?=\r\n"
    "  =?utf-8?b?4LiX4LmI4Lin4Lih?=   \r\n"
    "Message-ID: <1@transport.example>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "เรียน  ทุกท่าน \t\r\n"
    "\r\n"
    "น้ำมาแล้ว\t.\r\n"
    "\r\n\r\n"
).encode()

Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def der_of(key: Private) -> bytes:
    return key.private_bytes(
        formats.Encoding.DER, formats.PrivateFormat.PKCS8, formats.NoEncryption()
    )


@pytest.fixture(scope="module")
def keys() -> dict[str, Private]:
    return {
        RSA: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ED25519: ed25519.Ed25519PrivateKey.generate(),
    }


@pytest.fixture(scope="module")
def signers(keys: dict[str, Private]) -> dict[str, Signer]:
    return {
        name: Signer.of(
            domain="Transport.Example",
            selector=name.partition("-")[0],
            algorithm=name,
            private_key_der=der_of(key),
        )
        for name, key in keys.items()
    }


@pytest.fixture(scope="module")
def records(keys: dict[str, Private]) -> dict[bytes, bytes]:
    """What stands in DNS, by name."""
    spki, raw = formats.PublicFormat.SubjectPublicKeyInfo, formats.PublicFormat.Raw
    of_rsa = keys[RSA].public_key().public_bytes(formats.Encoding.DER, spki)
    of_ed25519 = keys[ED25519].public_key().public_bytes(formats.Encoding.Raw, raw)
    return {
        b"rsa._domainkey.transport.example.": b"v=DKIM1; k=rsa; p=" + base64.b64encode(of_rsa),
        b"ed25519._domainkey.transport.example.": b"v=DKIM1; k=ed25519; p="
        + base64.b64encode(of_ed25519),
    }


def holds(message: bytes, records: dict[bytes, bytes], number: int = 0) -> bool:
    """Whether the signature at this place, counted from above, holds as SMTP carries it."""
    judge = verifier.DKIM(message if message.endswith(b"\r\n") else message + b"\r\n")
    try:
        return bool(judge.verify(idx=number, dnsfunc=lambda name, **_: records.get(name)))
    except verifier.ValidationError:
        return False


@pytest.mark.parametrize("algorithm", [RSA, ED25519])
def test_another_verifier_believes_it(
    algorithm: str, signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    signed = sign(LETTER, [signers[algorithm]], signed_at=NOW)
    assert signed.endswith(LETTER)
    assert holds(signed, records)
    assert not holds(signed.replace(b"amina@", b"bruno@"), records)
    assert not holds(signed.replace("มาแล้ว".encode(), "ไม่มา".encode()), records)


def test_both_signatures_stand_and_hold_side_by_side(
    signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    signed = sign(LETTER, [signers[RSA], signers[ED25519]], signed_at=NOW)
    assert signed.count(b"DKIM-Signature:") == 2
    assert [holds(signed, records, n) for n in (0, 1)] == [True, True]


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b"no line end", b" ", b"a\r\n \r\n"])
def test_bodies_that_end_in_odd_ways_hold(
    body: bytes, signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    header = LETTER.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert holds(sign(header + body, [signers[ED25519]], signed_at=NOW), records)


def test_addresses_in_thai_and_eight_bit_headers_hold(
    signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    letter = LETTER.replace(b"dara@else.example", "ดารา@อื่น.ไทย".encode())
    assert holds(sign(letter, [signers[RSA]], signed_at=NOW), records)


@pytest.mark.parametrize("name", [b"From", b"Subject", b"To", b"Cc", b"Reply-To", b"Date"])
def test_a_field_that_somebody_adds_breaks_it(
    name: bytes, signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    signed = sign(LETTER, [signers[RSA]], signed_at=NOW)
    assert holds(b"X-Seen: by a gateway\r\n" + signed, records)
    assert not holds(name + b": forged@else.example\r\n" + signed, records)


def test_what_a_gateway_folds_and_trims_still_holds(
    signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    signed = sign(LETTER, [signers[RSA]], signed_at=NOW)
    folded = signed.replace(b"To: dara@else.example,\r\n\temil", b"To:  dara@else.example, emil")
    trimmed = folded.replace(b" \t\r\n", b"\r\n").replace(b"\r\n\r\n\r\n", b"\r\n")
    assert trimmed != signed
    assert holds(trimmed, records)


def test_the_whole_body_is_signed_and_its_length_never_said(
    signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    signed = sign(LETTER, [signers[RSA]], signed_at=NOW)
    field = signed.partition(b"\r\nDate:")[0]
    assert b"l=" not in field.replace(b"bh=", b"").partition(b" b=")[0]
    assert not holds(signed + b"more\r\n", records)


def test_the_same_letter_and_moment_give_the_same_octets(signers: dict[str, Signer]) -> None:
    both = list(signers.values())
    first = sign(LETTER, both, signed_at=NOW)
    in_bangkok = NOW.astimezone(timezone(timedelta(hours=7)))
    assert sign(LETTER, both, signed_at=in_bangkok) == first
    assert f"t={int(NOW.timestamp())};".encode() in first
    assert max(map(len, first.partition(b"\r\nDate:")[0].split(b"\r\n"))) <= 78


def test_bare_line_ends_leave_as_they_were_signed(
    signers: dict[str, Signer], records: dict[bytes, bytes]
) -> None:
    signed = sign(LETTER.replace(b"\r\n", b"\n"), [signers[RSA]], signed_at=NOW)
    assert signed.endswith(LETTER) and holds(signed, records)


@pytest.mark.parametrize("letter", [b"To: a@b.example\r\n\r\nx", b"From: a@b.c\r\n" + LETTER, b""])
def test_without_exactly_one_author_nothing_is_signed(
    letter: bytes, signers: dict[str, Signer]
) -> None:
    assert sign(letter, [signers[RSA]], signed_at=NOW) == letter


def test_a_key_of_the_other_kind_or_too_short_is_unfit(keys: dict[str, Private]) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # refused is what is shown
    for algorithm, der in (
        (RSA, der_of(keys[ED25519])),
        (ED25519, der_of(keys[RSA])),
        (RSA, der_of(short)),
        (RSA, b"no key"),
        ("rsa-sha1", der_of(keys[RSA])),
    ):
        with pytest.raises(KeyUnfit):
            Signer.of(domain="a.example", selector="s", algorithm=algorithm, private_key_der=der)


def test_a_domain_in_thai_is_named_in_a_labels(keys: dict[str, Private]) -> None:
    signer = Signer.of(
        domain="คมนาคม.ไทย", selector="s", algorithm=RSA, private_key_der=der_of(keys[RSA])
    )
    assert signer.domain.startswith("xn--") and signer.domain.isascii()


def test_the_key_is_in_no_representation(signers: dict[str, Signer]) -> None:
    assert "private" not in repr(signers[RSA])


def test_the_canonical_forms_are_those_of_the_rfc() -> None:
    """RFC 6376 §3.4.5, example 1; and the hash of an empty body, §3.4.4."""
    assert relaxed(b"A: X") == b"a:X"
    assert relaxed(b"B : Y\t\r\n\tZ  ") == b"b:Y Z"
    assert body_hash_of(b" C \r\nD \t E\r\n\r\n\r\n") == body_hash_of(b" C\r\nD E\r\n")
    assert body_hash_of(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
