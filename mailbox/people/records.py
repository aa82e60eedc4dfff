"""The nightly look at the keys that sign: whose record has gone is told to its mail officers.

Such a key goes on signing: a letter whose signature nobody can prove is worth no less than one
without. But somebody must know. The record of acts remembers who was told of what, so that each
disappearance is told once, however often DNS is asked.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from accounts.audit import chain
from accounts.models import Account, Agency, AgencyDomain, AuditEvent
from accounts.people.read_by import as_read_by
from accounts.people.roles import MAIL_OFFICER
from govmail_portal.errors import PortalError
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys
from mailbox.people.letters import put_into

logger = logging.getLogger(__name__)

GONE, BACK = "key_record_gone", "key_record_back"
_AWAY = (SigningKey.Seen.MISSING, SigningKey.Seen.DIFFERENT)


def tell(now: datetime) -> int:
    """Tell of every key in use whose record is not in DNS, once; give how many. now: aware.

    Each is looked for once more first: what a resolver missed for a moment is no news.
    """
    told = 0
    known = [*_AWAY, SigningKey.Seen.GOOD]
    in_use = SigningKey.objects.filter(state=SigningKey.State.ACTIVE, seen__in=known)
    for key in in_use.select_related("domain__agency__parent"):
        is_gone = key.seen in _AWAY
        if is_gone == _is_told(key):
            continue
        try:
            keys.look(key, by=None, now=now)
            told += _note(key, now)
        except (PortalError, SigningKey.DoesNotExist, AgencyDomain.DoesNotExist) as failure:
            # One that is gone meanwhile, or whose letter cannot be written, keeps no other back.
            logger.error("signing key %s: nobody told (%s)", key.pk, type(failure).__name__)
    return told


def mail_officers(agency: Agency, *, now: datetime) -> list[Account]:
    """The mail officers of the agency; where it has none, those of the agency above it."""
    here: Agency | None = agency
    seen: set[int] = set()
    while here is not None and here.pk not in seen:
        seen.add(here.pk)
        active = Account.objects.active(now).filter(is_staff=True, groups__name=MAIL_OFFICER)
        if found := list(active.filter(agency=here).order_by("mailbox__pk")):
            return found
        here = here.parent
    return []


@transaction.atomic
def _note(key: SigningKey, now: datetime) -> bool:
    """Write down what the last look has changed; True where officers were told."""
    locked = SigningKey.objects.select_for_update().get(pk=key.pk)
    is_gone = locked.seen in _AWAY
    if locked.state != SigningKey.State.ACTIVE or is_gone == _is_told(locked):
        return False
    if not is_gone and locked.seen != SigningKey.Seen.GOOD:
        return False  # DNS does not answer: nothing is known
    agency = key.domain.agency
    for officer in mail_officers(agency, now=now) if is_gone else ():
        _write(officer, locked, now)
    # Last, because the chain has one writer at a time, to the end of its transaction.
    act = GONE if is_gone else BACK
    details = {"selector": locked.selector, "algorithm": locked.algorithm}
    chain.record(act, locked, by=None, now=now, agency=agency, details=details)
    return is_gone


def _is_told(key: SigningKey) -> bool:
    """Whether the last that was told of its record is that it has gone."""
    of_key = AuditEvent.objects.filter(kind="mailbox.signingkey", object_id=str(key.pk))
    last = of_key.filter(act__in=(GONE, BACK)).order_by("-number").values_list("act", flat=True)
    return last.first() == GONE


def _write(officer: Account, key: SigningKey, now: datetime) -> None:
    with as_read_by(officer):
        words = {"domain": key.domain.domain, "selector": key.selector}
        what = gettext("The portal signs the letters of %(domain)s, but the record is not in DNS.")
        if key.seen == SigningKey.Seen.DIFFERENT:
            what = gettext(
                "The portal signs the letters of %(domain)s, but the record in DNS is of another "
                "key."
            )
        lines = [
            what % words,
            gettext(
                "Whoever receives these letters cannot tell them from forged ones, and may "
                "refuse them or take them for spam."
            ),
            gettext("Have this record put back, or make a new key under “Domains and keys”:"),
            f"{dns.name_of(key)}\n{dns.record_of(key)}",
        ]
        put_into(
            officer,
            subject=gettext("The record of a key of %(domain)s is not in DNS") % words,
            text="\n\n".join(lines),
            name=f"key-record-{key.pk}-{now:%Y%m%d}",
            now=now,
        )
