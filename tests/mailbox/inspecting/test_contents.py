from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from mailbox import storage
from mailbox.inbound.arrivals import take_in
from mailbox.inspecting import contents
from mailbox.models import Arrival, Content, Mailbox, Message, SearchText
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.bucket import kept_in, new_bucket
from tests.cast import Cast
from tests.mailbox.post import file_raw, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    """What other tests have left behind is not inspected."""
    folder = {"location": str(tmp_path / "content")}
    content = {"BACKEND": "mailbox.storage.DurableFileStorage", "OPTIONS": folder}
    settings.STORAGES = {**settings.STORAGES, "content": content}


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    """A mailbox with a large letter that it shares, a small one, and one that comes in."""
    box = cast.mailbox_of(cast.amina)
    noise = os.urandom(150_000).hex()
    file_raw(raw_letter("ก", body=noise, name="large@x"), [box, cast.mailbox_of(cast.bruno)])
    file_raw(raw_letter("ข", name="small@x"), [box])
    take_in(
        os.urandom(100_000),
        sender="",
        recipients=["amina@transport.example"],
        mailboxes=[box.pk],
        now=timezone.now(),
        nudge=lambda _: None,
    )
    for content in Content.objects.all():
        SearchText.objects.get_or_create(content=content, defaults={"row": b"\x01" + bytes(40)})
    return box


def large() -> Content:
    return Content.objects.exclude(file="").get()


def path(file: str) -> Path:
    return Path(storages["content"].path(file))


def change(file: str, how: Callable[[bytearray], None]) -> None:
    data = bytearray(path(file).read_bytes())
    how(data)
    path(file).write_bytes(bytes(data))


def run(command: str, *given: str) -> tuple[str, str]:
    """What a command says, and what is amiss."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(command, *given, stdout=out, stderr=err)
    except CommandError as error:
        err.write(f"ERROR {error}")
    return out.getvalue(), err.getvalue()


def flip_header(data: bytearray) -> None:
    data[0] ^= 1


def unreadable(name: str) -> None:
    """As on a bad disk: opening it fails, and not because it is not there."""
    path(name).unlink()
    path(name).mkdir()


def cut(data: bytearray) -> None:
    del data[-1:]


def lengthen(data: bytearray) -> None:
    data += b"x"


def flip_chunk(data: bytearray) -> None:
    data[-5_000] ^= 1


BREAKS: dict[str, tuple[Callable[[], object], str]] = {
    "its file has gone": (lambda: path(large().file).unlink(), "its file has gone"),
    "a file that cannot be read": (lambda: unreadable(large().file), "its file cannot be read ("),
    "an end cut off": (lambda: change(large().file, cut), "bytes; its row says"),
    "an end added": (lambda: change(large().file, lengthen), "bytes; its row says"),
    "a header": (lambda: change(large().file, flip_header), "header is damaged"),
    "an empty file": (lambda: path(large().file).write_bytes(b""), "header is damaged"),
    "neither row nor file": (
        lambda: Content.objects.filter(file="").update(row=None),
        "neither row nor file",
    ),
    "sealed size": (lambda: Content.objects.filter(file="").update(sealed_size=5), "row says 5"),
    "plain size": (lambda: Content.objects.filter(file="").update(plain_size=5), "row says 5"),
    "words": (lambda: SearchText.objects.update(row=b"\x02" + bytes(40)), "no sealed record"),
    "an arrival": (lambda: path(Arrival.objects.get().file).unlink(), "arrival"),
    "size of an arrival": (lambda: Arrival.objects.update(size=5), "arrival"),
}


def test_what_is_whole_is_said_to_be(box: Mailbox) -> None:
    out, wrong = run("content_verify", "--json")
    assert wrong == ""
    told = json.loads(out)
    assert (told["contents"], told["passing"], told["amiss"]) == (2, 1, {})


@pytest.mark.parametrize("broken", BREAKS)
def test_whatever_is_not_as_its_row_says_is_named(box: Mailbox, broken: str) -> None:
    deed, sentence = BREAKS[broken]
    deed()
    out, wrong = run("content_verify")
    assert sentence in wrong and "ERROR" in wrong and out == ""


def test_a_run_goes_on_behind_a_content_page_by_page(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "PAGE", 1)
    steps = list(contents.contents())
    assert [step.rows for step in steps] == [1, 1]
    Content.objects.update(sealed_size=5)
    out, _ = run("content_verify", "--json", "--after", str(steps[0].last))
    assert json.loads(out)["amiss"] == {"content": 1}


def test_a_row_that_is_deleted_while_it_is_looked_at_is_no_flaw(box: Mailbox) -> None:
    path(Arrival.objects.get().file).unlink()
    rows = contents._rows(contents.PASSING[0], Arrival.objects.all())
    Arrival.objects.all().delete()
    assert contents._flaws(contents.PASSING[0], rows) == []


def age(file: str, days: int) -> None:
    moment = timezone.now().timestamp() - days * 86_400
    os.utime(path(file), times=(moment, moment))


def test_files_without_a_row_are_amiss_once_two_sweeps_have_passed_them(box: Mailbox) -> None:
    orphan = storage.keep(os.urandom(70_000)).file
    age(orphan, 1)
    assert run("content_verify")[1] == ""
    age(orphan, 3)
    assert f"orphan {orphan}" in run("content_verify")[1]


def test_only_opening_finds_what_was_changed_inside(box: Mailbox) -> None:
    SearchText.objects.all().delete()  # those of the fixture do not open
    assert run("content_verify", "--open")[1] == ""
    change(large().file, flip_chunk)
    assert run("content_verify")[1] == ""
    out, wrong = run("content_verify", "--open", "--json")
    assert f"content {large().pk}: it does not open" in wrong
    # Two mailboxes have it; it is opened once.
    assert json.loads(out)["amiss"] == {"content": 1}
    for who in ("amina", "bruno"):
        assert "it does not open" in run("content_verify", "--open", f"{who}@transport.example")[1]


def test_a_key_that_was_changed_is_named_with_its_message(box: Mailbox) -> None:
    SearchText.objects.all().delete()
    message = Message.objects.filter(mailbox=box).first()
    assert message is not None
    Message.objects.filter(pk=message.pk).update(sealed_key=bytes(len(message.sealed_key)))
    assert f"message {message.pk}: its key does not open" in run("content_verify", "--open")[1]


def test_opening_needs_the_storage_key(box: Mailbox, key_set: dict[Role, StoredKeyring]) -> None:
    with using(key_set["worker"]):
        assert run("content_verify")[1] == ""
        assert "needs a keyring with the storage key" in run("content_verify", "--open")[1]


def test_a_mailbox_under_a_lost_storage_key_is_named_and_the_others_are_opened(
    box: Mailbox,
) -> None:
    lost = Mailbox.objects.exclude(pk=box.pk).order_by("pk")[0]
    Mailbox.objects.filter(pk=lost.pk).update(storage_key_id="lost")
    said = run("content_verify", "--open")[1]
    assert f"mailbox {lost.pk}: its private key is under a storage key that is lost" in said
    assert "1 things are amiss" in said


def test_repair_takes_away_what_nobody_has_and_says_who_lost_what(box: Mailbox) -> None:
    orphan = storage.keep(os.urandom(70_000)).file
    young = storage.keep(os.urandom(70_000)).file
    age(orphan, 2)
    nobodys = Content.objects.create(plain_size=1, sealed_size=1, row=b"x")
    Content.objects.update(created_at=timezone.now() - timedelta(hours=2))
    lost = large()
    path(lost.file).unlink()

    out, said = run("content_repair")
    assert out.startswith("Would delete 1 contents nobody has and 1 files")
    assert storages["content"].exists(orphan)
    mine: set[UUID] = set(Message.objects.filter(content=lost).values_list("pk", flat=True))
    assert len(mine) == 2 and all(f"message {pk} of mailbox" in said for pk in mine)

    out, _ = run("content_repair", "--carry-out")
    assert out.startswith("Deleted 1 contents nobody has and 1 files")
    assert not storages["content"].exists(orphan) and storages["content"].exists(young)
    assert not Content.objects.filter(pk=nobodys.pk).exists()
    # What has lost its file stays as it was: a backup may bring it back.
    assert Message.objects.filter(content=lost).count() == 2
    out, _ = run("content_repair", "--carry-out", "--json")
    assert json.loads(out) == {"unowned": 0, "orphans": 0, "lost": 1, "carried_out": True}


def test_a_bucket_is_inspected_like_a_disk(cast: Cast) -> None:
    with kept_in(new_bucket()):
        noise = os.urandom(150_000).hex()
        file_raw(raw_letter("ก", body=noise), [cast.mailbox_of(cast.amina)])
        SearchText.objects.filter(file="").delete()
        assert run("content_verify", "--open")[1] == ""
        storage.forget(large().file)
        assert "its file has gone" in run("content_verify")[1]
    with kept_in("content-nobody-made"):
        out, wrong = run("content_verify")
        assert "The check was not ended" in wrong and "gone" not in wrong and out == ""
