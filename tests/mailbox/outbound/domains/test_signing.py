"""Signing what leaves: by the domain's own keys, the same at every try, never in mail's way."""

from __future__ import annotations

import logging
from datetime import datetime

import dkim as verifier
import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys, signing
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.domains.keys import ED25519, RSA, domain_of, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver

LETTER = b"From: amina@transport.example\r\nSubject: canary\r\n\r\nwater  came\r\n"


def holds(message: bytes, resolver: Resolver) -> bool:
    """Whether every signature holds, by the records that DNS has."""

    def found(name: bytes, timeout: int = 5) -> bytes:
        (text,) = resolver.records[name.decode().rstrip(".")]
        return text.encode()

    count = message.count(b"DKIM-Signature:")
    judge = verifier.DKIM(message)
    return count > 0 and all(judge.verify(idx=number, dnsfunc=found) for number in range(count))


def test_a_letter_is_signed_with_every_key_in_use_by_its_domain_alone(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    in_use(cast.transport, ED25519, resolver, now)
    signed = signing.signed(LETTER, "Transport.example", signed_at=now)
    assert signed.count(b"DKIM-Signature:") == 2 and signed.endswith(LETTER)
    assert holds(signed, resolver)
    # RSA first: some verifiers look at one signature only.
    assert signed.index(b"a=rsa-sha256") < signed.index(b"a=ed25519-sha256")
    assert signing.signed(LETTER, "interior.example", signed_at=now) == LETTER
    assert signing.signed(LETTER, "", signed_at=now) == LETTER


def test_every_try_is_the_same_octets(cast: Cast, resolver: Resolver, now: datetime) -> None:
    in_use(cast.transport, RSA, resolver, now)
    first = signing.signed(LETTER, "transport.example", signed_at=now)
    signing.forget()
    assert signing.signed(LETTER, "transport.example", signed_at=now) == first


def test_keys_are_asked_for_once_a_minute(
    cast: Cast,
    resolver: Resolver,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    with django_assert_num_queries(1):
        for _ in range(3):
            signing.signed(LETTER, "transport.example", signed_at=now)
    (known,) = signing.signers_for("transport.example")
    monkeypatch.setattr(signing, "FRESH", -1.0)
    with django_assert_num_queries(1):
        (again,) = signing.signers_for("transport.example")
    # The row is looked at again; the key is not opened again.
    assert again is known


def test_a_worker_signs_no_more_with_a_key_that_was_withdrawn(
    cast: Cast, resolver: Resolver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    assert signing.signed(LETTER, "transport.example", signed_at=now) != LETTER
    keys.withdraw(key, by=None, now=now)
    monkeypatch.setattr(signing, "FRESH", -1.0)
    assert signing.signed(LETTER, "transport.example", signed_at=now) == LETTER


def test_a_key_that_does_not_open_is_told_and_the_letter_leaves(
    cast: Cast, resolver: Resolver, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    broken = in_use(cast.transport, RSA, resolver, now)
    in_use(cast.transport, ED25519, resolver, now)
    SigningKey.objects.filter(pk=broken.pk).update(sealed_key=b"not a key")
    with caplog.at_level(logging.INFO):
        signed = signing.signed(LETTER, "transport.example", signed_at=now)
    assert signed.count(b"DKIM-Signature:") == 1 and b"a=ed25519" in signed
    assert f"signing key {broken.pk}: not used (SealBroken)" in caplog.text
    assert "canary" not in caplog.text and "@" not in caplog.text


def test_a_process_without_the_relay_key_signs_nothing(
    cast: Cast, resolver: Resolver, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    with using(key_set["web"]):
        assert signing.signed(LETTER, "transport.example", signed_at=now) == LETTER


def test_another_row_s_key_does_not_open_in_its_place(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    mine = in_use(cast.transport, RSA, resolver, now)
    theirs = in_use(cast.interior, RSA, resolver, now)
    theirs.refresh_from_db()
    SigningKey.objects.filter(pk=mine.pk).update(
        sealed_key=theirs.sealed_key, relay_key_id=theirs.relay_key_id
    )
    assert signing.signed(LETTER, "transport.example", signed_at=now) == LETTER


def test_what_is_known_of_domains_is_bounded(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "_MOST", 3)
    for number in range(9):
        signing.signers_for(f"d{number}.example")
    assert len(signing._known) == 3


def test_a_new_key_waits_and_its_record_says_where(cast: Cast, now: datetime) -> None:
    key = keys.make(domain_of(cast.transport), ED25519, by=None, now=now)
    assert signing.signed(LETTER, "transport.example", signed_at=now) == LETTER
    assert dns.record_of(key) == f"v=DKIM1; k=ed25519; p={key.public_key}"
    assert len(key.public_key) == 44


MTA = "mx.portal.example"
PASSED_ON = (
    f"Delivered-To: amina@transport.example\r\nReceived: from x\r\n"
    f"Authentication-Results: {MTA};\r\n dkim=pass header.d=else.example\r\n"
    f"From: dara@else.example\r\n\r\nwater\r\n"
).encode()


def test_what_is_passed_on_bears_our_seal_on_what_our_mta_found(
    cast: Cast, resolver: Resolver, now: datetime, settings: Settings
) -> None:
    settings.AUTHSERV_ID = MTA
    key = in_use(cast.transport, RSA, resolver, now)
    sealed = signing.sealed(PASSED_ON, "transport.example", sealed_at=now)
    record = dns.record_of(key).encode()
    verdict, _sets, why = verifier.ARC(sealed).verify(dnsfunc=lambda name, **_: record)
    assert verdict == b"pass", why
    found = b"ARC-Authentication-Results: i=1; mx.portal.example; dkim=pass header.d=else.example"
    assert found in sealed.replace(b"\r\n ", b" ") and sealed.endswith(PASSED_ON)


def test_a_chain_is_called_whole_only_if_our_own_mta_says_so(
    cast: Cast, resolver: Resolver, now: datetime, settings: Settings
) -> None:
    settings.AUTHSERV_ID = MTA
    in_use(cast.transport, RSA, resolver, now)
    once = signing.sealed(PASSED_ON, "transport.example", sealed_at=now)
    for name, expected in ((MTA, b"cv=pass;"), ("mx.forged.example", b"cv=fail;")):
        again = f"Authentication-Results: {name}; arc=pass\r\n".encode() + once
        assert expected in signing.sealed(again, "transport.example", sealed_at=now)


def test_without_a_key_or_an_mta_of_ours_nothing_is_sealed(
    cast: Cast, resolver: Resolver, now: datetime, settings: Settings
) -> None:
    settings.AUTHSERV_ID = MTA
    in_use(cast.transport, ED25519, resolver, now)
    assert signing.sealed(PASSED_ON, "transport.example", sealed_at=now) == PASSED_ON
    in_use(cast.transport, RSA, resolver, now)
    settings.AUTHSERV_ID = ""
    assert signing.sealed(PASSED_ON, "transport.example", sealed_at=now) == PASSED_ON
