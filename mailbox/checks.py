"""System checks: rules that stop the start with a sentence, because later they lose mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from mailbox.mime.addresses import is_valid_address
from mailbox.sealing import keyring
from mailbox.sealing.key_files import KeyringUnusable


@register("keys")
def keyring_is_usable(**_: Any) -> list[CheckMessage]:
    """The keyring is there, whole, and for its owner only."""
    try:
        keyring.current()
    except KeyringUnusable as error:
        hint = "Make a set with `manage.py keyring new --into FOLDER` and set KEYRING_FILE."
        return [Error(error.reason, hint=hint, id="mailbox.E001")]
    return []


@register("mail")
def lease_outlasts_the_gateway(**_: Any) -> list[CheckMessage]:
    """A worker that waits for a slow gateway still has its lease, or the message goes twice.

    A quarter may be used up when it begins; connecting has eight steps, MAIL and its RCPTs have
    two timeouts, the message four, its answer five.
    """
    if settings.RELAY_LEASE >= settings.GATEWAY_TIMEOUT * 30:
        return []
    return [
        Error(
            "RELAY_LEASE_MINUTES must be at least thirty times GATEWAY_TIMEOUT_SECONDS: "
            "a timeout counts afresh at every step of a delivery.",
            id="mailbox.E002",
        )
    ]


@register("mail")
def test_address_is_one(**_: Any) -> list[CheckMessage]:
    """Test letters of the gate have an address that tokens can be put into."""
    address = settings.READINESS_ADDRESS
    if not address or (is_valid_address(address) and address.isascii() and "+" not in address):
        return []
    sentence = "READINESS_ADDRESS must be an address in ASCII, without a plus."
    return [Error(sentence, id="mailbox.E004")]


@register("mail")
def lease_outlasts_the_reading(**_: Any) -> list[CheckMessage]:
    """A worker that reads a slow message still has its lease."""
    if settings.FILING_LEASE.total_seconds() >= settings.PARSE_SECONDS * 2:
        return []
    return [
        Error("FILING_LEASE_MINUTES must be longer than PARSE_SECONDS twice.", id="mailbox.E003")
    ]
