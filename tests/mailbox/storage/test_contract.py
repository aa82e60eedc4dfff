"""What a place for content owes, asked of a disk and of a real S3 API alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from mailbox import storage
from mailbox.errors import SealBroken
from mailbox.sealing.content import ContentReader, new_key, seal_content
from mailbox.storage import ROW_LIMIT, bucket, names
from tests.bucket import kept_in, new_bucket


@pytest.fixture(scope="module")
def bucket_name() -> str:
    return new_bucket()


@pytest.fixture(params=["files", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Any
) -> Iterator[names.ContentStorage]:
    if request.param == "s3":
        with kept_in(request.getfixturevalue("bucket_name")):
            yield storage.content_storage()
        return
    folder = {"location": str(tmp_path / "content")}
    content = {"BACKEND": "mailbox.storage.DurableFileStorage", "OPTIONS": folder}
    settings.STORAGES = {**settings.STORAGES, "content": content}
    yield storage.content_storage()


def saved(place: names.ContentStorage, data: bytes) -> str:
    return place.save("ลับ-secret-plan.pdf", ContentFile(data))


def test_what_is_saved_reads_back_under_a_name_that_says_nothing(
    place: names.ContentStorage,
) -> None:
    data = os.urandom(100_000)
    name = saved(place, data)
    assert place.read_whole(name) == data
    with storages["content"].open(name) as opened:
        assert opened.read() == data
    assert len(name) == 42 and name[2] == name[5] == "/"
    assert set(name) <= set("0123456789abcdef/")


def test_the_same_bytes_twice_are_two_files(place: names.ContentStorage) -> None:
    one, two = saved(place, b"x"), saved(place, b"x")
    place.delete(one)
    assert one != two and place.read_whole(two) == b"x"


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 10), (70_000, 64), (99_990, 500), (100_000, 5), (200_000, 5), (5, 0)]
)
def test_a_range_is_that_of_the_bytes(
    place: names.ContentStorage, offset: int, length: int
) -> None:
    data = os.urandom(100_000)
    assert place.read_range(saved(place, data), offset, length) == data[offset : offset + length]


@pytest.mark.parametrize("size", [0, 1, 5_000])
def test_a_look_at_the_beginning_gives_the_size_as_well(
    place: names.ContentStorage, size: int
) -> None:
    data = os.urandom(size)
    assert place.peek(saved(place, data), 100) == names.Peek(data[:100], size)


def test_what_is_not_there_is_said_so_and_deleting_it_again_does_nothing(
    place: names.ContentStorage,
) -> None:
    name = saved(place, b"x")
    place.delete(name)
    place.delete(name)
    assert not storages["content"].exists(name)
    for ask in (place.read_whole, lambda n: place.peek(n, 5), lambda n: place.read_range(n, 0, 5)):
        with pytest.raises(FileNotFoundError):
            ask(name)
    with pytest.raises(SealBroken):
        storage.load(None, name)
    with pytest.raises(SealBroken):
        storage.ranges(None, name)(0, 1)


def test_everything_is_listed_once_by_name_with_size_and_age(
    place: names.ContentStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_PAGE", 3)
    made = {saved(place, b"x" * size): size for size in range(1, 11)}
    listed = [one for page in place.listing() for one in page]
    mine = [one for one in listed if one.name in made]
    assert [one.name for one in mine] == sorted(made)
    assert [one.name for one in listed] == sorted(one.name for one in listed)
    assert {one.name: one.size for one in mine} == made
    # S3 counts whole seconds.
    assert all(abs(timezone.now() - one.written_at) < timedelta(minutes=5) for one in mine)
    some = sorted(made)[0]
    below = [one.name for page in place.listing(some[:2]) for one in page]
    assert some in below and all(name.startswith(some[:2]) for name in below)


def test_many_at_once_do_not_meet(place: names.ContentStorage) -> None:
    data = [os.urandom(70_000) for _ in range(16)]
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda one: saved(place, one), data))
        assert len(set(kept)) == 16
        assert list(threads.map(place.read_whole, kept)) == data


@pytest.mark.parametrize("size", [0, ROW_LIMIT, ROW_LIMIT + 1, 300_000])
def test_small_bytes_lie_in_the_row_and_large_ones_in_a_file(
    place: names.ContentStorage, size: int
) -> None:
    sealed = os.urandom(size)
    kept = storage.keep(sealed)
    assert (kept.row is not None) == (kept.file == "") == (size <= ROW_LIMIT)
    assert storage.load(kept.row, kept.file) == sealed
    read = storage.ranges(kept.row, kept.file)
    assert read(10, 20) == sealed[10:30] and read(size, 5) == b""
    storage.forget_all([kept.file, kept.file])


def test_a_chunk_of_a_large_attachment_is_read_without_the_rest(
    place: names.ContentStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, pk = new_key(), uuid4()
    plain = os.urandom(5_000_000)
    kept = storage.keep(seal_content(plain, key, pk))
    fetched: list[int] = []
    real = type(place).read_range

    def counted(self: Any, name: str, offset: int, length: int) -> bytes:
        found = real(self, name, offset, length)
        fetched.append(len(found))
        return found

    monkeypatch.setattr(type(place), "read_range", counted)
    reader = ContentReader(storage.ranges(kept.row, kept.file), key, pk)
    assert reader.read(3_000_000, 3_000_100) == plain[3_000_000:3_000_100]
    assert len(fetched) == 2 and sum(fetched) < 4_096 + 70_000
