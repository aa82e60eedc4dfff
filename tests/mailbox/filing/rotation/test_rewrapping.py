from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import Account, Agency, TotpDevice
from accounts.provisioning import activation
from accounts.signing_in.sealing import open_secret, seal_secret
from mailbox.filing.absences import request_for_worker, texts_for_worker
from mailbox.filing.courses import open_for_worker
from mailbox.filing.rotation import retiring, rewrapping
from mailbox.filing.rotation.figures import Progress
from mailbox.inbound import permissions
from mailbox.models import (
    AutoReply,
    Gateway,
    Mailbox,
    SigningKey,
    Submission,
)
from mailbox.outbound import drafting
from mailbox.outbound.domains import keys as signing_keys
from mailbox.outbound.domains import signing
from mailbox.outbound.envelope import key_for_relay, open_envelope
from mailbox.outbound.submission import send
from mailbox.sealing import infos, key_files, keyring
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests import processes
from tests.accounts.provisioning.newcomers import agency, newcomer
from tests.cast import Cast
from tests.mailbox.filing.rotation.held import (
    SECRET,
    all_open,
    new_account,
    new_mailboxes,
    told,
)
from tests.mailbox.orders import be_away, give_rule
from tests.mailbox.post import file_raw, raw_letter


def new_gateway(agency: Agency) -> Gateway:
    gateway = Gateway.objects.create(agency=agency, name="Gateway", host="mail.agency.example")
    info = infos.for_gateway(gateway.pk)
    gateway.relay_key_id, gateway.sealed_password = keyring.current().seal_to("relay", b"pw", info)
    gateway.save()
    return gateway


@pytest.mark.django_db
def test_after_rotation_nothing_is_under_the_old_key_and_all_mail_opens(folder: Path) -> None:
    letters = new_mailboxes(7)
    old = keyring.current().active_id("storage")
    output = told("rotate", "storage", "--keys", str(folder), "--batch", "3")

    assert (
        "mailboxes: 3 of 7" in output and "mailboxes: 7 of 7 under the key in use (100 %)" in output
    )
    assert not Mailbox.objects.filter(storage_key_id=old).exists()
    assert all_open(letters)

    told("retire", "storage", old, "--keys", str(folder))
    assert old not in (folder / "web.json").read_text()
    assert all_open(letters)


@pytest.mark.django_db
def test_at_every_moment_of_a_rotation_all_mail_opens(folder: Path) -> None:
    letters = new_mailboxes(5)
    key_files.add_key(folder, "storage")
    assert all_open(letters)
    seen = []
    for figure in rewrapping.rewrap(batch=2):
        seen.append(figure)
        assert all_open(letters)
    assert seen == [Progress("mailboxes", done, 5) for done in (2, 4, 5)]


@pytest.mark.django_db(transaction=True)
def test_a_rotation_that_is_killed_is_run_again_to_its_end(folder: Path) -> None:
    letters = new_mailboxes(60)
    old = keyring.current().active_id("storage")
    key_files.add_key(folder, "storage")
    arguments = ("manage.py", "keyring", "rewrap", "--keys", str(folder), "--batch", "1")
    process = processes.start(*arguments, KEYRING_FILE=str(folder / "web.json"))
    assert process.stdout is not None
    for _ in range(5):
        assert "mailboxes" in process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    behind = Mailbox.objects.filter(storage_key_id=old).count()
    assert 0 < behind <= 55
    assert all_open(letters)
    with pytest.raises(CommandError, match=f"{behind} mailboxes"):
        told("retire", "storage", old, "--keys", str(folder))

    told("rewrap", "--keys", str(folder))
    assert not Mailbox.objects.filter(storage_key_id=old).exists()
    assert all_open(letters)


@pytest.mark.django_db
def test_secrets_of_accounts_move_too(folder: Path) -> None:
    account = new_account()
    device = TotpDevice.objects.create(
        user=account, name="app", sealed_secret=seal_secret(SECRET, account)
    )
    old = keyring.current().active_id("storage")
    key_files.add_key(folder, "storage")
    with pytest.raises(retiring.KeyInUse):
        retiring.check_unused("storage", old)

    assert list(rewrapping.rewrap())[-1] == Progress("secrets", 1, 1)
    device.refresh_from_db()
    retiring.check_unused("storage", old)
    key_files.drop_key(folder, "storage", old)
    assert open_secret(bytes(device.sealed_secret), account) == SECRET


@pytest.mark.django_db
def test_codes_of_letters_that_are_not_printed_yet_move_too(folder: Path) -> None:
    account = newcomer(agency(), state=Account.State.ACTIVE)
    letter = activation.make_letter(account, by=None, now=timezone.now())
    old = keyring.current().active_id("storage")
    key_files.add_key(folder, "storage")
    with pytest.raises(retiring.KeyInUse, match="1 letters"):
        retiring.check_unused("storage", old)

    assert list(rewrapping.rewrap())[-1] == Progress("letters", 1, 1)
    retiring.check_unused("storage", old)
    key_files.drop_key(folder, "storage", old)
    (printed,) = activation.print_letters([account], by=account, now=timezone.now())
    found = activation.by_letter(account.address, printed.code, now=timezone.now())
    assert found == letter


@pytest.mark.django_db
def test_passwords_of_gateways_move_to_the_new_relay_key(folder: Path) -> None:
    gateway = new_gateway(new_account().agency)
    old = gateway.relay_key_id
    told("rotate", "relay", "--keys", str(folder))
    gateway.refresh_from_db()
    told("retire", "relay", old, "--keys", str(folder))

    info = infos.for_gateway(gateway.pk)
    sealed = bytes(gateway.sealed_password or b"")
    opened = keyring.current().unseal_from("relay", gateway.relay_key_id, sealed, info)
    assert (opened, gateway.relay_key_id == old) == (b"pw", False)


@pytest.mark.django_db
def test_dkim_keys_move_to_the_new_relay_key(folder: Path) -> None:
    domain, now = new_account().agency.domains.create(domain="keys.example"), timezone.now()
    key = signing_keys.make(domain, "ed25519-sha256", by=None, now=now)
    old = key.relay_key_id
    told("rotate", "relay", "--keys", str(folder), "--no-rewrap")
    with pytest.raises(CommandError, match="1 signing keys"):
        told("retire", "relay", old, "--keys", str(folder))
    SigningKey.objects.update(state=SigningKey.State.ACTIVE)
    told("rewrap", "--keys", str(folder))
    told("retire", "relay", old, "--keys", str(folder))
    signing.forget()
    assert [signer.selector for signer in signing.signers_for("keys.example")] == [key.selector]


@pytest.mark.django_db
def test_rules_and_absence_texts_move_to_the_new_ingest_key(folder: Path) -> None:
    (box,) = new_mailboxes(1)
    rule, away = give_rule(box, star=True), be_away(box, timezone.now())
    old = rule.ingest_key_id
    told("rotate", "ingest", "--keys", str(folder), "--no-rewrap")
    assert open_for_worker(rule).deeds.star and texts_for_worker(away).inside
    with pytest.raises(CommandError, match="1 rules, 1 vacations"):
        told("retire", "ingest", old, "--keys", str(folder))

    told("rewrap", "--keys", str(folder))
    told("retire", "ingest", old, "--keys", str(folder))
    rule.refresh_from_db()
    away.refresh_from_db()
    assert old not in {rule.ingest_key_id, away.ingest_key_id}
    assert open_for_worker(rule).deeds.star and texts_for_worker(away).inside


@pytest.mark.django_db
def test_leave_to_forward_moves_to_the_new_ingest_key(folder: Path) -> None:
    (mailbox,), now = new_mailboxes(1), timezone.now()
    until, by = now + timedelta(days=1), new_account()
    leave = permissions.grant(
        mailbox, "private@outside.example", reason="x", until=until, by=by, now=now
    )
    old = leave.ingest_key_id
    key_files.add_key(folder, "ingest")
    with pytest.raises(CommandError, match="1 leaves"):
        told("retire", "ingest", old, "--keys", str(folder))
    told("rewrap", "--keys", str(folder))
    told("retire", "ingest", old, "--keys", str(folder))
    leave.refresh_from_db()
    assert permissions.open_for_worker(leave) == "private@outside.example"


@pytest.mark.django_db
def test_a_reply_that_is_owed_moves_to_the_new_ingest_key(folder: Path) -> None:
    (box,) = new_mailboxes(1)
    be_away(box, timezone.now())
    name = "box0@agency.example"
    raw = raw_letter().replace(b"amina@transport.example", name.encode())
    file_raw(raw, [box], at=timezone.now(), return_path="dara@elsewhere.example")
    reply = AutoReply.objects.get()
    old = reply.ingest_key_id
    told("rotate", "ingest", "--keys", str(folder), "--no-rewrap")
    with pytest.raises(CommandError, match="1 replies"):
        told("retire", "ingest", old, "--keys", str(folder))
    told("rewrap", "--keys", str(folder))
    told("retire", "ingest", old, "--keys", str(folder))
    reply.refresh_from_db()
    assert request_for_worker(reply).to == "dara@elsewhere.example"


@pytest.mark.django_db
def test_a_letter_that_is_owed_for_long_moves_to_the_new_relay_key(
    cast: Cast, folder: Path, key_set: dict[Role, StoredKeyring]
) -> None:
    for role, held in key_set.items():
        key_files.write(folder / f"{role}.json", held)
    submission = post_from(cast)
    old = submission.relay_key_id
    told("rotate", "relay", "--keys", str(folder))
    told("retire", "relay", old, "--keys", str(folder))
    submission.refresh_from_db()
    assert submission.relay_key_id != old
    assert open_envelope(submission, key_for_relay(submission)).subject == "Report"


def post_from(cast: Cast) -> Submission:
    now = timezone.now()
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    values = {"subject": "Report", "text": "x", "to": [{"address": "b@else.example", "name": ""}]}
    drafting.save(draft, values, version=draft.version, now=now)
    draft.refresh_from_db()
    return send(draft, by=cast.amina, now=now, at=now + timedelta(days=3))


@pytest.mark.django_db
def test_key_files_of_another_set_rotate_nothing(folder: Path, tmp_path: Path) -> None:
    letters = new_mailboxes(2)
    key_files.write_new_set(tmp_path / "others")
    files = {path: path.read_bytes() for path in (tmp_path / "others").iterdir()}
    for deed in (("rotate", "storage"), ("rewrap",)):
        with pytest.raises(CommandError, match="No storage key here opens what is stored"):
            told(*deed, "--keys", str(tmp_path / "others"))
    assert files == {path: path.read_bytes() for path in (tmp_path / "others").iterdir()}
    assert all_open(letters)


@pytest.mark.django_db
def test_a_mailbox_that_cannot_be_opened_is_counted_and_stops_no_other(folder: Path) -> None:
    letters = new_mailboxes(3)
    broken = next(iter(letters))
    Mailbox.objects.filter(pk=broken.pk).update(sealed_private_key=b"broken")
    old = keyring.current().active_id("storage")
    with pytest.raises(CommandError, match="1 cannot be opened"):
        told("rotate", "storage", "--keys", str(folder))
    assert Mailbox.objects.get(storage_key_id=old) == broken


@pytest.mark.django_db
def test_a_dry_run_changes_neither_files_nor_rows(folder: Path) -> None:
    new_mailboxes(2)
    files = {path: path.read_bytes() for path in folder.iterdir()}
    rows = list(Mailbox.objects.order_by("pk").values_list("sealed_private_key", flat=True))
    for deed in (("rotate", "storage"), ("rewrap",)):
        assert "2 of 2" in told(*deed, "--keys", str(folder), "--dry-run")
    assert files == {path: path.read_bytes() for path in folder.iterdir()}
    assert rows == list(Mailbox.objects.order_by("pk").values_list("sealed_private_key", flat=True))


@pytest.mark.django_db
def test_the_status_names_every_key_and_what_is_under_it(folder: Path) -> None:
    new_mailboxes(3)
    old = keyring.current().active_id("storage")
    key_files.add_key(folder, "storage")
    output = told("status", "--keys", str(folder))
    assert f"storage {old} (old): 3 mailboxes" in output
    assert "mailboxes: 0 of 3 under the key in use (0 %)" in output
    key_files.drop_key(folder, "storage", old)
    assert f"{old} (NOT IN THE KEYRING): 3 mailboxes" in told("status", "--keys", str(folder))


def test_a_new_set_is_written_by_the_command_and_never_over_another(tmp_path: Path) -> None:
    assert "web.json" in told("new", "--into", str(tmp_path / "keys"))
    with pytest.raises(CommandError, match="is there already"):
        told("new", "--into", str(tmp_path / "keys"))
    with pytest.raises(CommandError, match="no key file"):
        told("status", "--keys", str(tmp_path))
