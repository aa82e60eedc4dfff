"""Texts an author can put into a letter with one choice: signatures and ready-made letters."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Account
from mailbox.models import Mailbox


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
    return ()
