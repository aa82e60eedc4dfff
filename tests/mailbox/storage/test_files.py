from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from mailbox import storage
from mailbox.errors import ContentAway, NoRoomLeft
from mailbox.storage import ROW_LIMIT, DurableFileStorage


@pytest.fixture
def files(tmp_path: Path) -> DurableFileStorage:
    return DurableFileStorage(location=str(tmp_path / "content"))


def content_files(files: DurableFileStorage) -> list[Path]:
    return [path for path in Path(files.location).rglob("*") if path.is_file()]


def test_a_saved_file_reads_back_and_its_name_says_nothing(files: DurableFileStorage) -> None:
    name = files.save("ลับ-secret-plan.pdf", ContentFile(b"sealed bytes"))
    with files.open(name) as opened:
        assert opened.read() == b"sealed bytes"
    assert len(name) == 42 and name[2] == name[5] == "/" and "secret" not in name
    assert set(name) <= set("0123456789abcdef/")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", "a\0b", "x" * 5000])
def test_a_proposed_name_leads_nowhere(files: DurableFileStorage, name: str) -> None:
    saved = files.save(name, ContentFile(b"x"))
    assert Path(files.path(saved)).is_relative_to(files.location)
    assert [str(path.relative_to(files.location)) for path in content_files(files)] == [saved]


def test_files_and_folders_are_for_their_owner_only(files: DurableFileStorage) -> None:
    path = Path(files.path(files.save("x", ContentFile(b"x"))))
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, path.parent.parent, Path(files.location)):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_save_syncs_the_file_and_then_every_folder_on_its_way(
    files: DurableFileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, int]] = []
    real = os.fsync

    def spy(descriptor: int) -> None:
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        synced.append((place, len(content_files(files))))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    path = Path(files.path(files.save("x", ContentFile(b"x" * 100_000))))
    places = [place for place, _ in synced]
    assert places[-2].parent == path.parent and places[-2].name == f".{path.name}"
    assert synced[-1] == (path.parent, 1)
    assert {path.parent.parent, Path(files.location), Path(files.location).parent} <= set(places)


def test_a_write_that_fails_leaves_nothing_behind(files: DurableFileStorage) -> None:
    class Broken(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"half"
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.save("x", Broken(b""))
    assert content_files(files) == []


def test_a_shard_swept_away_is_made_again(files: DurableFileStorage) -> None:
    path = Path(files.path(files.save("x", ContentFile(b"x"))))
    path.unlink()
    path.parent.rmdir()
    files._make_folder(path.parent)
    assert path.parent.is_dir()


@pytest.mark.parametrize(
    ("number", "error", "name"),
    [
        (errno.ENOSPC, NoRoomLeft, "ENOSPC"),
        (errno.EDQUOT, NoRoomLeft, "EDQUOT"),
        (errno.EIO, ContentAway, "EIO"),
    ],
)
def test_a_disk_that_is_full_or_broken_refuses_with_a_sentence_and_keeps_nothing_by_halves(
    files: DurableFileStorage,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
    error: type[ContentAway],
    name: str,
) -> None:
    real = os.fsync

    def fail(descriptor: int) -> None:
        if not Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(storage, "content_storage", lambda: files)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(error) as raised:
            storage.keep(os.urandom(ROW_LIMIT + 1))
    assert type(raised.value) is error and str(raised.value)
    assert name in caplog.text
    assert content_files(files) == []


def test_the_portal_keeps_its_content_in_this_storage() -> None:
    assert isinstance(storages["content"], DurableFileStorage)
