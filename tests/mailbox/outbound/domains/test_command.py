"""`manage.py dkim`: a key from the terminal, from being made to being over."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mailbox.models import SigningKey
from tests.cast import Cast
from tests.mailbox.outbound.domains.keys import in_dns
from tests.mailbox.outbound.domains.resolvers import Resolver


def told(*words: str) -> str:
    said = StringIO()
    call_command("dkim", *words, stdout=said)
    return said.getvalue()


def test_a_key_is_made_pasted_looked_for_and_signs(cast: Cast, resolver: Resolver) -> None:
    line = told("make", "transport.example", "--algorithm", "ed25519")
    key = SigningKey.objects.get()
    assert f"{key.selector}._domainkey.transport.example. IN TXT" in line
    assert told("record", "transport.example") == line
    assert "There is no record" in told("check", "transport.example")
    in_dns(key, resolver)
    assert "active  The record is there and right" in told("check")
    (facts,) = json.loads(told("list", "--json"))
    assert (facts["state"], facts["seen"], facts["algorithm"]) == (
        *("active", "good", "ed25519-sha256"),
    )
    assert key.public_key not in told("list") and f"{key.selector}._domainkey" in told("list")


def test_a_key_is_taken_out_of_use_and_its_record_must_stay(cast: Cast, resolver: Resolver) -> None:
    told("make", "transport.example")
    key = SigningKey.objects.get()
    in_dns(key, resolver)
    told("check")
    assert "must stay" in told("withdraw", str(key))
    with pytest.raises(CommandError, match="must stay"):
        told("retire", str(key))
    key.refresh_from_db()
    assert key.retires_at is not None
    SigningKey.objects.update(retires_at=key.retires_at - timedelta(days=15))
    assert "may go" in told("retire", str(key))


@pytest.mark.parametrize(
    "words",
    [
        ("make", "nobody.example"),
        ("record", "transport.example"),
        ("withdraw", "s._domainkey.transport.example"),
        ("retire", "nonsense"),
    ],
)
def test_what_is_not_there_is_said(cast: Cast, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        told(*words)
