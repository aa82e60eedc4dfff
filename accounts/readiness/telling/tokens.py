"""Keys by which an agency's own monitoring reads its results: shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, ReadinessToken
from accounts.readiness import officers
from govmail_portal.errors import PortalError

# So that secret scanners know one lying about when they see it.
PREFIX = "govmail_readiness_"
MOST = 20
# A busy client is written down once a minute, not with every request.
_SEEN_AGAIN = timedelta(minutes=1)


class NameMissing(PortalError):
    message = _("Name the system that will use the key, so that you know it again.")


class TooManyTokens(PortalError):
    message = _("Twenty keys are the most. Revoke those that nothing uses.")


@transaction.atomic
def make(agency: Agency, name: str, *, by: Account, now: datetime) -> tuple[ReadinessToken, str]:
    """Make a key to the agency's results; the text is given here and never again."""
    officers.must_manage(by, agency)
    if not name.strip():
        raise NameMissing
    # Two officers at once count each other's.
    Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    if ReadinessToken.objects.filter(agency=agency, revoked_at__isnull=True).count() >= MOST:
        raise TooManyTokens
    # 256 bits nobody chose: a plain digest of them cannot be guessed back.
    text = PREFIX + secrets.token_urlsafe(32)
    token = ReadinessToken.objects.create(
        agency=agency, name=name.strip()[:80], digest=_digest(text), made_by=by, made_at=now
    )
    chain.record("readiness_token_made", token, by=by, now=now, agency=agency)
    return token, text


@transaction.atomic
def revoke(token: ReadinessToken, *, by: Account, now: datetime) -> None:
    """End a key at once; a second time changes nothing."""
    officers.must_manage(by, token.agency)
    kept = ReadinessToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
    if kept.update(revoked_at=now):
        chain.record("readiness_token_revoked", token, by=by, now=now, agency=token.agency)


def agency_of(text: str, *, now: datetime) -> Agency | None:
    """The agency whose results this key opens, or None."""
    found = ReadinessToken.objects.select_related("agency").filter(
        digest=_digest(text), revoked_at__isnull=True
    )
    token = found.first()
    if token is None:
        return None
    if token.used_at is None or token.used_at < now - _SEEN_AGAIN:
        ReadinessToken.objects.filter(pk=token.pk).update(used_at=now)
    return token.agency


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
