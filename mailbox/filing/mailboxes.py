"""A mailbox begins with a key pair of its own, and ends when that is destroyed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import Account
from mailbox.filing.indexed import holes
from mailbox.ids import new_id
from mailbox.models import (
    AutoReply,
    Contact,
    ContactGroup,
    Correspondent,
    Draft,
    FilterRule,
    Folder,
    Forwarding,
    Label,
    LetterTemplate,
    Mailbox,
    MailboxAddress,
    Message,
    RecentSearch,
    SenderChoice,
    Signature,
    SortingJob,
    Submission,
    Thread,
    Vacation,
)
from mailbox.sealing import hpke, keyring

SYSTEM_FOLDERS = (
    Folder.Kind.INBOX,
    Folder.Kind.SNOOZED,
    Folder.Kind.SENT,
    Folder.Kind.ARCHIVE,
    Folder.Kind.SPAM,
    Folder.Kind.TRASH,
)
_AT_ONCE = 500
# What somebody wrote, chose and knew, and whom: gone at once, before their mail.
_PERSONAL = (
    FilterRule,
    Forwarding,
    Vacation,
    AutoReply,
    Draft,
    SortingJob,
    Label,
    ContactGroup,
    Contact,
    Signature,
    LetterTemplate,
    RecentSearch,
    SenderChoice,
    Correspondent,
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


def shred(mailbox: Mailbox) -> None:
    """Destroy a mailbox's private key, then delete what it opened; its addresses stay taken.

    The first step alone ends all access and is committed by itself. What follows
    may stop half-way and be run again. Mail still owed to others goes out.
    """
    Mailbox.objects.filter(pk=mailbox.pk).update(
        sealed_private_key=b"", storage_key_id="", is_open=False
    )
    mailbox.refresh_from_db(fields=["sealed_private_key", "storage_key_id", "is_open"])
    for owned in _PERSONAL:
        owned._default_manager.filter(mailbox=mailbox).delete()
    Submission.objects.filter(mailbox=mailbox, due_at=None).delete()
    holes.drop_all(mailbox.pk)
    messages = Message.objects.filter(mailbox=mailbox)
    while batch := list(messages.values_list("pk", flat=True)[:_AT_ONCE]):
        messages.filter(pk__in=batch).delete()
    Thread.objects.filter(mailbox=mailbox).delete()
    Folder.objects.filter(mailbox=mailbox).update(conversation_count=0, unread_count=0)
    Mailbox.objects.filter(pk=mailbox.pk).update(used_bytes=0)
