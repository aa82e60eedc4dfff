"""Bearer tokens of agencies' identity systems: made once, shown once, kept as a keyed hash.

A token opens one source of one agency, for what its scopes name, until a day (RFC 7644, 2).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, ScimToken, Source
from accounts.people.reach import agencies_within_reach
from govmail_portal.errors import PortalError

# What a token may do: read or write users or groups.
SCOPES = ("users.read", "users.write", "groups.read", "groups.write")
LONGEST_LIFE = timedelta(days=366)
# So that secret scanners know one lying about when they see it.
PREFIX = "govmail_scim_"
# A busy client is written down once a minute, not with every request.
_SEEN_AGAIN = timedelta(minutes=1)


class NoSuchScope(PortalError):
    message = _("Choose at least one thing the token may do.")


class LivesTooLong(PortalError):
    message = _("A token holds for a year at most, and must end in the future.")


@transaction.atomic
def make(
    agency: Agency,
    *,
    name: str,
    scopes: Collection[str],
    expires_at: datetime,
    by: Account,
    now: datetime,
) -> tuple[ScimToken, str]:
    """Make a token of an agency's identity system; the text is given here and never again.

    The agency's SCIM source is made with its first token. Raises NoSuchScope, LivesTooLong.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise NoSuchScope
    if not now < expires_at <= now + LONGEST_LIFE:
        raise LivesTooLong
    source, _made = Source.objects.get_or_create(
        agency=agency, kind=Source.Kind.SCIM, defaults={"name": "SCIM"}
    )
    text = PREFIX + secrets.token_urlsafe(32)
    token = ScimToken.objects.create(
        source=source,
        name=name,
        digest=digest_of(text),
        scopes=sorted(scopes),
        made_by=by,
        made_at=now,
        expires_at=expires_at,
    )
    details = {"scopes": token.scopes, "until": expires_at.isoformat()}
    chain.record("made SCIM token", token, by=by, now=now, agency=agency, details=details)
    return token, text


@transaction.atomic
def revoke(token: ScimToken, *, by: Account, now: datetime) -> None:
    """End a token at once; a second time changes nothing."""
    ended = ScimToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)
    if ended:
        chain.record("revoked SCIM token", token, by=by, now=now, agency=token.source.agency)


def find(text: str, *, now: datetime) -> ScimToken | None:
    """Return the token this text opens, if it holds now and its source is enabled."""
    token = (
        ScimToken.objects.select_related("source__agency")
        .filter(
            digest=digest_of(text),
            revoked_at__isnull=True,
            expires_at__gt=now,
            source__is_enabled=True,
            source__kind=Source.Kind.SCIM,
        )
        .first()
    )
    if token and (token.used_at is None or token.used_at < now - _SEEN_AGAIN):
        ScimToken.objects.filter(pk=token.pk).update(used_at=now)
    return token


def within_reach(account: Account) -> QuerySet[ScimToken]:
    """Return the tokens of the agencies an officer looks after, the newest first."""
    reached = agencies_within_reach(account)
    tokens = ScimToken.objects.filter(source__agency__in=reached)
    return tokens.select_related("source__agency", "made_by").order_by("-made_at", "-pk")


def digest_of(text: str) -> bytes:
    """HMAC-SHA-256 of a token's text; its key is in no table."""
    key = hashlib.sha256(b"govmail scim token" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, text.encode(errors="replace"), hashlib.sha256)
