from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AgencyDomain
from mailbox.demo import people
from mailbox.demo.relaying import keys, names
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns
from mailbox.outbound.domains import keys as of_domains
from mailbox.sealing.keyring import StoredKeyring

pytestmark = pytest.mark.django_db

Seen = SigningKey.Seen


def looked_up(key: SigningKey, found: dict[str, str], settings: Any) -> str:
    """What a look into the demo's DNS finds, over a socket of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.DNS_RESOLVERS = [f"127.0.0.1:{port}"]

    async def look() -> str:
        door = await names.listen("127.0.0.1", port, found.get)
        seen = await asyncio.to_thread(dns.look_up, key)
        door.close()
        return seen

    return asyncio.run(look())


def test_the_demos_keys_are_found_and_the_waiting_one_is_not(
    keyring: StoredKeyring, settings: Any
) -> None:
    people.load_people()
    now = timezone.now()
    keys.load_keys(now)
    found = {}
    made = SigningKey.objects.select_related("domain")
    for key in made:
        text = names.record_at(dns.name_of(key))
        if text is not None:
            found[dns.name_of(key)] = text
    (waits,) = [key for key in made if dns.name_of(key) not in found]
    assert waits.domain.domain == "chiangmai.example"
    rsa = made.get(domain__domain="soc.example", algorithm="rsa-sha256")
    assert looked_up(rsa, found, settings) == Seen.GOOD
    assert looked_up(waits, found, settings) == Seen.MISSING


def test_a_new_key_is_pasted_after_two_minutes(keyring: StoredKeyring) -> None:
    people.load_people()
    now = timezone.now()
    domain = AgencyDomain.objects.get(domain="doh.example")
    key = of_domains.make(domain, "ed25519-sha256", by=None, now=now)
    assert names.record_at(dns.name_of(key)) is None
    SigningKey.objects.update(created_at=now - timedelta(minutes=3))
    assert names.record_at(dns.name_of(key)) == dns.record_of(key)


def test_what_is_no_question_gets_no_answer() -> None:
    assert names.answered(b"x", lambda _name: "y") is None
