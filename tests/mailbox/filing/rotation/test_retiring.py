"""A key goes when nothing is under it, and nothing can come under it any more."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts.models import TotpDevice
from accounts.signing_in.sealing import seal_secret
from mailbox.filing.mailboxes import open_mailbox
from mailbox.filing.rotation import retiring, rewrapping
from mailbox.filing.rotation.figures import Progress
from mailbox.filing.rotation.users import TABLES
from mailbox.models import Arrival, RetiredKey
from mailbox.outbound.stationery import templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.sealing import infos, key_files, keyring
from tests.mailbox.filing.rotation.held import SECRET, new_account, told


def an_arrival() -> Arrival:
    pk = uuid4()
    key_id, sealed = keyring.current().seal_to("ingest", b"key", infos.for_arrival(pk))
    return Arrival(
        id=pk,
        mailbox_ids=[],
        ingest_key_id=key_id,
        sealed_key=sealed,
        sealed_envelope=b"",
        size=1,
        received_at=timezone.now(),
    )


def key_of(arrival: Arrival) -> bytes:
    arrival.refresh_from_db()
    info = infos.for_arrival(arrival.pk)
    sealed = bytes(arrival.sealed_key)
    return keyring.current().unseal_from("ingest", arrival.ingest_key_id, sealed, info)


@pytest.mark.django_db
def test_a_held_arrival_does_not_keep_its_ingest_key_for_ever(folder: Path) -> None:
    arrival = an_arrival()
    arrival.insert()
    old = arrival.ingest_key_id
    told("rotate", "ingest", "--keys", str(folder), "--no-rewrap")
    with pytest.raises(CommandError, match="1 arrivals"):
        told("retire", "ingest", old, "--keys", str(folder))
    assert key_of(arrival) == b"key"
    assert "arrivals: 1 of 1" in told("rewrap", "--keys", str(folder))
    told("retire", "ingest", old, "--keys", str(folder))
    assert old not in (folder / "worker.json").read_text()
    assert key_of(arrival) == b"key"


@pytest.mark.django_db
def test_what_comes_under_a_retired_key_is_refused(folder: Path) -> None:
    late = an_arrival()  # by a process that has not seen the new file yet
    told("rotate", "ingest", "--keys", str(folder))
    told("retire", "ingest", late.ingest_key_id, "--keys", str(folder))
    with pytest.raises(DatabaseError, match="retired key"), transaction.atomic():
        late.insert()
    an_arrival().insert()
    assert Arrival.objects.count() == 1


@pytest.mark.django_db
def test_a_secret_under_a_retired_storage_key_is_refused(folder: Path) -> None:
    account = new_account()
    late = TotpDevice(user=account, name="app", sealed_secret=seal_secret(SECRET, account))
    old = keyring.current().active_id("storage")
    told("rotate", "storage", "--keys", str(folder))
    told("retire", "storage", old, "--keys", str(folder))
    with pytest.raises(DatabaseError, match="retired key"), transaction.atomic():
        late.save()


@pytest.mark.django_db(transaction=True)
def test_a_key_is_not_retired_while_somebody_writes_under_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, has_written, may_end = an_arrival(), threading.Event(), threading.Event()
    told("rotate", "ingest", "--keys", str(folder))

    def write() -> None:
        with transaction.atomic():
            late.insert()
            has_written.set()
            may_end.wait(30)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    assert has_written.wait(30)
    monkeypatch.setattr(retiring, "_TRIES", 2)
    with pytest.raises(CommandError, match="has been writing"):
        told("retire", "ingest", late.ingest_key_id, "--keys", str(folder))
    may_end.set()
    writer.join()
    assert not RetiredKey.objects.exists() and key_of(late) == b"key"
    with pytest.raises(CommandError, match="1 arrivals"):
        told("retire", "ingest", late.ingest_key_id, "--keys", str(folder))
    assert not RetiredKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_arrival_that_a_worker_has_in_hand_is_left_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals, is_held, may_end = [an_arrival(), an_arrival()], threading.Event(), threading.Event()
    for one in arrivals:
        one.insert()
    key_files.add_key(folder, "ingest")
    monkeypatch.setattr(rewrapping, "_PAUSE", 0)

    def work() -> None:
        with transaction.atomic():
            Arrival.objects.select_for_update().get(pk=arrivals[0].pk)
            is_held.set()
            may_end.wait(30)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    assert is_held.wait(30)
    assert list(rewrapping.rewrap())[-1] == Progress("arrivals", 1, 2)
    may_end.set()
    worker.join()
    assert list(rewrapping.rewrap())[-1] == Progress("arrivals", 2, 2)


@pytest.mark.django_db
def test_a_key_in_use_for_new_things_is_not_retired(folder: Path) -> None:
    active = keyring.current().active_id("storage")
    with pytest.raises(CommandError, match="rotate first"):
        told("retire", "storage", active, "--keys", str(folder))


@pytest.mark.django_db
def test_every_table_that_says_its_key_refuses_retired_ones() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'refuse_retired' AND NOT tgisinternal AND tgparentid = 0"
        )
        fenced = {table for (table,) in cursor.fetchall()}
    assert fenced == {table for tables in TABLES.values() for table in tables}


@pytest.mark.django_db
def test_a_template_an_office_shares_is_refused_under_a_retired_key_and_an_own_one_is_not(
    folder: Path,
) -> None:
    account = new_account()
    box = open_mailbox(account, [account.address])
    wording = Wording("Rain", "Dear all")
    shared = templates.keep(wording, by=account, mailbox=box, is_shared=True)
    late, old = bytes(shared.sealed_body), keyring.current().active_id("storage")
    told("rotate", "storage", "--keys", str(folder))
    told("retire", "storage", old, "--keys", str(folder))
    shared.sealed_body = late
    with pytest.raises(DatabaseError, match="retired key"), transaction.atomic():
        shared.save()
    templates.keep(wording, by=account, mailbox=box, is_shared=False)
    assert len(templates.readable_by(account, box)) == 2
