"""A mailbox ends when its private key is destroyed; what that opened is deleted after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from mailbox.filing.contents import forget_file
from mailbox.filing.indexed import holes
from mailbox.models import (
    AutoReply,
    Contact,
    ContactGroup,
    Correspondent,
    Draft,
    DraftAttachment,
    FilterRule,
    Folder,
    Forwarding,
    KeyChange,
    Label,
    LetterTemplate,
    Mailbox,
    Message,
    RecentSearch,
    SenderChoice,
    Signature,
    SortingJob,
    Submission,
    Thread,
    UploadPiece,
    Vacation,
)

_AT_ONCE = 500
# What somebody wrote, chose, knew and looked for, and whom: gone at once, before their mail.
_PERSONAL: tuple[Any, ...] = (
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


@dataclass(frozen=True)
class Inventory:
    """What a mailbox has: messages, drafts, and letters still owed to somebody."""

    messages: int
    drafts: int
    owed: int


def inventory(mailbox: Mailbox) -> Inventory:
    """Count what shredding would take, for whoever decides it; COUNTs, so for commands alone."""
    return Inventory(
        Message.objects.filter(mailbox=mailbox).count(),
        Draft.objects.filter(mailbox=mailbox).count(),
        Submission.objects.filter(mailbox=mailbox, due_at__isnull=False).count(),
    )


def shred(mailbox: Mailbox) -> None:
    """Destroy a mailbox's private key, then delete what it opened; its addresses stay taken.

    The first step alone ends all access and is committed by itself. What follows
    may stop half-way and be run again. Mail still owed to others goes out. Mail that arrives
    meanwhile is filed before the first step, and deleted with the rest, or for nobody.
    """
    destroy_key(mailbox)
    _forget_files(mailbox)
    holes.drop_all(mailbox.pk)
    for owned in _PERSONAL:
        owned._default_manager.filter(mailbox=mailbox).delete()
    Submission.objects.filter(mailbox=mailbox, due_at=None).delete()
    messages = Message.objects.filter(mailbox=mailbox)
    while batch := list(messages.values_list("pk", flat=True)[:_AT_ONCE]):
        messages.filter(pk__in=batch).delete()
    Thread.objects.filter(mailbox=mailbox).delete()
    Folder.objects.filter(mailbox=mailbox).update(conversation_count=0, unread_count=0)
    Mailbox.objects.filter(pk=mailbox.pk).update(used_bytes=0)


@transaction.atomic
def destroy_key(mailbox: Mailbox) -> None:
    """Overwrite the private key, and the one before it; whoever is writing is waited for."""
    # FOR UPDATE: also those who hold the key (`opening.key_to_seal`) come to their end first.
    Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    Mailbox.objects.filter(pk=mailbox.pk).update(
        sealed_private_key=b"", sealed_previous_key=None, storage_key_id="", is_open=False
    )
    KeyChange.objects.filter(mailbox=mailbox).delete()
    mailbox.refresh_from_db(
        fields=["sealed_private_key", "sealed_previous_key", "storage_key_id", "is_open"]
    )


@transaction.atomic
def _forget_files(mailbox: Mailbox) -> None:
    """The files of drafts, those also that were not sent up to their end."""
    attached = DraftAttachment.objects.filter(draft__mailbox=mailbox)
    pieces = UploadPiece.objects.filter(upload__draft__mailbox=mailbox)
    for rows in (attached, pieces):
        for kept in rows.only("id", "file"):
            forget_file(kept)
        rows.delete()
