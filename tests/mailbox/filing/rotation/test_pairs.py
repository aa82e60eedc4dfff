"""A mailbox's new pair: everything opens at every moment, and with the new key alone at the end."""

from __future__ import annotations

import os
import signal
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.db.models import BinaryField
from django.utils import timezone

from accounts.models import AuditEvent
from mailbox import opening
from mailbox.addressbook import contacts
from mailbox.addressbook.card import Card
from mailbox.filing.mailboxes import open_mailbox
from mailbox.filing.rotation import pairs
from mailbox.filing.rotation.owned import OWNED
from mailbox.filing.shredding import shred
from mailbox.models import Delivery, Draft, KeyChange, Label, Mailbox, Message, SearchIndex
from mailbox.outbound import drafting
from mailbox.outbound.envelope import key_for_owner, seal_reply_for_owner
from mailbox.reading import labels
from mailbox.sealing import key_files, keyring
from mailbox.sealing.keyring import StoredKeyring
from mailbox.smtp.verdicts import Verdict
from tests import processes
from tests.cast import Cast
from tests.mailbox.filing.rotation.held import told
from tests.mailbox.post import file_raw, raw_letter
from tests.mailbox.web.post import deliver
from tests.promises import canaries

NOW = timezone.now()
# Sealed by another key than a mailbox's: of a content, of a draft, of a submission, of the keyring.
OF_OTHERS = {
    ("Arrival", "sealed_key"): "ingest",
    ("Arrival", "sealed_envelope"): "the arrival's key",
    ("AutoReply", "sealed_request"): "ingest",
    ("Delivery", "sealed_address"): "the submission's key",
    ("Draft", "sealed_body"): "the draft's key",
    ("DraftAttachment", "sealed_meta"): "the draft's key",
    ("FilterRule", "sealed_for_ingest"): "ingest",
    ("ForwardPermission", "sealed_address"): "ingest",
    ("Gateway", "sealed_password"): "relay",
    ("Mailbox", "sealed_previous_key"): "storage",
    ("Mailbox", "sealed_private_key"): "storage",
    ("Message", "sealed_summary"): "the content's key",
    ("SearchBlock", "sealed"): "the index's key",
    ("SigningKey", "sealed_key"): "relay",
    ("Submission", "sealed_envelope"): "the submission's key",
    ("Submission", "sealed_key_for_relay"): "relay",
    ("UnfoldedSignature", "sealed"): "the content's key",
    ("Upload", "sealed_meta"): "the draft's key",
    ("Vacation", "sealed_for_ingest"): "ingest",
}


def fresh(box: Mailbox) -> Mailbox:
    return Mailbox.objects.get(pk=box.pk)


@transaction.atomic
def furnish(cast: Cast, now: datetime) -> Mailbox:
    """Amina's mailbox, with something of every kind that is sealed to it."""
    canaries.plant(cast, now)
    box = cast.mailbox_of(cast.amina)
    delivery = Delivery.objects.filter(submission__mailbox=box).first()
    assert delivery is not None
    delivery.sealed_reply = seal_reply_for_owner(Verdict(550, "no"), delivery, box)
    delivery.save(update_fields=["sealed_reply"])
    index = SearchIndex(mailbox=box, state=SearchIndex.State.IN_USE, scheme=1)
    index.sealed_key = opening.seal_own(
        {"key": "00" * 32}, opening.mailbox_key(box), purpose="search-index", row_id=index.pk
    )
    index.save()
    return box


def opened(box: Mailbox, *keys: bytes) -> dict[str, list[bool]]:
    """Of each kind, whether each row is opened by one of these private keys."""
    return {
        one.label: [any(one.opens(row, key) for key in keys) for row in one.rows(box.pk)]
        for one in OWNED
    }


def reads(box: Mailbox, key: bytes | None = None) -> None:
    """What a reader's pages do, with a key opened now or earlier: nothing fails."""
    key = key or opening.mailbox_key(fresh(box))
    for message in Message.objects.filter(mailbox=box).select_related("content"):
        opening.open_summary(message, key)
        opening.open_rendition(message, key)
    assert "?" not in {one.name for one in labels.labels_of(box, key)}
    contacts.book_of(box, key)
    for draft in Draft.objects.filter(mailbox=box):
        drafting.open_draft(draft, drafting.draft_key(draft, key))
    for submission in box.submissions.all():
        key_for_owner(submission, key)


def change_all(box: Mailbox, *, batch: int = 200) -> KeyChange:
    for _figure in pairs.change(box.pk, now=NOW, batch=batch):
        pass
    done = pairs.finish(box.pk, now=NOW)
    assert done is not None
    return done


def test_every_sealed_column_is_brought_over_or_is_under_another_key() -> None:
    there = {
        (model.__name__, field.name)
        for model in apps.get_app_config("mailbox").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, BinaryField) and field.name.startswith("sealed")
    }
    named = {(one.model.__name__, one.column) for one in OWNED}
    assert named | set(OF_OTHERS) == there
    # Replies are of both sorts: the first byte tells.
    assert named & set(OF_OTHERS) == set()


@pytest.mark.django_db
def test_everything_of_a_mailbox_opens_with_the_new_key_and_nothing_with_the_old(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = furnish(cast, NOW)
    old, public = bytes(opening.mailbox_key(box)), bytes(box.public_key)
    before = opened(box, old)
    assert all(rows and all(rows) for rows in before.values()), before

    done = change_all(box)
    box.refresh_from_db()
    key = opening.mailbox_key(box)
    assert (box.sealed_previous_key, key.others) == (None, ())
    assert bytes(box.public_key) != public and not KeyChange.objects.exists()
    assert opened(box, key) == before
    assert not any(any(rows) for rows in opened(box, old).values())
    reads(box, key)
    assert (done.broken, done.late, done.done) == (0, 0, sum(map(len, before.values())))
    acts = AuditEvent.objects.filter(act__startswith="mailbox_pair").order_by("number")
    assert [event.act for event in acts] == ["mailbox_pair_begun", "mailbox_pair_changed"]


@pytest.mark.django_db
def test_at_every_moment_everything_opens_also_for_who_opened_the_key_before(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = furnish(cast, NOW)
    before = opening.mailbox_key(box)
    unread = [bytes(one.sealed_key) for one in Message.objects.filter(mailbox=box)]
    for number, _figure in enumerate(pairs.change(box.pk, now=NOW, batch=1)):
        if number == 3:
            deliver(raw_letter(), cast.amina)
            labels.create(box, "made meanwhile", before)
        reads(box)
        reads(box, opening.MailboxKey(bytes(before), box.pk))
    held = list(Message.objects.filter(mailbox=box, sealed_key__in=unread))
    assert not held
    pairs.finish(box.pk, now=NOW)
    reads(box)
    reads(box, before)


@pytest.mark.django_db
def test_a_row_read_before_opens_when_the_old_key_has_gone(
    cast: Cast, keyring: StoredKeyring
) -> None:
    message = deliver(raw_letter(), cast.amina)[0]
    box = cast.mailbox_of(cast.amina)
    change_all(box)
    opening.open_summary(message, opening.mailbox_key(fresh(box)))


@pytest.mark.django_db
def test_what_is_written_with_a_key_opened_before_the_change_is_not_lost(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = cast.mailbox_of(cast.amina)
    stale, key = fresh(box), opening.mailbox_key(box)
    change_all(box)
    # The whole change went by between a page's first line and its last.
    labels.create(stale, "งบประมาณ", key)
    contacts.keep(stale, Card("มานี", ("manee@else.example",)))
    drafting.start(stale, by=cast.amina, now=NOW)
    box = fresh(box)
    assert [one.name for one in labels.labels_of(box, opening.mailbox_key(box))] == ["งบประมาณ"]
    assert contacts.book_of(box, opening.mailbox_key(box))[0].card.name == "มานี"
    drafting.open_draft(Draft.objects.get(mailbox=box))


@pytest.mark.django_db(transaction=True)
def test_whoever_is_writing_is_waited_for_and_what_they_wrote_is_brought_over(
    cast: Cast, keyring: StoredKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = cast.mailbox_of(cast.amina)
    key, has_sealed, may_end = opening.mailbox_key(box), threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            label = Label(mailbox=box)
            # Nothing of the mailbox is locked yet but its key.
            label.sealed_name = opening.seal_own(
                {"name": "written slowly"}, key, purpose="label", row_id=label.pk
            )
            has_sealed.set()
            may_end.wait(30)
            label.save()
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    assert has_sealed.wait(30)
    with monkeypatch.context() as patched:
        patched.setattr(pairs, "_TRIES", 1)
        with pytest.raises(pairs.MailboxBusy):
            pairs.begin(box.pk, now=NOW)
    assert bytes(fresh(box).public_key) == bytes(box.public_key)
    may_end.set()
    writer.join()
    change_all(box)
    (shown,) = labels.labels_of(box, opening.mailbox_key(fresh(box)))
    assert shown.name == "written slowly"


@pytest.mark.django_db(transaction=True)
def test_sealing_to_a_mailbox_is_refused_outside_a_transaction(
    cast: Cast, keyring: StoredKeyring
) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        opening.key_to_seal(cast.mailbox_of(cast.amina).pk)


@pytest.mark.django_db
def test_a_keyring_that_does_not_open_the_mailbox_changes_nothing(
    cast: Cast, keyring: StoredKeyring, tmp_path: Path
) -> None:
    box = cast.mailbox_of(cast.amina)
    key_files.write_new_set(tmp_path)
    before = Mailbox.objects.filter(pk=box.pk).values().get()
    with pytest.raises(CommandError, match="does not open this mailbox's key"):
        told("rotate-mailbox", cast.amina.address, "--keys", str(tmp_path))
    assert Mailbox.objects.filter(pk=box.pk).values().get() == before
    assert not KeyChange.objects.exists()
    with pytest.raises(CommandError, match="No mailbox has"):
        told("rotate-mailbox", "nobody@else.example", "--keys", str(tmp_path))


@pytest.mark.django_db
def test_a_broken_row_is_counted_and_hinders_nothing(cast: Cast, keyring: StoredKeyring) -> None:
    box = cast.mailbox_of(cast.amina)
    Label.objects.create(mailbox=box, sealed_name=b"broken")
    labels.create(box, "whole", opening.mailbox_key(box))
    assert change_all(box).broken == 1
    assert [one.name for one in labels.labels_of(box, opening.mailbox_key(fresh(box)))] == [
        "?",
        "whole",
    ]


@pytest.mark.django_db
def test_the_old_key_is_not_destroyed_before_everything_was_looked_at(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = furnish(cast, NOW)
    steps = pairs.change(box.pk, now=NOW, batch=1)
    next(steps)
    with pytest.raises(pairs.NotBroughtOver):
        pairs.finish(box.pk, now=NOW)
    assert fresh(box).sealed_previous_key is not None


@pytest.mark.django_db
def test_what_the_first_walk_overlooked_is_found_by_the_second(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = furnish(cast, NOW)
    label = Label.objects.get(mailbox=box)
    under_old = bytes(label.sealed_name)
    for figure in pairs.change(box.pk, now=NOW, batch=50):
        if figure.what == "looked at" and KeyChange.objects.get().done < 3:
            # As somebody would who wrote without holding the key.
            Label.objects.filter(pk=label.pk).update(sealed_name=under_old)
    done = pairs.finish(box.pk, now=NOW)
    assert done is not None and (done.late, done.broken) == (1, 0)
    reads(box)


@pytest.mark.django_db
def test_the_storage_key_may_be_rotated_in_the_midst_of_it(tmp_path: Path) -> None:
    key_files.write_new_set(tmp_path)
    with keyring.using(StoredKeyring(active={})):
        keyring.use_source(lambda: key_files.joined(*key_files.read_set(tmp_path).values()))
        box = open_mailbox(None, ["box@agency.example"])
        file_raw(raw_letter(), [box], at=NOW)
        next(pairs.change(box.pk, now=NOW, batch=1))
        old = keyring.current().active_id("storage")
        told("rotate", "storage", "--keys", str(tmp_path))
        told("retire", "storage", old, "--keys", str(tmp_path))
        reads(box)
        assert "walk 1 of 2" in told("status", "--keys", str(tmp_path))
        output = told("rotate-mailbox", "--keys", str(tmp_path), "--wait", "0")
        assert "has a new pair; the old is destroyed" in output
        reads(box)


@pytest.mark.django_db
def test_nothing_is_folded_any_more_under_a_key_that_the_old_pair_opens(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = furnish(cast, NOW)
    pairs.begin(box.pk, now=NOW)
    assert SearchIndex.objects.get().damaged_at is not None
    # As a keyholder does while the walks go on: what it has built stays in use.
    SearchIndex.objects.update(damaged_at=None)
    change_all(box)
    assert SearchIndex.objects.get().damaged_at is None


@pytest.mark.django_db
def test_a_mailbox_that_cannot_be_changed_holds_up_no_other(tmp_path: Path) -> None:
    key_files.write_new_set(tmp_path)
    with keyring.using(key_files.joined(*key_files.read_set(tmp_path).values())):
        broken, whole = (open_mailbox(None, [f"{name}@agency.example"]) for name in "ab")
        for box in (broken, whole):
            pairs.begin(box.pk, now=NOW)
        Mailbox.objects.filter(pk=broken.pk).update(sealed_previous_key=b"broken")
        with pytest.raises(CommandError, match="1 of 2 are not done"):
            told("rotate-mailbox", "--keys", str(tmp_path), "--wait", "0")
        assert [one.pk for one in pairs.under_way()] == [broken.pk]


@pytest.mark.django_db
def test_a_mailbox_that_is_shredded_meanwhile_has_no_key_left(
    cast: Cast, keyring: StoredKeyring
) -> None:
    box = furnish(cast, NOW)
    steps = pairs.change(box.pk, now=NOW, batch=1)
    next(steps)
    shred(box)
    with pytest.raises(pairs.MailboxIsShredded):
        next(steps)
    assert fresh(box).sealed_previous_key is None
    assert not KeyChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_batch_it_is_run_again_to_its_end(tmp_path: Path) -> None:
    key_files.write_new_set(tmp_path)
    with keyring.using(StoredKeyring(active={})):
        keyring.use_source(lambda: key_files.joined(*key_files.read_set(tmp_path).values()))
        box = open_mailbox(None, ["box@agency.example"])
        for number in range(6):
            file_raw(raw_letter(name=f"{number}@else.example"), [box], at=NOW + timedelta(number))
        old = opening.mailbox_key(box)
        for lines in (1, 3, 5):
            _kill_after(lines, tmp_path)
            assert KeyChange.objects.filter(mailbox=box).exists()
            reads(box)
            reads(box, opening.MailboxKey(bytes(old), box.pk))
        told("rotate-mailbox", "box@agency.example", "--keys", str(tmp_path), "--wait", "0")
        assert fresh(box).sealed_previous_key is None
        assert opened(box, opening.mailbox_key(fresh(box)))["messages"] == [True] * 6


def _kill_after(lines: int, folder: Path) -> None:
    """Run the command, one row to a batch, and kill -9 it after so many lines."""
    arguments = ("rotate-mailbox", "box@agency.example", "--batch", "1", "--wait", "600")
    process = processes.start(
        *("manage.py", "keyring", *arguments, "--keys", str(folder)),
        KEYRING_FILE=str(folder / "web.json"),
    )
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
