"""Ready-made letters: one's own, and those an office shares.

Own ones are under the mailbox's own key; shared ones under the storage key, because a
whole office reads them. Neither opens in a worker.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import KeyMissing, SealBroken, TooMuchStationery
from mailbox.ids import new_id
from mailbox.models import LetterTemplate, Mailbox
from mailbox.outbound.stationery.wording import Wording
from mailbox.sealing.secrets import AccountSecrets

log = logging.getLogger(__name__)

MOST_OWN, MOST_SHARED = 100, 300
MAY_CHANGE_ALL = "mailbox.change_lettertemplate"
_PURPOSE = LetterTemplate.SEAL_PURPOSE


@dataclass(frozen=True)
class Template:
    """A ready-made letter, opened. may_change: by the account it was opened for.

    is_broken: it does not open, and has "?" for a name; it can be deleted, or written anew.
    """

    id: UUID
    wording: Wording
    is_shared: bool
    may_change: bool
    author: str
    is_broken: bool = False


def readable_by(account: Account, mailbox: Mailbox) -> list[Template]:
    """What an account may put into its letters, own ones first, by name."""
    private_key = opening.mailbox_key(mailbox)
    rows = LetterTemplate.objects.readable_by(account).select_related(
        *("author__official", "author__position", "mailbox", "agency")
    )
    found = [_opened(row, account, private_key) for row in rows[: MOST_OWN + MOST_SHARED]]
    return sorted(found, key=lambda one: (one.is_shared, one.wording.name.casefold()))


@transaction.atomic
def keep(
    wording: Wording,
    *,
    by: Account,
    mailbox: Mailbox,
    is_shared: bool,
    template: LetterTemplate | None = None,
) -> LetterTemplate:
    """Write a template, a new one unless it is given; sharing and unsharing move its seal.

    NotYours, TooMuchStationery.
    """
    if template is not None and not may_change(template, by):
        raise NotYours
    if template is None:
        _check_room(by, mailbox, is_shared=is_shared)
        template = LetterTemplate(id=new_id(), author=by)
    if is_shared:
        template.mailbox, template.agency_id = None, by.agency_id
        plain = json.dumps(wording.to_json(), ensure_ascii=False).encode()
        template.sealed_body = AccountSecrets().seal(
            plain, purpose=_PURPOSE, owner=template.seal_owner
        )
    else:
        template.mailbox, template.agency_id = mailbox, None
        template.sealed_body = opening.seal_own(
            wording.to_json(), opening.mailbox_key(mailbox), purpose=_PURPOSE, row_id=template.pk
        )
    template.save()
    return template


def may_change(template: LetterTemplate, account: Account) -> bool:
    """Its author, or, of a shared one, an officer of the agency with the permission."""
    if template.agency_id is None:
        return template.mailbox is not None and template.mailbox.account_id == account.pk
    same = template.agency_id == account.agency_id
    return same and (template.author_id == account.pk or account.has_perm(MAY_CHANGE_ALL))


def as_json(templates: Iterable[Template]) -> list[dict[str, str | bool]]:
    """For the compose page, which puts one into a letter."""
    return [
        {
            "id": str(one.id),
            "name": one.wording.name,
            "subject": one.wording.subject,
            "text": one.wording.text,
            "html": one.wording.markup.for_frame(),
            "is_shared": one.is_shared,
        }
        for one in templates
        if not one.is_broken
    ]


def _check_room(by: Account, mailbox: Mailbox, *, is_shared: bool) -> None:
    of_office = LetterTemplate.objects.filter(agency_id=by.agency_id)
    own = LetterTemplate.objects.filter(mailbox=mailbox)
    if (of_office if is_shared else own).count() >= (MOST_SHARED if is_shared else MOST_OWN):
        raise TooMuchStationery


def _opened(row: LetterTemplate, account: Account, private_key: bytes) -> Template:
    author = row.author.name if row.author and row.author_id != account.pk else ""
    made = Template(
        row.pk, Wording("?", ""), row.agency_id is not None, may_change(row, account), author
    )
    try:
        return replace(made, wording=Wording.from_json(_value(row, private_key)))
    except (SealBroken, KeyMissing):
        # One that does not open keeps nobody of the office from writing letters.
        log.error("Seal broken: template %s.", row.pk)
        return replace(made, is_broken=True)


def _value(row: LetterTemplate, private_key: bytes) -> dict[str, str]:
    sealed = bytes(row.sealed_body)
    if row.agency_id is None:
        return opening.open_own(sealed, private_key, purpose=_PURPOSE, row_id=row.pk)
    return _read(AccountSecrets().open(sealed, purpose=_PURPOSE, owner=row.seal_owner))


def _read(plain: bytes) -> dict[str, str]:
    value = json.loads(plain)
    if not isinstance(value, dict):
        raise SealBroken
    return value
