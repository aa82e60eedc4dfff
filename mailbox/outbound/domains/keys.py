"""The DKIM keys of a domain: made, put in use when DNS has them, taken out of use, over.

A key is made in the web tier or at a terminal; its private half is sealed to the relay key at
once, and what made it forgets it. It signs from the moment its record is seen in DNS. The key
before it then signs no more and its private half is deleted, but its record stays for two
weeks, so that what is under way can still be verified: longer than letters are tried.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization as formats
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, AgencyDomain
from govmail_portal.errors import PortalError
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, signing
from mailbox.sealing import infos, keyring

OVERLAP = timedelta(days=14)
BITS = 2048
_LETTERS = {SigningKey.Algorithm.RSA.value: "r", SigningKey.Algorithm.ED25519.value: "e"}


class KeyWaits(PortalError):
    message = _("Another key of this kind waits for its record in DNS already.")
    status = 409


class KeyIsOver(PortalError):
    message = _("This key is out of use already.")
    status = 409


class RecordMustStay(PortalError):
    message = _("The record of this key must stay: letters under way are verified by it.")
    status = 409


@transaction.atomic
def make(domain: AgencyDomain, algorithm: str, *, by: Account | None, now: datetime) -> SigningKey:
    """Make a key that waits for its record; KeyWaits if one of its kind does already.

    by None: the operator at a terminal. Raises KeyMissing where there is no relay key.
    """
    _hold(domain)
    kind = SigningKey.Algorithm(algorithm)
    of_domain = SigningKey.objects.filter(domain=domain)
    if of_domain.filter(algorithm=kind, state=SigningKey.State.NEW).exists():
        raise KeyWaits
    private, public = _pair(kind)
    key = SigningKey.objects.create(
        domain=domain,
        selector=_selector(kind, now, set(of_domain.values_list("selector", flat=True))),
        algorithm=kind,
        public_key=public,
        sealed_key=b"",
        created_at=now,
    )
    # Bound to its row, which has a number only now.
    key.relay_key_id, key.sealed_key = keyring.current().seal_to(
        "relay", private, infos.for_signing_key(key.pk)
    )
    key.save(update_fields=["relay_key_id", "sealed_key"])
    _tell("key_made", key, by, now)
    return key


def look(key: SigningKey, *, by: Account | None, now: datetime) -> SigningKey.Seen:
    """Look into DNS for a key's record and note it; a new key that is there signs from now on."""
    seen = dns.look_up(key)
    with transaction.atomic():
        _hold(key.domain)
        key.refresh_from_db()
        key.seen, key.seen_at = seen, now
        key.save(update_fields=["seen", "seen_at"])
        if seen == SigningKey.Seen.GOOD and key.state == SigningKey.State.NEW:
            _put_in_use(key, by, now)
    return seen


@transaction.atomic
def withdraw(key: SigningKey, *, by: Account | None, now: datetime) -> None:
    """Have a key sign no more, at once, with none in its place; KeyIsOver if it does not anyway.

    One that never signed is over; otherwise its record must stay a while.
    """
    _hold(key.domain)
    key.refresh_from_db()
    if key.state == SigningKey.State.NEW:
        _set_state(key, SigningKey.State.RETIRED)
    elif key.state == SigningKey.State.ACTIVE:
        _set_state(key, SigningKey.State.RETIRING, until=now + OVERLAP)
    else:
        raise KeyIsOver
    _tell("key_withdrawn", key, by, now)
    transaction.on_commit(signing.forget)


@transaction.atomic
def retire(key: SigningKey, *, by: Account | None, now: datetime) -> None:
    """Say that a key's record may go; RecordMustStay as long as it may not."""
    _hold(key.domain)
    key.refresh_from_db()
    if key.state == SigningKey.State.RETIRED:
        raise KeyIsOver
    if not key.may_go(now):
        raise RecordMustStay
    _set_state(key, SigningKey.State.RETIRED)
    _tell("key_retired", key, by, now)


def _put_in_use(key: SigningKey, by: Account | None, now: datetime) -> None:
    before = SigningKey.objects.filter(
        domain=key.domain, algorithm=key.algorithm, state=SigningKey.State.ACTIVE
    )
    for old in before:
        _set_state(old, SigningKey.State.RETIRING, until=now + OVERLAP)
    key.state, key.active_from = SigningKey.State.ACTIVE, now
    key.save(update_fields=["state", "active_from"])
    _tell("key_in_use", key, by, now)
    transaction.on_commit(signing.forget)


def _set_state(key: SigningKey, state: str, until: datetime | None = None) -> None:
    """Move a key on; none of these states signs, so its private half goes."""
    key.state, key.sealed_key, key.relay_key_id = state, b"", ""
    key.retires_at = until or key.retires_at
    key.save(update_fields=["state", "sealed_key", "relay_key_id", "retires_at"])


def _hold(domain: AgencyDomain) -> None:
    """One deed at a time on the keys of a domain, to the end of the transaction."""
    AgencyDomain.objects.select_for_update().get(pk=domain.pk)


def _tell(act: str, key: SigningKey, by: Account | None, now: datetime) -> None:
    details = {"selector": key.selector, "algorithm": key.algorithm}
    chain.record(act, key, by=by, now=now, agency=key.domain.agency, details=details)


def _pair(kind: SigningKey.Algorithm) -> tuple[bytes, str]:
    """The private half (PKCS 8, DER), and the public one as it stands behind p=."""
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if kind == SigningKey.Algorithm.RSA:
        private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        spki = formats.PublicFormat.SubjectPublicKeyInfo
        public = private.public_key().public_bytes(formats.Encoding.DER, spki)
    else:
        private = ed25519.Ed25519PrivateKey.generate()
        # RFC 8463 §4.2: the 32 octets alone.
        public = private.public_key().public_bytes_raw()
    der = private.private_bytes(
        formats.Encoding.DER, formats.PrivateFormat.PKCS8, formats.NoEncryption()
    )
    return der, base64.b64encode(public).decode()


def _selector(kind: SigningKey.Algorithm, now: datetime, taken: set[str]) -> str:
    """Day and kind, as p20261123r; never one that was used before."""
    stem = f"p{timezone.localtime(now):%Y%m%d}{_LETTERS[kind]}"
    others = (f"{stem}{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (stem, *others) if each not in taken)
