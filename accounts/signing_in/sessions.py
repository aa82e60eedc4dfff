"""Sessions from the second factor to their end: begun, seen, too old, ended.

Times are aware datetimes in UTC. Inside the session they are ISO text, because
sessions speak JSON only.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings

from accounts.models import Account, Session
from accounts.models.sessions import SessionQuerySet
from accounts.signing_in import session_store as keys

# A click is written down once a minute: every page would otherwise write a row.
SEEN_EVERY = timedelta(seconds=60)

Over = Literal["", "idle", "age"]


def begin(
    session: MutableMapping[str, Any], *, browser: str, network_address: str | None, now: datetime
) -> None:
    """Note when, with what and from where somebody has just signed in."""
    session[keys.PUBLIC_ID] = str(uuid.uuid4())
    session[keys.SIGNED_IN_AT] = session[keys.SEEN_AT] = now.isoformat()
    session[keys.BROWSER] = browser[:200]
    session[keys.NETWORK_ADDRESS] = _address_or_none(network_address)


def over(session: MutableMapping[str, Any], now: datetime) -> Over:
    """Say why this session must end now: no click for too long, or too old; "" if it may go on.

    A session that never was begun counts as too old (fail closed).
    """
    signed_in, seen = session.get(keys.SIGNED_IN_AT), session.get(keys.SEEN_AT)
    if not signed_in or not seen:
        return "age"
    if now - datetime.fromisoformat(seen) > settings.SESSION_IDLE:
        return "idle"
    if now - datetime.fromisoformat(signed_in) > timedelta(seconds=settings.SESSION_COOKIE_AGE):
        return "age"
    return ""


def see(session: MutableMapping[str, Any], now: datetime) -> None:
    """Note a click, at most once a minute."""
    if now - datetime.fromisoformat(session[keys.SEEN_AT]) >= SEEN_EVERY:
        session[keys.SEEN_AT] = now.isoformat()


def of(account: Account) -> SessionQuerySet:
    """The open sessions of an account, the one last used first."""
    return Session.objects.open().filter(account=account).order_by("-seen_at", "-signed_in_at")


def end_all(account: Account, *, but: str | None = None) -> int:
    """End every session of an account, `but` one session key; return how many ended."""
    rows = Session.objects.get_queryset().filter(account=account)
    if but is not None:
        rows = rows.exclude(session_key=but)
    return rows.delete()[0]


def _address_or_none(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return None
