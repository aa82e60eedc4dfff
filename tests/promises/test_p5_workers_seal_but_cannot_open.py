"""P5. Workers can seal, not open: with their own keyrings, in processes of their own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.signing_in.sealing import open_secret
from mailbox import opening
from mailbox.addressbook import contacts
from mailbox.addressbook.card import Card
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.rotation.rewrapping import rewrap
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Message
from mailbox.outbound import drafting
from mailbox.outbound.relay import relay
from mailbox.outbound.stationery import signatures, templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.outbound.submission import send
from mailbox.sealing import hpke, infos, key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests import cast, processes
from tests.cast import Cast

RAW = (
    b"From: Dara <dara@elsewhere.example>\r\nTo: amina@transport.example\r\n"
    b"Message-ID: <p5@elsewhere.example>\r\nSubject: canary p5 subject\r\n\r\ncanary p5 body\r\n"
)

# A process as it is started in production: Django set up, the keyring from its own file.
OPEN_A_MESSAGE = """
import sys, django
django.setup()
from mailbox import opening
from mailbox.errors import KeyMissing
from mailbox.models import Message
message = Message.objects.select_related("mailbox", "content").get(pk=sys.argv[1])
try:
    private_key = opening.mailbox_key(message.mailbox)
except KeyMissing:
    print("KeyMissing")
else:
    print(opening.open_summary(message, private_key).subject)
"""


@pytest.fixture
def people(keyring: StoredKeyring) -> Cast:
    return cast.gather()


def message_filed_by_the_roles(people: Cast, key_set: dict[Role, StoredKeyring]) -> Message:
    """Take a message in with the door's keys and file it with a worker's, as in production."""
    mailbox = people.mailbox_of(people.amina)
    now = timezone.now()
    with using(key_set["lmtp"]):
        arrival = take_in(
            RAW,
            sender="dara@elsewhere.example",
            mailboxes=[mailbox.pk],
            recipients=["amina@transport.example"],
            now=now,
            nudge=lambda _: None,
        )
    reader = ReadingProcess(seconds=20)
    try:
        with using(key_set["worker"]):
            assert file_arrival(arrival, reader=reader, now=now)
    finally:
        reader.close()
    return Message.objects.select_related("mailbox", "content").get(mailbox=mailbox)


@pytest.mark.django_db
def test_door_and_worker_file_a_message_that_only_the_web_tier_opens(
    people: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    message = message_filed_by_the_roles(people, key_set)
    with using(key_set["web"]):
        private_key = opening.mailbox_key(message.mailbox)
        assert opening.open_summary(message, private_key).subject == "canary p5 subject"
        assert "canary p5 body" in opening.open_rendition(message, private_key).text
    for role in ("worker", "lmtp"):
        with using(key_set[role]), pytest.raises(KeyMissing):
            opening.mailbox_key(message.mailbox)


@pytest.mark.django_db(transaction=True)
def test_processes_with_the_files_of_their_roles(
    people: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path
) -> None:
    message = message_filed_by_the_roles(people, key_set)
    said = {}
    for role, held in key_set.items():
        key_files.write(tmp_path / f"{role}.json", held)
        process = processes.start(
            "-c",
            OPEN_A_MESSAGE,
            str(message.pk),
            DJANGO_SETTINGS_MODULE="govmail_portal.settings",
            KEYRING_FILE=str(tmp_path / f"{role}.json"),
        )
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        said[role] = out.strip()
    assert said == {"web": "canary p5 subject", "worker": "KeyMissing", "lmtp": "KeyMissing"}


@pytest.mark.django_db
def test_no_private_key_of_a_worker_opens_a_message(
    people: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    message = message_filed_by_the_roles(people, key_set)
    info = infos.for_content(message.mailbox_id, message.content_id)
    worker = key_set["worker"]
    private_keys = [pair.private for pair in (*worker.ingest.values(), *worker.relay.values())]
    assert len(private_keys) == 2
    for private_key in private_keys:
        assert private_key is not None
        with pytest.raises(SealBroken):
            hpke.unseal(bytes(message.sealed_key), private_key, info=info)


@pytest.mark.django_db
def test_the_door_cannot_open_what_it_has_just_taken_in(
    people: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["lmtp"]):
        arrival = take_in(
            RAW,
            sender="",
            mailboxes=[people.mailbox_of(people.amina).pk],
            recipients=[],
            now=timezone.now(),
            nudge=lambda _: None,
        )
    sealed, info = bytes(arrival.sealed_key), infos.for_arrival(arrival.pk)
    for role in ("lmtp", "web"):
        with pytest.raises(KeyMissing):
            key_set[role].unseal_from("ingest", arrival.ingest_key_id, sealed, info)
    assert len(key_set["worker"].unseal_from("ingest", arrival.ingest_key_id, sealed, info)) == 32
    assert Arrival.objects.count() == 1


@pytest.mark.django_db
def test_a_worker_opens_neither_drafts_nor_second_factors_nor_rotates(
    people: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    mailbox = people.mailbox_of(people.amina)
    draft = drafting.start(mailbox, by=people.amina, now=timezone.now())
    device = people.amina.totpdevice_set.get()
    with using(key_set["web"]):
        assert drafting.open_draft(draft) is not None
        assert open_secret(bytes(device.sealed_secret), people.amina) == cast.SECRET
    for role in ("worker", "lmtp"):
        with using(key_set[role]):
            with pytest.raises(KeyMissing):
                drafting.open_draft(draft)
            with pytest.raises(KeyMissing):
                open_secret(bytes(device.sealed_secret), people.amina)
            assert "mailboxes" not in {figure.kind for figure in rewrap()}


@pytest.mark.django_db
def test_a_worker_files_a_scheduled_letters_copy_and_opens_nothing_of_its_author(
    people: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    mailbox, now = people.mailbox_of(people.amina), timezone.now()
    with using(key_set["web"]):
        to = ["bruno@transport.example"]
        draft = drafting.start(mailbox, by=people.amina, now=now, to=to)
        submission = send(draft, by=people.amina, now=now, at=now + timedelta(hours=1))
        contacts.keep(mailbox, Card("Dara", ("dara@elsewhere.example",)))
        signatures.keep(mailbox, Wording("x", "canary"), is_for_new=True)
        templates.keep(Wording("x", "canary"), by=people.amina, mailbox=mailbox, is_shared=True)
    with using(key_set["worker"]):
        assert relay(submission, gateways=lambda _: [], now=now + timedelta(hours=1))
        for opened in (
            lambda: contacts.book_of(mailbox, opening.mailbox_key(mailbox)),
            lambda: signatures.signatures_of(mailbox, opening.mailbox_key(mailbox)),
            lambda: templates.readable_by(people.amina, mailbox),
        ):
            with pytest.raises(KeyMissing):
                opened()
    copy = Message.objects.select_related("mailbox", "content").get(mailbox=mailbox)
    with using(key_set["web"]):
        assert opening.open_summary(copy, opening.mailbox_key(mailbox)).to_names
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        opening.mailbox_key(copy.mailbox)
