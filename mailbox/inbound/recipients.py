"""Recipients: which mailbox an envelope address leads to, and whether it takes mail now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mailbox.models import MailboxAddress

# One message may go to this many mailboxes by LMTP; more make a second transaction.
MOST_RECIPIENTS = 1_000


@dataclass(frozen=True)
class Recipient:
    """A mailbox behind an address. is_open: it takes mail; is_full: its quota is used up."""

    mailbox: UUID
    is_open: bool
    is_full: bool


def find(address: str) -> Recipient | None:
    """Return the mailbox behind an envelope address (RFC 5321), or None where there is none.

    One query by a unique index. Case does not count, not even before the @: two
    officials whose addresses differ in it alone would be a trap.
    """
    if "\0" in address:
        return None
    rows = MailboxAddress.objects.filter(address=address.lower()).values_list(
        "mailbox_id", "mailbox__is_open", "mailbox__used_bytes", "mailbox__quota_bytes"
    )
    for mailbox, is_open, used, quota in rows:
        return Recipient(mailbox, is_open, used >= quota)
    return None
