"""The page of domains: what to paste into DNS, for officers within reach, and what is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from accounts.models import AgencyDomain
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys, signing
from mailbox.web.people.mail import domains
from tests.cast import Cast, signed_in
from tests.mailbox.outbound.domains.keys import ED25519, RSA, domain_of, in_dns, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.web.people.test_gateways import made_mail_officer

PAGE = "/people/mail/domains/"


@pytest.fixture
def officer(cast: Cast) -> Client:
    """Bruno, as a mail officer of the Ministry of Transport."""
    return made_mail_officer(cast.bruno)


@pytest.fixture
def resolver(settings: Settings) -> Iterator[Resolver]:
    with Resolver() as running:
        settings.DNS_RESOLVERS = [running.address]
        yield running
    signing.forget()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def shown(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_key_is_made_pasted_and_found(cast: Cast, officer: Client, resolver: Resolver) -> None:
    assert "leave unsigned" in shown(officer)
    domain = domain_of(cast.transport)
    url = reverse("mailbox:signing-key-new", args=[domain.pk])
    officer.post(url, {"algorithm": RSA.value})
    key = SigningKey.objects.get()
    page = shown(officer)
    assert dns.name_of(key) in page and escape(dns.record_of(key)) in page
    look = reverse("mailbox:signing-key-look", args=[key.pk])
    assert "There is no record" in officer.post(look, follow=True).content.decode()
    in_dns(key, resolver)
    assert "From now on this key signs" in officer.post(look, follow=True).content.decode()
    page = shown(officer)
    assert "The record is there and right" in page and "leave unsigned" not in page


def test_what_is_over_is_not_shown_and_what_must_stay_says_until_when(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    old = in_use(cast.transport, RSA, resolver, now)
    in_use(cast.transport, RSA, resolver, now)
    assert "Keep its record until" in shown(officer)
    old.refresh_from_db()
    keys.retire(old, by=None, now=now + timedelta(days=15))
    assert old.selector not in shown(officer).replace(f"{old.selector}2", "")


def test_many_domains_are_looked_for_by_name_and_those_with_keys_stand_first(
    cast: Cast, officer: Client, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    for number in range(8):
        AgencyDomain.objects.create(agency=cast.transport, domain=f"road{number}.example")
    last = AgencyDomain.objects.create(agency=cast.transport, domain="zebra.example")
    keys.make(last, ED25519, by=cast.bruno, now=now)
    monkeypatch.setattr(domains, "SHOWN", 3)
    page = shown(officer)
    assert page.index("zebra.example") < page.index("road0.example")
    assert "road7.example" not in page and "There are more" in page
    found = officer.get(PAGE, {"q": "ROAD7"}).content.decode()
    assert "road7.example" in found and "zebra.example" not in found
    assert "zebra.example" in officer.get(PAGE, {"q": "transport"}).content.decode()
    assert "called so" in officer.get(PAGE, {"q": "nowhere"}).content.decode()


def test_another_agencys_domains_are_not_shown_and_not_touched(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    theirs = in_use(cast.interior, RSA, resolver, now)
    assert "interior.example" not in shown(officer)
    for name, number in (("signing-key-new", theirs.domain_id), ("signing-key-look", theirs.pk)):
        url = reverse(f"mailbox:{name}", args=[number])
        assert officer.post(url, {"algorithm": ED25519.value}).status_code == 404
    assert SigningKey.objects.count() == 1


@pytest.mark.parametrize("who", ["amina", "hana"])
def test_for_others_the_page_is_not_there(cast: Cast, who: str) -> None:
    assert signed_in(getattr(cast, who)).get(PAGE).status_code == 404


def test_a_kind_that_there_is_none_of_and_one_too_many_are_refused(
    cast: Cast, officer: Client
) -> None:
    url = reverse("mailbox:signing-key-new", args=[domain_of(cast.transport).pk])
    officer.post(url, {"algorithm": "rsa-sha1"})
    assert not SigningKey.objects.exists()
    officer.post(url, {"algorithm": RSA.value})
    assert officer.post(url, {"algorithm": RSA.value}).status_code == 409
    assert SigningKey.objects.count() == 1
