"""Shredding: for two officers, for ever, and nobody else's mail suffers."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import Account, AuditEvent
from mailbox import opening
from mailbox.errors import KeyMissing
from mailbox.filing.contents import delete_unowned
from mailbox.filing.rotation.owned import OWNED
from mailbox.filing.shredding import shred
from mailbox.models import (
    Content,
    DraftAttachment,
    Mailbox,
    Message,
    SearchIndex,
    SearchText,
    UnfoldedSignature,
)
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox.post import file_raw, raw_letter
from tests.mailbox.web.post import deliver
from tests.promises import canaries

NOW = timezone.now()
pytestmark = pytest.mark.django_db


@pytest.fixture
def officers(cast: Cast) -> tuple[str, str]:
    """Two, and Amina's account is closed."""
    Account.objects.filter(pk=cast.bruno.pk).update(is_staff=True)
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.SUSPENDED)
    return cast.hana.address, cast.bruno.address


def told(cast: Cast, officers: tuple[str, str], **more: str) -> str:
    out, asked = StringIO(), dict(zip(("asked_by", "agreed_by"), officers, strict=True))
    values = {"confirm": cast.amina.address, "reason": "decided", **asked, **more}
    call_command("shred_mailbox", cast.amina.address, stdout=out, **values)
    return out.getvalue()


def test_afterwards_nothing_opens_and_what_others_have_is_whole(
    cast: Cast, keyring: StoredKeyring, officers: tuple[str, str]
) -> None:
    canaries.plant(cast, NOW)
    box = cast.mailbox_of(cast.amina)
    shared = deliver(raw_letter("shared"), cast.amina, cast.bruno)
    key = opening.mailbox_key(box)
    SearchIndex.objects.create(mailbox=box, state="in-use", scheme=1, sealed_key=b"x")

    assert "Shredded" in told(cast, officers)
    with pytest.raises(KeyMissing):
        opening.mailbox_key(Mailbox.objects.get(pk=box.pk))
    with pytest.raises(KeyMissing), transaction.atomic():
        opening.key_to_seal(box.pk)
    left = {one.label for one in OWNED if one.rows(box.pk).exists()}
    # An officer's leave is theirs; the letters that went out are still owed to nobody.
    assert left <= {"leaves"}
    assert not UnfoldedSignature.objects.filter(mailbox=box).exists()
    theirs = shared[1]
    assert opening.open_summary(theirs, opening.mailbox_key(theirs.mailbox)).subject == "shared"
    delete_unowned(NOW + timedelta(days=2))
    assert theirs.content_id in Content.objects.values_list("pk", flat=True)
    owned = set(Content.objects.values_list("pk", flat=True))
    assert set(SearchText.objects.values_list("pk", flat=True)) <= owned
    assert key not in {bytes(opening.mailbox_key(one)) for one in _whole()}
    event = AuditEvent.objects.get(act="mailbox_shredded")
    assert (event.details["agreed_by"], event.details["reason"]) == (str(cast.bruno.pk), "decided")
    told(cast, officers)


def _whole() -> list[Mailbox]:
    return list(Mailbox.objects.exclude(sealed_private_key=b""))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"agreed_by": "hana@transport.example"}, "two officers"),
        ({"agreed_by": "chiara@interior.example"}, "two officers"),
        ({"agreed_by": "nobody@else.example"}, "two officers"),
        ({"reason": " "}, "Say why"),
        ({"confirm": "bruno@transport.example"}, "another address"),
    ],
)
def test_it_takes_two_officers_a_reason_and_the_address_once_more(
    cast: Cast,
    keyring: StoredKeyring,
    officers: tuple[str, str],
    changes: dict[str, str],
    said: str,
) -> None:
    with pytest.raises(CommandError, match=said):
        told(cast, officers, **changes)
    opening.mailbox_key(cast.mailbox_of(cast.amina))
    assert not AuditEvent.objects.filter(act="mailbox_shredded").exists()


def test_a_mailbox_that_is_in_use_is_refused_and_a_dry_run_changes_nothing(
    cast: Cast, keyring: StoredKeyring, officers: tuple[str, str]
) -> None:
    out = StringIO()
    call_command("shred_mailbox", cast.amina.address, dry_run=True, stdout=out)
    assert "0 messages, 0 drafts" in out.getvalue() and "Nothing was changed" in out.getvalue()
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.ACTIVE)
    with pytest.raises(CommandError, match="in use"):
        told(cast, officers)
    opening.mailbox_key(cast.mailbox_of(cast.amina))


@pytest.mark.django_db(transaction=True)
def test_files_of_drafts_go_with_them(cast: Cast, keyring: StoredKeyring) -> None:
    box = cast.mailbox_of(cast.amina)
    draft = drafting.start(box, by=cast.amina, now=NOW)
    attach(draft, name="a.bin", type="", data=bytes(range(256)) * 4000)
    name = DraftAttachment.objects.get().file
    assert not name or storages["content"].exists(name)
    shred(box)
    assert not DraftAttachment.objects.exists()
    assert not (name and storages["content"].exists(name))


@pytest.mark.django_db(transaction=True)
def test_mail_that_is_being_filed_meanwhile_is_waited_for_and_deleted(
    cast: Cast, keyring: StoredKeyring
) -> None:
    amina, bruno = cast.mailbox_of(cast.amina), cast.mailbox_of(cast.bruno)
    is_filed, may_end = threading.Event(), threading.Event()

    def file() -> None:
        with transaction.atomic():
            file_raw(raw_letter("meanwhile"), [amina, bruno], at=NOW)
            is_filed.set()
            may_end.wait(30)
        connections.close_all()

    def shred_it() -> None:
        shred(amina)
        connections.close_all()

    threads = [threading.Thread(target=file), threading.Thread(target=shred_it)]
    threads[0].start()
    assert is_filed.wait(30)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(30)
    assert not Message.objects.filter(mailbox=amina).exists()
    (theirs,) = Message.objects.filter(mailbox=bruno)
    assert opening.open_summary(theirs, opening.mailbox_key(bruno)).subject == "meanwhile"
    assert file_raw(raw_letter("later"), [amina, bruno], at=NOW) == 1
