"""Texts an author can put into a letter with one choice: signatures and ready-made letters."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Account
from mailbox.models import Mailbox
from mailbox.outbound.stationery import signatures, templates


@dataclass(frozen=True)
class ReadyText:
    """One choice. html is safe markup or empty; subject may be empty."""

    group: str
    name: str
    text: str
    html: str = ""
    subject: str = ""


def ready_texts(account: Account, mailbox: Mailbox, private_key: bytes) -> tuple[ReadyText, ...]:
    """What this author may put into a letter of this mailbox."""
    signed = [
        ReadyText(_("Signatures"), one.name, one.text, one.markup.for_frame())
        for one in signatures.signatures_of(mailbox, private_key)
    ]
    ready = [
        ReadyText(
            _("Templates of the office") if one.is_shared else _("Own templates"),
            one.wording.name,
            one.wording.text,
            one.wording.markup.for_frame(),
            one.wording.subject,
        )
        for one in templates.readable_by(account, mailbox)
        if not one.is_broken
    ]
    return (*signed, *ready)
