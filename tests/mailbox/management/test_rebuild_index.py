from __future__ import annotations

import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import translation

from mailbox import opening
from mailbox.filing.shredding import shred
from mailbox.models import Mailbox, Message, SearchIndex, SearchText, UnfoldedSignature
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.searching.segments import merging, rebuilding
from tests import processes
from tests.cast import Cast
from tests.mailbox.searching.segments.mailroom import counted, found, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def bruno(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.bruno)


def mail_from_before(box: Mailbox, count: int) -> list[Message]:
    """Letters as a release without an index left them, newest first."""
    made = [post(box, number, word="zeppelin") for number in range(count)]
    UnfoldedSignature.objects.filter(mailbox=box).delete()
    SearchText.objects.all().delete()
    return made[::-1]


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("rebuild_index", *arguments, stdout=out)
    return out.getvalue()


def index_of(box: Mailbox) -> SearchIndex:
    return SearchIndex.objects.get(mailbox=box, state="in-use")


def test_mail_from_before_is_indexed_with_its_words_put_away(amina: Mailbox) -> None:
    letters = mail_from_before(amina, 3)
    out = told("amina@transport.example", "--batch", "2")

    assert f"{amina.pk}: built, 3 messages." in out and "amina" not in out
    assert found(amina, "zeppelin") == [one.pk for one in letters]
    assert SearchText.objects.count() == 3


def test_its_status_is_said_and_a_dry_run_changes_nothing(amina: Mailbox) -> None:
    mail_from_before(amina, 1)
    assert "none yet; 0 wait to be folded." in told("--all", "--status")
    assert "would be built anew" in told("--all", "--dry-run")
    assert not SearchIndex.objects.exists()

    told("--all")
    assert f"{amina.pk}: in use, 1 messages; 0 wait" in told("--all", "--status")
    SearchIndex.objects.update(scheme=0)
    assert "of an older version" in told("--all", "--status")


def test_only_what_has_none_is_built_where_that_is_asked_for(
    amina: Mailbox, bruno: Mailbox
) -> None:
    mail_from_before(amina, 1)
    told("amina@transport.example")
    was = index_of(amina).pk
    mail_from_before(bruno, 1)
    out = told("--all", "--missing")

    assert str(bruno.pk) in out and str(amina.pk) not in out
    assert index_of(amina).pk == was


def test_without_the_storage_key_it_says_which_file_it_needs(
    amina: Mailbox, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["worker"]), pytest.raises(CommandError, match=r"web\.json"):
        told("--all")


def test_an_address_nobody_has_is_not_repeated(amina: Mailbox) -> None:
    with pytest.raises(CommandError) as refused:
        told("nobody@transport.example")
    assert "nobody" not in str(refused.value)


def test_after_one_that_fails_the_others_are_built(
    amina: Mailbox, bruno: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_from_before(amina, 1)
    mail_from_before(bruno, 1)
    whole = rebuilding.write_entries

    def full(index: SearchIndex, key: bytes, entries: object) -> object:
        if index.mailbox_id == amina.pk:
            raise OperationalError("No space left on device")
        return whole(index, key, entries)  # type: ignore[arg-type]

    monkeypatch.setattr(rebuilding, "write_entries", full)
    out = StringIO()
    with pytest.raises(CommandError, match="1 mailboxes were not built"):
        call_command("rebuild_index", "--all", stdout=out)

    assert f"{amina.pk}: not built: The database or the disk" in out.getvalue()
    assert f"{bruno.pk}: built, 1 messages." in out.getvalue()
    # Half of it is not there: what is being built is as it was.
    building = SearchIndex.objects.get(mailbox=amina)
    assert building.built_at is None and not building.segments.exists()


def test_a_mailbox_shredded_meanwhile_ends_it_with_a_sentence(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_from_before(amina, 3)
    monkeypatch.setattr(merging, "due", lambda _index: shred(amina) or [])

    with translation.override("en"):
        assert "The mailbox has been deleted" in told("amina@transport.example", "--batch", "1")
    assert not SearchIndex.objects.exists()


def test_what_is_filed_while_it_is_built_is_found_once_afterwards(amina: Mailbox) -> None:
    old = mail_from_before(amina, 4)
    steps = rebuilding.rebuild(amina, opening.mailbox_key(amina), batch=2)
    next(steps), next(steps)
    new = post(amina, 9, word="zeppelin")
    late = post(amina, 2, word="zeppelin", at=old[1].received_at)
    for _figure in steps:
        pass

    given = found(amina, "zeppelin")
    assert sorted(given) == sorted([*(one.pk for one in old), new.pk, late.pk])
    assert counted(index_of(amina))["messages"] == 4


@pytest.mark.django_db(transaction=True)
def test_killed_for_real_it_goes_on_where_it_was(
    amina: Mailbox, key_set: dict[Role, StoredKeyring], tmp_path: Path
) -> None:
    letters = mail_from_before(amina, 40)
    key_files.write(tmp_path / "web.json", key_set["web"])
    child = processes.start(
        *("manage.py", "rebuild_index", "--all", "--batch", "1"),
        KEYRING_FILE=str(tmp_path / "web.json"),
    )
    begun = SearchIndex.objects.building().exclude(built_at=None)
    deadline = time.monotonic() + 60
    while not begun.exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    child.communicate()
    building = SearchIndex.objects.building().get()
    was = building.messages
    assert 0 < was < 40

    assert "built, 40 messages." in told("--all")
    assert index_of(amina).pk == building.pk
    assert found(amina, "zeppelin") == [one.pk for one in letters]
