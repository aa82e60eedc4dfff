"""Signing what leaves, with the keys of its author's domain (RFC 6376).

Keys are opened with the relay key, in a worker, and kept in its memory for a minute: a row
and an RSA key cost more than the signature. Whatever is wrong with a key, the letter leaves,
unsigned by it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.conf import settings

from mailbox.errors import KeyMissing, SealBroken
from mailbox.mime.trust import hops
from mailbox.models import SigningKey
from mailbox.sealing import infos, keyring
from mailbox.smtp import arc, dkim
from mailbox.smtp.dkim import KeyUnfit, Signer

logger = logging.getLogger(__name__)

# How long a worker signs with what it knows, in seconds; a retiring key's record stays far longer.
FRESH = 60.0
_MOST = 1000


@dataclass(frozen=True)
class _Known:
    since: float
    # By row; an active key's row never changes.
    signers: dict[int, Signer]


_known: dict[str, _Known] = {}


def signed(message: bytes, sender_domain: str, *, signed_at: datetime) -> bytes:
    """The message with its signatures in front; unchanged where the domain has no active key.

    sender_domain: of the From field. signed_at: the letter's own moment, so that every try
    is octet by octet the same.
    """
    return dkim.sign(message, signers_for(sender_domain), signed_at=signed_at)


def sealed(message: bytes, domain: str, *, sealed_at: datetime) -> bytes:
    """A message that is passed on, with our seal on what our MTA found (ARC, RFC 8617) on top.

    domain: whose mailbox passes it on. Unchanged where that has no RSA key, and where no MTA
    of ours is known by name (AUTHSERV_ID): then we have nothing to say.
    """
    authserv_id = settings.AUTHSERV_ID
    signer = next((each for each in signers_for(domain) if each.algorithm == dkim.RSA), None)
    if signer is None or not authserv_id:
        return message
    headers = hops.headers_of(message)
    _author, verdicts = hops.author_of(headers, authserv_id)
    found = hops.results_of(headers, authserv_id) or f"{authserv_id}; none".encode()
    return arc.seal(
        message, signer, found=found, has_passed=verdicts.arc == "pass", sealed_at=sealed_at
    )


def signers_for(domain: str) -> Sequence[Signer]:
    """The keys that a domain signs with now: none, or one of each algorithm."""
    domain = domain.lower()
    known = _known.get(domain)
    if known is None or monotonic() - known.since > FRESH:
        # Out before it is asked for anew: what raises leaves nothing that is stale.
        _known.pop(domain, None)
        while len(_known) >= _MOST:
            del _known[next(iter(_known))]
        known = _known[domain] = _looked_up(domain, known.signers if known else {})
    return list(known.signers.values())


def forget() -> None:
    """Look at the rows again at the next letter, in this process."""
    _known.clear()


def _looked_up(domain: str, before: dict[int, Signer]) -> _Known:
    signers: dict[int, Signer] = {}
    if domain:
        rows = SigningKey.objects.signing(domain).select_related("domain")
        for row in rows.order_by("-algorithm"):
            signer = before.get(row.pk) or _opened(row)
            if signer is not None:
                signers[row.pk] = signer
    return _Known(monotonic(), signers)


def _opened(row: SigningKey) -> Signer | None:
    sealed_key, info = bytes(row.sealed_key), infos.for_signing_key(row.pk)
    try:
        der = keyring.current().unseal_from("relay", row.relay_key_id, sealed_key, info)
        return Signer.of(
            domain=row.domain.domain,
            selector=row.selector,
            algorithm=row.algorithm,
            private_key_der=der,
        )
    except (KeyMissing, SealBroken, KeyUnfit) as error:
        logger.error("signing key %s: not used (%s)", row.pk, type(error).__name__)
        return None
