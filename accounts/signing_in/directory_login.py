"""Signing in with the password of one's agency: asked of its directory, kept nowhere here.

Only for accounts that a directory which signs people in is known to mean: found by the lasting
key it gave us, never by address or name (ADR 0011). For them no other password opens; the
second factor is the portal's own, as for everybody.
"""

from __future__ import annotations

import logging
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.directory import ldap_source
from accounts.directory.matching import serves_under
from accounts.ldap import filters
from accounts.ldap.connection import connect
from accounts.ldap.errors import DirectoryAway, DirectoryFailed
from accounts.models import Account, Agency, AgencyDomain, Source, SourceRecord
from govmail_portal.errors import PortalError

# Somebody waits for the answer, and holds a thread of the web process meanwhile.
SECONDS = 8.0
# After no answer the next people are told at once, for so many seconds.
RESTS = 20
NO_ATTRIBUTES = ["1.1"]  # RFC 4511, 4.5.1.8

log = logging.getLogger(__name__)


class AskedInVain(PortalError):
    message = _(
        "Your agency's directory, which knows your password, does not answer. Try again in a "
        "few minutes; your mail is safe."
    )
    status = 503


class PasswordElsewhere(PortalError):
    message = _("You sign in with the password of your agency. Change it there, not here.")


class DirectoryBackend(BaseBackend):
    """Stands before the portal's own passwords, and leaves to them whomever it does not know."""

    def authenticate(
        self,
        request: HttpRequest | None,
        email: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> Account | None:
        """Return whom the directory lets in; None if no directory is asked about this address.

        Raises PermissionDenied, so that no other password is tried; AskedInVain without answer.
        """
        address = (email or "").strip().lower()
        if not address or not password:
            return None
        account = Account.objects.select_related("agency").filter(address=address).first()
        record = record_of(account) if account else None
        source = record.source if record else None if account else _source_of_domain(address)
        if source is None:
            return None
        # Of an address nobody has, the directory is asked all the same: equally long, and in vain.
        key = record.key if record else str(uuid.uuid4())
        if not _opens(source, key, unicodedata.normalize("NFC", password)):
            raise PermissionDenied
        if account is not None and not account.is_active:
            # As allauth does for its own: the person is told that the account is closed.
            AuthenticationBackend._stash_user(account)
            raise PermissionDenied
        return account

    def get_user(self, user_id: Any) -> Account | None:
        account = Account.objects.filter(pk=user_id).first()
        return account if account is not None and account.is_active else None


def record_of(account: Account) -> SourceRecord | None:
    """Return by which record of which directory this account signs in; None: not by any."""
    if account.official_id is None:
        return None
    known = SourceRecord.objects.filter(official=account.official_id, source__in=_sources())
    for record in known.select_related("source").order_by("pk"):
        if serves_under(account.agency, record.source.agency_id):
            return record
    return None


def signs_in_by_directory(account: Account) -> bool:
    """Tell whether this account's password is its agency's, so that none is set here."""
    return record_of(account) is not None


def signing_in_by_directory() -> Q:
    """What is true of the accounts that `record_of` knows, to filter many: three queries."""
    parents = dict(Agency.objects.order_by().values_list("pk", "parent_id"))
    matching = Q(pk__in=())
    for agency in _sources().order_by().values_list("agency", flat=True).distinct():
        below = [pk for pk in parents if agency in _upwards(pk, parents)]
        known = SourceRecord.objects.filter(
            official=OuterRef("official"), source__in=_sources(), source__agency=agency
        )
        matching |= Q(Exists(known), agency__in=below)
    return matching


def _upwards(pk: int, parents: Mapping[int, int | None]) -> set[int]:
    seen: set[int] = set()
    at: int | None = pk
    while at is not None and at not in seen:
        seen.add(at)
        at = parents.get(at)
    return seen


def _sources() -> QuerySet[Source]:
    return Source.objects.filter(kind=Source.Kind.LDAP, is_enabled=True, settings__signs_in=True)


def _source_of_domain(address: str) -> Source | None:
    domain = AgencyDomain.objects.filter(domain=address.rpartition("@")[2]).first()
    return _sources().filter(agency=domain.agency_id).order_by("pk").first() if domain else None


def _opens(source: Source, key: str, password: str) -> bool:
    resting = f"directory-away:{source.pk}"
    if cache.get(resting):
        raise AskedInVain
    try:
        return _ask(source, key, password)
    except (DirectoryFailed, ValueError) as failure:  # ValueError: a key of another kind of server
        log.warning("Directory %s: no sign-in (%s).", source.pk, type(failure).__name__)
        if isinstance(failure, DirectoryAway):
            cache.set(resting, True, RESTS)
        raise AskedInVain from failure


def _ask(source: Source, key: str, password: str) -> bool:
    access = ldap_source.access_to(source)
    server = replace(access.server, timeout=min(access.server.timeout, SECONDS))
    wanted = [access.people, filters.equal(access.map.key, access.map.key_in_filter(key))]
    if access.leavers:
        wanted.append(f"(!{filters.both(access.leavers)})")
    with connect(server) as session:
        entry = session.first(access.base, filters.both(*wanted), NO_ATTRIBUTES)
        dn = entry.dn if entry else f"cn={uuid.uuid4()},{access.base}"
        return session.accepts(dn, password) and entry is not None
