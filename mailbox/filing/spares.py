"""Spare mailboxes: made ahead by whoever holds the storage key, given out by workers (ADR 0012).

A worker opens mailboxes for new accounts and must never see a private key. So a keyholder
makes mailboxes in advance, key pair wrapped, folders and all, closed and nobody's; giving one
out is an UPDATE that needs no key.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import Account
from mailbox.filing.mailboxes import SYSTEM_FOLDERS, lead_to
from mailbox.ids import new_id
from mailbox.models import Folder, Mailbox
from mailbox.sealing import hpke, keyring

# Mailboxes to one transaction.
BATCH = 100


def fill(wanted: int) -> int:
    """Make spare mailboxes until `wanted` are there; return how many. Needs the storage key.

    Two keyholders at once make a few too many, which harms nobody.
    """
    missing = max(0, wanted - Mailbox.objects.spare().count())
    for start in range(0, missing, BATCH):
        _make(min(BATCH, missing - start))
    return missing


@transaction.atomic(savepoint=False)
def give_out(account: Account, addresses: Iterable[str]) -> Mailbox | None:
    """Open a spare mailbox for an account; None where there is none. Needs no key.

    Workers that ask at once get different ones, and nobody waits.
    """
    spares = Mailbox.objects.spare().order_by("pk").select_for_update(skip_locked=True)
    mailbox = spares.first()
    if mailbox is None:
        return None
    mailbox.account, mailbox.is_spare, mailbox.is_open = account, False, True
    mailbox.save(update_fields=["account", "is_spare", "is_open"])
    lead_to(mailbox, addresses)
    return mailbox


@transaction.atomic
def _make(count: int) -> None:
    ring, made = keyring.current(), []
    for _number in range(count):
        mailbox_id, private_key = new_id(), hpke.new_private_key()
        key_id, wrapped = ring.wrap_mailbox_key(private_key, mailbox_id)
        made.append(
            Mailbox(
                id=mailbox_id,
                public_key=hpke.public_key_of(private_key),
                sealed_private_key=wrapped,
                storage_key_id=key_id,
                is_open=False,
                is_spare=True,
            )
        )
    Mailbox.objects.bulk_create(made)
    Folder.objects.bulk_create(
        Folder(mailbox=mailbox, kind=kind) for mailbox in made for kind in SYSTEM_FOLDERS
    )
