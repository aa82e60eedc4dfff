"""Seals on what is passed on, judged by dkimpy."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import dkim as verifier
import pytest
from cryptography.hazmat.primitives import serialization as formats
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from mailbox.smtp.arc import MOST_SETS, seal
from mailbox.smtp.dkim import ED25519, RSA, Signer, sign

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
FOUND = b"mx.portal.example; dkim=pass header.d=else.example; spf=pass " + b"x" * 70
LETTER = (
    b"Delivered-To: amina@transport.example\r\n"
    b"Received: from mx\r\n"
    b"From: Dara <dara@else.example>\r\nTo: amina@transport.example\r\n"
    b"Subject: Water  came\r\n\r\nIt did.\r\n"
)


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def signer(private: rsa.RSAPrivateKey) -> Signer:
    return Signer("transport.example", "s1", RSA, private)


@pytest.fixture(scope="module")
def record(private: rsa.RSAPrivateKey) -> bytes:
    public = private.public_key().public_bytes(
        formats.Encoding.DER, formats.PublicFormat.SubjectPublicKeyInfo
    )
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def verdict_on(message: bytes, record: bytes) -> str:
    """What somebody else says of the chain: pass, fail, none, or ended."""
    result, _sets, _why = verifier.ARC(message).verify(dnsfunc=lambda name, **_: record)
    return result.decode() if result else "ended"


def sealed(message: bytes, signer: Signer, *, has_passed: bool = False) -> bytes:
    return seal(message, signer, found=FOUND, has_passed=has_passed, sealed_at=NOW)


def test_another_verifier_believes_the_seal(signer: Signer, record: bytes) -> None:
    message = sealed(LETTER, signer)
    assert message.endswith(LETTER)
    assert verdict_on(message, record) == "pass"
    assert verdict_on(message.replace(b"It did", b"It did not"), record) == "fail"
    assert verdict_on(message.replace(b"spf=pass", b"spf=fail"), record) == "fail"
    assert verdict_on(b"From: forged@else.example\r\n" + message, record) == "fail"
    assert message.count(b"cv=none;") == 1
    assert max(map(len, message.split(b"\r\n"))) < 100


def test_a_chain_goes_on_as_long_as_our_mta_says_that_it_holds(
    signer: Signer, record: bytes
) -> None:
    message = LETTER
    for number in range(1, 4):
        message = b"Received: by the next\r\n" + sealed(message, signer, has_passed=number > 1)
        assert message.count(b"\r\n") and verdict_on(message, record) == "pass"
    assert message.count(b"cv=pass;") == 2 and b"ARC-Seal: i=3;" in message


def test_what_was_signed_by_its_author_is_sealed_with_that(signer: Signer, record: bytes) -> None:
    message = sealed(sign(LETTER, [signer], signed_at=NOW), signer)
    assert verdict_on(message, record) == "pass"
    assert verifier.DKIM(message).verify(dnsfunc=lambda name, **_: record)


def test_a_chain_nobody_vouches_for_is_called_broken_and_then_left_alone(
    signer: Signer, record: bytes
) -> None:
    once = sealed(LETTER, signer)
    twice = sealed(once, signer, has_passed=False)
    assert b"cv=fail;" in twice and verdict_on(twice, record) == "ended"
    assert sealed(twice, signer, has_passed=True) == twice


@pytest.mark.parametrize(
    "forged",
    [
        b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=s; b=AAAA\r\n",
        b"ARC-Seal: nonsense\r\n",
        b"ARC-Authentication-Results: i=7; x; none\r\n",
    ],
)
def test_a_chain_with_holes_is_never_called_whole(forged: bytes, signer: Signer) -> None:
    assert b"cv=fail;" in sealed(forged + LETTER, signer, has_passed=True)


def test_what_cannot_be_sealed_is_left_alone(signer: Signer) -> None:
    other = Signer("transport.example", "e", ED25519, ed25519.Ed25519PrivateKey.generate())
    full = b"ARC-Authentication-Results: i=%d; x; none\r\n" % MOST_SETS + LETTER
    assert sealed(LETTER, other) == LETTER
    assert sealed(full, signer) == full
    assert sealed(b"To: a@b.example\r\n\r\n", signer) == b"To: a@b.example\r\n\r\n"
    long = seal(LETTER, signer, found=b"mx; " + b"x" * 2000, has_passed=False, sealed_at=NOW)
    assert long == LETTER


def test_the_same_moment_gives_the_same_octets(signer: Signer) -> None:
    assert sealed(LETTER, signer) == sealed(LETTER, signer)


def test_tags_in_another_order_are_no_broken_chain(signer: Signer) -> None:
    message = sealed(LETTER, signer).replace(b": i=1; a=rsa-sha256;", b": a=rsa-sha256; i=1;")
    assert b"Signature: a=rsa" in message and b"Seal: a=rsa" in message
    assert b"cv=pass" in sealed(message, signer, has_passed=True).partition(message)[0]
    results = message.replace(b"Results: i=1; mx", b"Results: mx; i=1; x")
    assert results != message
    assert b"cv=fail" in sealed(results, signer, has_passed=True)
