"""Signatures: several to a mailbox, one of them for new letters and one for answers.

Sealed to the mailbox's own key, so all of this runs in the web tier.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from mailbox import opening
from mailbox.errors import TooMuchStationery
from mailbox.ids import new_id
from mailbox.mime.safe_html import SafeHtml
from mailbox.models import Mailbox, Signature
from mailbox.outbound.stationery.wording import Wording

MOST = 30
_PURPOSE = "signature"


@dataclass(frozen=True)
class Signed:
    """A signature, opened. markup: for a letter with markup; html: empty where plain."""

    id: UUID
    name: str
    text: str
    html: SafeHtml
    markup: SafeHtml
    is_for_new: bool
    is_for_answers: bool


def signatures_of(mailbox: Mailbox, private_key: bytes) -> list[Signed]:
    """All signatures of a mailbox, by name."""
    found = [_opened(row, private_key) for row in Signature.objects.filter(mailbox=mailbox)]
    return sorted(found, key=lambda one: one.name.casefold())


def for_letter(mailbox: Mailbox, private_key: bytes, *, is_answer: bool) -> Signed | None:
    """The signature that stands in a letter from its beginning, if there is one."""
    chosen = {"is_for_answers": True} if is_answer else {"is_for_new": True}
    row = Signature.objects.filter(mailbox=mailbox, **chosen).first()
    return _opened(row, private_key) if row else None


@transaction.atomic
def keep(
    mailbox: Mailbox,
    wording: Wording,
    *,
    signature: Signature | None = None,
    is_for_new: bool = False,
    is_for_answers: bool = False,
) -> Signature:
    """Write a signature, a new one unless it is given. Each use has one signature at most."""
    # Locked, so that two windows do not both make theirs the one that is used.
    Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox.pk)
    others = Signature.objects.filter(mailbox=mailbox)
    if signature is None:
        if others.count() >= MOST:
            raise TooMuchStationery
        signature = Signature(id=new_id(), mailbox=mailbox)
    others = others.exclude(pk=signature.pk)
    if is_for_new:
        others.update(is_for_new=False)
    if is_for_answers:
        others.update(is_for_answers=False)
    signature.is_for_new, signature.is_for_answers = is_for_new, is_for_answers
    signature.sealed_body = opening.seal_own(
        wording.to_json(), opening.mailbox_key(mailbox), purpose=_PURPOSE, row_id=signature.pk
    )
    signature.save()
    return signature


def _opened(row: Signature, private_key: bytes) -> Signed:
    value = opening.open_own(bytes(row.sealed_body), private_key, purpose=_PURPOSE, row_id=row.pk)
    wording = Wording.from_json(value)
    return Signed(
        row.pk,
        wording.name,
        wording.text,
        wording.html,
        wording.markup,
        row.is_for_new,
        row.is_for_answers,
    )
