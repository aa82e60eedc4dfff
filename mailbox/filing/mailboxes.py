"""A mailbox begins with a key pair of its own, and ends when that is destroyed (`shredding`)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import Account
from mailbox.ids import new_id
from mailbox.models import Folder, Mailbox, MailboxAddress
from mailbox.sealing import hpke, keyring

SYSTEM_FOLDERS = (
    Folder.Kind.INBOX,
    Folder.Kind.SNOOZED,
    Folder.Kind.SENT,
    Folder.Kind.ARCHIVE,
    Folder.Kind.SPAM,
    Folder.Kind.TRASH,
)


@transaction.atomic
def open_mailbox(account: Account | None, addresses: Iterable[str]) -> Mailbox:
    """Make a mailbox with its key pair, system folders and addresses; needs the storage key."""
    mailbox_id = new_id()
    private_key = hpke.new_private_key()
    key_id, wrapped = keyring.current().wrap_mailbox_key(private_key, mailbox_id)
    mailbox = Mailbox.objects.create(
        id=mailbox_id,
        account=account,
        public_key=hpke.public_key_of(private_key),
        sealed_private_key=wrapped,
        storage_key_id=key_id,
    )
    Folder.objects.bulk_create(Folder(mailbox=mailbox, kind=kind) for kind in SYSTEM_FOLDERS)
    lead_to(mailbox, addresses)
    return mailbox


def lead_to(mailbox: Mailbox, addresses: Iterable[str]) -> None:
    """Have these addresses, in any case, lead to a mailbox; they are never anybody else's again."""
    MailboxAddress.objects.bulk_create(
        MailboxAddress(mailbox=mailbox, address=address)
        for address in dict.fromkeys(address.lower() for address in addresses)
    )
