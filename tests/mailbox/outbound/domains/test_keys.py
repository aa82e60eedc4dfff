"""Keys: nothing is signed that nobody could verify, and an old record stays long enough."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import AuditEvent
from mailbox.errors import KeyMissing
from mailbox.models import SigningKey
from mailbox.outbound.domains import keys, rotation
from mailbox.outbound.domains.keys import KeyIsOver, KeyWaits, RecordMustStay
from mailbox.sealing import infos
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.domains.keys import ED25519, RSA, domain_of, in_dns, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver

State, Seen = SigningKey.State, SigningKey.Seen


def test_a_new_key_signs_nothing_until_its_record_is_seen(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    key = keys.make(domain_of(cast.transport), RSA, by=cast.hana, now=now)
    assert keys.look(key, by=cast.hana, now=now) == Seen.MISSING
    assert (key.state, key.seen) == (State.NEW, Seen.MISSING)
    assert not SigningKey.objects.signing("transport.example").exists()

    in_dns(key, resolver)
    assert keys.look(key, by=cast.hana, now=now) == Seen.GOOD
    assert (key.state, key.active_from) == (State.ACTIVE, now)
    assert SigningKey.objects.signing("Transport.Example").get() == key
    assert set(resolver.asked) == {f"{key.selector}._domainkey.transport.example"}


@pytest.mark.parametrize("algorithm", [RSA, ED25519])
def test_the_web_tier_makes_a_key_that_only_a_worker_opens(
    algorithm: str, cast: Cast, key_set: dict[Role, StoredKeyring], now: datetime
) -> None:
    with using(key_set["web"]):
        key = keys.make(domain_of(cast.transport), algorithm, by=cast.hana, now=now)
    key.refresh_from_db()
    sealed, info = bytes(key.sealed_key), infos.for_signing_key(key.pk)
    with pytest.raises(KeyMissing):
        key_set["web"].unseal_from("relay", key.relay_key_id, sealed, info)
    assert key_set["worker"].unseal_from("relay", key.relay_key_id, sealed, info)


def test_the_key_before_it_signs_no_more_and_its_record_stays_two_weeks(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    old = in_use(cast.transport, RSA, resolver, now)
    new = in_use(cast.transport, RSA, resolver, now + timedelta(days=180))
    old.refresh_from_db()
    assert (old.state, new.state) == (State.RETIRING, State.ACTIVE)
    assert old.selector != new.selector
    assert bytes(old.sealed_key) == b""
    assert old.retires_at == now + timedelta(days=194)

    with pytest.raises(RecordMustStay):
        keys.retire(old, by=None, now=now + timedelta(days=193))
    assert rotation.end_what_is_over(now + timedelta(days=193)) == 0
    assert rotation.end_what_is_over(now + timedelta(days=194)) == 1
    old.refresh_from_db()
    assert old.state == State.RETIRED


def test_two_algorithms_sign_side_by_side(cast: Cast, resolver: Resolver, now: datetime) -> None:
    in_use(cast.transport, RSA, resolver, now)
    in_use(cast.transport, ED25519, resolver, now)
    assert SigningKey.objects.signing("transport.example").count() == 2


def test_only_one_key_of_a_kind_waits_at_a_time(cast: Cast, now: datetime) -> None:
    keys.make(domain_of(cast.transport), RSA, by=None, now=now)
    with pytest.raises(KeyWaits):
        keys.make(domain_of(cast.transport), RSA, by=None, now=now)
    keys.make(domain_of(cast.transport), ED25519, by=None, now=now)
    keys.make(domain_of(cast.interior), RSA, by=None, now=now)


def test_a_selector_is_never_used_twice(cast: Cast, now: datetime) -> None:
    selectors = []
    for _ in range(3):
        key = keys.make(domain_of(cast.transport), RSA, by=None, now=now)
        keys.withdraw(key, by=None, now=now)
        selectors.append(key.selector)
    assert len(set(selectors)) == 3


def test_a_withdrawn_key_signs_no_more_and_cannot_be_withdrawn_twice(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    keys.withdraw(key, by=cast.hana, now=now)
    assert (key.state, bytes(key.sealed_key)) == (State.RETIRING, b"")
    with pytest.raises(KeyIsOver):
        keys.withdraw(key, by=cast.hana, now=now)
    # Its record is still there, and brings it back no more.
    keys.look(key, by=None, now=now)
    assert not SigningKey.objects.signing("transport.example").exists()


def test_every_deed_is_told_without_the_key(cast: Cast, resolver: Resolver, now: datetime) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    keys.withdraw(key, by=cast.hana, now=now)
    keys.retire(key, by=cast.hana, now=now + timedelta(days=15))
    events = AuditEvent.objects.filter(kind="mailbox.signingkey").order_by("number")
    acts = ["key_made", "key_in_use", "key_withdrawn", "key_retired"]
    assert [event.act for event in events] == acts
    assert {event.agency_id for event in events} == {cast.transport.pk}
    assert not any(key.public_key in str(event.details) for event in events)


def test_the_clock_looks_for_new_records_each_time_and_for_others_once_a_day(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    in_use(cast.transport, RSA, resolver, now)
    new = keys.make(domain_of(cast.transport), ED25519, by=None, now=now)
    assert rotation.look_around(now) == 1
    assert rotation.look_around(now + timedelta(minutes=10)) == 1
    in_dns(new, resolver)
    assert rotation.look_around(now + timedelta(minutes=20)) == 1
    new.refresh_from_db()
    assert new.state == State.ACTIVE
    assert rotation.look_around(now + timedelta(minutes=30)) == 0
    assert rotation.look_around(now + timedelta(hours=24)) == 2


def test_a_key_never_looked_for_goes_before_those_that_wait_for_long(
    cast: Cast, resolver: Resolver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PIECE", 1)
    keys.look(keys.make(domain_of(cast.interior), RSA, by=None, now=now), by=None, now=now)
    new = keys.make(domain_of(cast.transport), RSA, by=None, now=now)
    in_dns(new, resolver)
    assert rotation.look_around(now) == 1
    new.refresh_from_db()
    assert new.state == State.ACTIVE


def test_a_record_that_vanishes_is_noted_and_the_key_goes_on_signing(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    resolver.records.clear()
    assert keys.look(key, by=None, now=now) == Seen.MISSING
    assert (key.state, key.seen) == (State.ACTIVE, Seen.MISSING)
