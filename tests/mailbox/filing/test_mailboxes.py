from __future__ import annotations

import os
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError
from django.utils import timezone

from mailbox import opening
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.contents import delete_unowned, store_content
from mailbox.filing.mailboxes import SYSTEM_FOLDERS, open_mailbox
from mailbox.filing.shredding import shred
from mailbox.models import (
    Contact,
    Content,
    Correspondent,
    Folder,
    Label,
    Mailbox,
    MailboxAddress,
    Message,
    RecentSearch,
    Signature,
    SortingJob,
    Thread,
)
from mailbox.sealing import hpke, infos
from mailbox.sealing.content import new_key
from mailbox.sealing.keyring import StoredKeyring

PLAIN = os.urandom(100_000)


def put_in(content: Content, key: bytes, mailbox: Mailbox) -> Message:
    """A message of this content in the mailbox's inbox, its key sealed to it."""
    info = infos.for_content(mailbox.pk, content.pk)
    return Message.objects.create(
        mailbox=mailbox,
        content=content,
        thread=Thread.objects.create(mailbox=mailbox, latest_at=timezone.now()),
        folder=mailbox.folders.get(kind=Folder.Kind.INBOX),
        sealed_key=hpke.seal(key, bytes(mailbox.public_key), info=info),
        sealed_summary=b"",
        received_at=timezone.now(),
        size=len(PLAIN),
    )


def opened(message: Message) -> bytes:
    reader = opening.reader(message, opening.mailbox_key(message.mailbox))
    return reader.read(0, reader.size)


@pytest.mark.django_db
def test_a_mailbox_begins_with_a_key_pair_folders_and_addresses(web_keyring: StoredKeyring) -> None:
    mailbox = open_mailbox(None, ["Dara@Agency.example", "dara@agency.example", "d@agency.example"])
    private_key = opening.mailbox_key(Mailbox.objects.get(pk=mailbox.pk))
    assert hpke.public_key_of(private_key) == bytes(mailbox.public_key)
    assert {folder.kind for folder in mailbox.folders.all()} == set(SYSTEM_FOLDERS)
    assert Mailbox.objects.of_address("dara@agency.example") == mailbox
    assert mailbox.addresses.count() == 2


@pytest.mark.django_db
def test_two_mailboxes_have_unlike_keys_and_neither_opens_the_other_s(
    web_keyring: StoredKeyring,
) -> None:
    one, other = open_mailbox(None, []), open_mailbox(None, [])
    assert bytes(one.public_key) != bytes(other.public_key)
    one.sealed_private_key = other.sealed_private_key
    with pytest.raises(SealBroken):
        opening.mailbox_key(one)


@pytest.mark.django_db(transaction=True)
def test_an_address_is_never_given_twice_and_nothing_is_left_of_the_try(
    web_keyring: StoredKeyring,
) -> None:
    open_mailbox(None, ["dara@agency.example"])
    with pytest.raises(IntegrityError):
        open_mailbox(None, ["dara@agency.example"])
    assert Mailbox.objects.count() == 1


@pytest.mark.django_db
def test_a_worker_cannot_make_a_mailbox(worker_keyring: StoredKeyring) -> None:
    with pytest.raises(KeyMissing):
        open_mailbox(None, [])


@pytest.mark.django_db
def test_a_message_moved_to_another_mailbox_s_row_does_not_open(web_keyring: StoredKeyring) -> None:
    key = new_key()
    content = store_content(PLAIN, key, uuid4())
    mine, theirs = open_mailbox(None, []), open_mailbox(None, [])
    message, foreign = put_in(content, key, mine), put_in(content, key, theirs)
    assert opened(message) == opened(foreign) == PLAIN
    Message.objects.filter(pk=message.pk).update(sealed_key=foreign.sealed_key)
    message.refresh_from_db()
    with pytest.raises(SealBroken):
        opened(message)


@pytest.mark.django_db(transaction=True)
def test_shredding_ends_access_at_once_and_spares_the_others_who_have_the_mail(
    web_keyring: StoredKeyring,
) -> None:
    key, own_key = new_key(), new_key()
    shared, own = store_content(PLAIN, key, uuid4()), store_content(PLAIN, own_key, uuid4())
    gone, stays = open_mailbox(None, ["gone@agency.example"]), open_mailbox(None, [])
    for content, its_key in ((shared, key), (own, own_key)):
        put_in(content, its_key, gone)
    kept = put_in(shared, key, stays)

    shred(gone)
    with pytest.raises(KeyMissing):
        opening.mailbox_key(Mailbox.objects.get(pk=gone.pk))
    assert opened(kept) == PLAIN
    assert not Message.objects.filter(mailbox=gone).exists()
    assert Mailbox.objects.of_address("gone@agency.example") is None
    assert MailboxAddress.objects.filter(address="gone@agency.example").exists()

    delete_unowned(timezone.now() + timedelta(hours=2))
    assert list(Content.objects.all()) == [shared]
    assert not storages["content"].exists(own.file)
    shred(gone)


@pytest.mark.django_db
def test_shredding_leaves_nothing_of_what_somebody_wrote_and_knew(
    web_keyring: StoredKeyring,
) -> None:
    box, now = open_mailbox(None, []), timezone.now()
    Contact.objects.create(mailbox=box, sealed_card=b"x")
    Label.objects.create(mailbox=box, sealed_name=b"x")
    Signature.objects.create(mailbox=box, sealed_body=b"x")
    Correspondent.objects.create(mailbox=box, digest=b"x", first_at=now)
    RecentSearch.objects.create(mailbox=box, digest=b"x", sealed_query=b"x", used_at=now)
    SortingJob.objects.create(mailbox=box, verb="read", created_at=now, due_at=now)
    shred(box)
    for model in (Contact, Label, Signature, Correspondent, RecentSearch, SortingJob):
        assert not model._default_manager.filter(mailbox=box).exists()
