"""Letters of an agency to the gate's address, signed as its own server would."""

from __future__ import annotations

import base64
from datetime import datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization as formats
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.models import TestLetter
from accounts.readiness.letters import address_of
from mailbox import tasks
from mailbox.inbound.receiving import Incoming, receive
from mailbox.inbound.recipients import Refusal, find
from mailbox.models import Arrival
from mailbox.sealing.keyring import StoredKeyring, using
from tests.mailbox.outbound.domains.resolvers import Resolver

SELECTOR = "k1"


def key_of(bits: int = 2048) -> tuple[bytes, str]:
    """A private key (PEM), and what its record says."""
    return _key(bits)


@cache
def _key(bits: int) -> tuple[bytes, str]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = private.private_bytes(
        formats.Encoding.PEM, formats.PrivateFormat.TraditionalOpenSSL, formats.NoEncryption()
    )
    spki = formats.PublicFormat.SubjectPublicKeyInfo
    public = base64.b64encode(private.public_key().public_bytes(formats.Encoding.DER, spki))
    return pem, f"v=DKIM1; k=rsa; p={public.decode()}"


def letter(author: str = "saraban@transport.example", body: str = "canary body") -> bytes:
    return (
        f"From: {author}\r\nTo: readiness@mail.example\r\nSubject: canary subject\r\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0700\r\nMessage-ID: <1@transport.example>\r\n"
        f"\r\n{body}\r\n"
    ).encode()


def signed(
    raw: bytes, by: str = "transport.example", *, bits: int = 2048, length: bool = False
) -> bytes:
    """With dkimpy's own signature on top, of a selector of the domain."""
    field: bytes = dkim.sign(raw, SELECTOR.encode(), by.encode(), key_of(bits)[0], length=length)
    return field + raw


def publish(resolver: Resolver, by: str = "transport.example", *, bits: int = 2048) -> None:
    resolver.records[f"{SELECTOR}._domainkey.{by}"] = [key_of(bits)[1]]


def bring(
    raw: bytes, test: TestLetter, now: datetime, *, sender: str = "a@transport.example"
) -> Refusal | None:
    """By the journeys of LMTP: the address is looked up, and the message kept."""
    found = find(address_of(test), now=now)
    if found.refusal is not None:
        return found.refusal
    incoming = Incoming(sender=sender, addresses=[address_of(test)], recipients=[found])
    (refused,) = receive(raw, incoming, now=now, nudge=lambda arrival: None)
    return refused


def worked(worker: StoredKeyring) -> None:
    """All that a worker does about what has arrived."""
    with using(worker):
        for arrival in Arrival.objects.all():
            tasks.read_test_letter(str(arrival.pk))


def fresh(test: TestLetter) -> TestLetter:
    return TestLetter.objects.get(pk=test.pk)
