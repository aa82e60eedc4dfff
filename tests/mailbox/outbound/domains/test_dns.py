"""Records in DNS: what to paste is what is looked for, over a real socket."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from pytest_django import Settings

from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys
from tests.cast import Cast
from tests.mailbox.outbound.domains.keys import ED25519, RSA, domain_of, in_dns
from tests.mailbox.outbound.domains.resolvers import Resolver

Seen = SigningKey.Seen


@pytest.fixture
def key(cast: Cast, now: datetime) -> SigningKey:
    return keys.make(domain_of(cast.transport), RSA, by=None, now=now)


def test_what_is_pasted_is_found(key: SigningKey, resolver: Resolver) -> None:
    assert dns.look_up(key) == Seen.MISSING
    in_dns(key, resolver)
    assert dns.look_up(key) == Seen.GOOD


def test_the_line_for_a_zone_file_says_the_same_in_short_strings(key: SigningKey) -> None:
    line = dns.zone_line_of(key)
    strings = re.findall(r'"([^"]*)"', line)
    assert line.startswith(f'{key.selector}._domainkey.transport.example. IN TXT "v=DKIM1')
    assert "".join(strings) == dns.record_of(key)
    assert max(map(len, strings)) <= 255 and len(strings) == 2


def test_blanks_and_other_tags_do_no_harm(key: SigningKey, resolver: Resolver) -> None:
    middle = len(key.public_key) // 2
    broken = f"{key.public_key[:middle]} {key.public_key[middle:]}"
    text = f" v=DKIM1 ; t=s; s=email ; h=sha256:sha1; n=ours; p = {broken};"
    resolver.records[dns.name_of(key)] = [text, "v=spf1 -all"]
    assert dns.look_up(key) == Seen.GOOD


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("k=rsa", "k=ed25519"),
        lambda text: text + "; h=sha1",
        lambda text: text + "; s=tlsrpt",
        lambda text: re.sub("p=.*", "p=", text),
        lambda text: re.sub("p=.*", "p=AAAA", text),
        lambda text: re.sub("p=.*", "p=ไม่ใช่", text.replace("ไม่ใช่", "?")),
    ],
)
def test_what_no_verifier_would_take_is_another_record(
    key: SigningKey, resolver: Resolver, change: object
) -> None:
    assert callable(change)
    resolver.records[dns.name_of(key)] = [change(dns.record_of(key)).replace("ไม่ใช่", "?")]
    assert dns.look_up(key) == Seen.DIFFERENT


def test_two_keys_at_one_name_are_none(key: SigningKey, resolver: Resolver) -> None:
    resolver.records[dns.name_of(key)] = [dns.record_of(key), "v=DKIM1; k=rsa; p=AAAA"]
    assert dns.look_up(key) == Seen.DIFFERENT


def test_dns_that_does_not_answer_is_said_and_a_key_in_doubt_is_not_used(
    key: SigningKey, resolver: Resolver, now: datetime
) -> None:
    in_dns(key, resolver)
    resolver.is_away = True
    assert keys.look(key, by=None, now=now) == Seen.AWAY
    assert key.state == SigningKey.State.NEW


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:port", "[::g]:53"])
def test_a_resolver_that_cannot_be_is_no_crash(
    key: SigningKey, settings: Settings, address: str
) -> None:
    settings.DNS_RESOLVERS = [address]
    assert dns.look_up(key) == Seen.AWAY


def test_a_domain_in_thai_is_looked_for_in_a_labels(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    domain = domain_of(cast.transport)
    domain.domain = "คมนาคม.ไทย"
    domain.save(update_fields=["domain"])
    key = keys.make(domain, ED25519, by=None, now=now)
    in_dns(key, resolver)
    assert dns.look_up(key) == Seen.GOOD
    assert resolver.asked[-1].isascii() and "._domainkey.xn--" in resolver.asked[-1]
