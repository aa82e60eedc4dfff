"""Whom a letter says it is from: oneself, a mailbox, or a mailbox and its delegate.

A draft lies in the mailbox it is to be sent from; its copy in Sent, its replies and its
returns come there. Who presses the key must be allowed to at that moment, by the dates of
their delegation or post, whatever was allowed when they began to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from govmail_portal.errors import NotYours, PortalError
from mailbox import opening
from mailbox.errors import DraftAlreadySent
from mailbox.mime.rendition import Address
from mailbox.models import Draft, Mailbox
from mailbox.models.delegations import Rights, rights_in
from mailbox.outbound.drafting import draft_key
from mailbox.sealing import infos


class MayNotSend(PortalError):
    message = _("You may not send from this mailbox. The draft is kept.")


@dataclass(frozen=True)
class From:
    """author: From; delegate: Sender, where it is named (RFC 5322 3.6.2).

    account: whose agency's gateway, domain and signature the letter goes out with.
    """

    account: Account
    author: Address
    delegate: Address | None = None


@dataclass(frozen=True)
class Choice:
    """One line of the compose page's From: a mailbox, named alone or with its delegate."""

    mailbox: Mailbox
    on_behalf: bool
    is_chosen: bool

    @property
    def value(self) -> str:
        return f"{self.mailbox.pk}:{'behalf' if self.on_behalf else 'as'}"


def named(account: Account) -> Address:
    """An account as it stands in a header: its name where it has one."""
    return Address(account.name if account.name != account.address else "", account.address)


def sender_of(mailbox: Mailbox, by: Account, *, on_behalf: bool = False) -> From:
    """Whom a letter from this mailbox is from when `by` sends it now. NotYours, MayNotSend.

    on_behalf: name them too; so it is anyway where they may not send as the mailbox alone.
    """
    rights = rights_in(mailbox, by)
    if rights.is_own:
        return From(by, named(by))
    owner = mailbox.account if rights.may_read else None
    if owner is None:
        raise NotYours
    # What a delegate was given does not outlast the service: nobody writes for who has left.
    if not (rights.may_send and owner.is_active):
        raise MayNotSend
    names_both = not rights.may_send_as or (on_behalf and rights.may_send_on_behalf)
    return From(owner, named(owner), named(by) if names_both else None)


def choices(draft: Draft, by: Account, *, on_behalf: bool) -> list[Choice]:
    """Every way `by` may send this draft today, their own first; fewer than two: no choice.

    Two or three statements for each mailbox of others within reach, which are few.
    """
    found: list[Choice] = []
    boxes = Mailbox.objects.writable_by(by).own_first(by)
    for box in boxes.select_related("account__official", "account__position"):
        for manner in _manners(rights_in(box, by)):
            is_chosen = box.pk == draft.mailbox_id and (manner == on_behalf)
            found.append(Choice(box, manner, is_chosen))
    if found and not any(one.is_chosen for one in found):
        # What was chosen once is allowed no more in that manner: what would be done is shown.
        found = [
            Choice(one.mailbox, one.on_behalf, one.mailbox.pk == draft.mailbox_id) for one in found
        ]
    return found


def choose(draft: Draft, value: str, *, by: Account) -> bool:
    """Put a draft where it is to be sent from; value: as `Choice.value`. Tell if on behalf.

    Its key is sealed anew to that mailbox, so that its files come along. NotYours,
    DraftAlreadySent. A draft that lies there already is not touched.
    """
    text, _colon, manner = value.partition(":")
    try:
        wanted = UUID(text)
    except ValueError:
        raise NotYours from None
    if wanted != draft.mailbox_id:
        box = Mailbox.objects.writable_by(by).filter(pk=wanted).first()
        if box is None or not rights_in(box, by).may_send:
            raise NotYours
        _move(draft, box)
    return manner == "behalf"


def _manners(rights: Rights) -> list[bool]:
    """False: as the mailbox; True: on its behalf."""
    manners = [False] if rights.may_send_as else []
    return [*manners, True] if rights.may_send_on_behalf else manners


@transaction.atomic
def _move(draft: Draft, box: Mailbox) -> None:
    key = draft_key(draft)
    sealed = opening.seal_to_mailbox(box.pk, key, infos.for_draft(box.pk, draft.pk))
    mine = Draft.objects.unsent().filter(pk=draft.pk, mailbox=draft.mailbox_id)
    # What it answers lies in the mailbox it leaves, and nothing names a row of another (ADR 0021).
    if not mine.update(mailbox=box, sealed_key=sealed, answers=None):
        raise DraftAlreadySent
    draft.mailbox, draft.sealed_key, draft.answers = box, sealed, None
