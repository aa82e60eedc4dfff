from __future__ import annotations

import tempfile
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile

from mailbox import storage
from mailbox.errors import ContentAway, NoRoomLeft, SealBroken
from mailbox.inbound.pressure import free_bytes
from mailbox.storage.bucket import BucketStorage
from tests.bucket import kept_in, new_bucket, options
from tests.mailbox.postfix import mta


@pytest.fixture(scope="module")
def bucket() -> BucketStorage:
    return BucketStorage(**options(new_bucket()))


@pytest.fixture
def traffic(bucket: BucketStorage) -> list[tuple[str, dict[str, str], int]]:
    """Each answer of the bucket: operation, headers asked with, bytes of its body."""
    seen: list[tuple[str, dict[str, str], int]] = []
    events = bucket.connection.meta.client.meta.events
    asked: list[dict[str, str]] = []

    def before(params: dict[str, Any], **_: Any) -> None:
        asked.append({name: str(value) for name, value in params["headers"].items()})

    def after(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        seen.append((model.name, asked.pop(), int(parsed.get("ContentLength", 0))))

    events.register("before-call.s3", before)
    events.register("after-call.s3", after)
    return seen


def test_a_file_is_kept_by_one_request_that_makes_nothing_public(
    bucket: BucketStorage, traffic: list[tuple[str, dict[str, str], int]]
) -> None:
    bucket.save("x", ContentFile(b"x" * 9_000_000))
    ((operation, headers, _),) = traffic
    assert operation == "PutObject" and "Content-MD5" in headers
    assert not [name for name in headers if "acl" in name.lower() or "grant" in name.lower()]


def test_a_range_costs_its_own_bytes(
    bucket: BucketStorage, traffic: list[tuple[str, dict[str, str], int]]
) -> None:
    name = bucket.save("x", ContentFile(b"x" * 2_000_000))
    traffic.clear()
    bucket.read_range(name, 1_000_000, 65_536)
    ((operation, headers, fetched),) = traffic
    assert (operation, headers["Range"], fetched) == ("GetObject", "bytes=1000000-1065535", 65_536)


def test_nothing_lies_in_a_temporary_file(
    bucket: BucketStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, made = threading.get_ident(), []
    real = tempfile.SpooledTemporaryFile.__init__

    def spooled(self: Any, *given: Any, **named: Any) -> None:
        if threading.get_ident() == ours:  # the server is in this process too
            made.append(self)
        real(self, *given, **named)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "__init__", spooled)
    monkeypatch.setattr(tempfile, "_mkstemp_inner", never)
    name = bucket.save("x", ContentFile(b"x" * 9_000_000))
    with bucket.open(name) as opened:
        assert len(opened.read()) == 9_000_000
    assert made == []


def test_no_address_is_ever_given_out(bucket: BucketStorage) -> None:
    with pytest.raises(NotImplementedError):
        bucket.url(bucket.save("x", ContentFile(b"x")))


def test_one_connection_serves_every_thread(bucket: BucketStorage) -> None:
    assert bucket.connection is bucket.connection


def test_a_room_without_a_disk_has_no_end() -> None:
    with kept_in(new_bucket()):
        assert free_bytes() == float("inf")


def test_a_bucket_that_cannot_be_reached_is_away_and_not_empty(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with kept_in("content-x", f"http://127.0.0.1:{mta.free_port()}"):
        for ask in (
            lambda: storage.keep(bytes(70_000)),
            lambda: storage.load(None, "ab/cd/ef"),
            lambda: storage.forget("ab/cd/ef"),
            lambda: list(storage.content_storage().listing()),
        ):
            with pytest.raises(ContentAway) as raised:
                ask()
            assert isinstance(raised.value, OSError)  # whoever puts off for a disk does so for it
    assert "EndpointConnectionError" in caplog.text


def test_a_bucket_that_is_not_there_is_away_and_its_files_are_not_lost() -> None:
    with kept_in("content-nobody-made"), pytest.raises(ContentAway):
        storage.load(None, "ab/cd/ef")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("XMinioStorageFull", NoRoomLeft),
        ("AccessDenied", ContentAway),
        ("SlowDown", ContentAway),
        ("NoSuchKey", SealBroken),
    ],
)
def test_each_answer_has_its_error_and_the_log_has_no_key(
    bucket: BucketStorage,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: str,
    error: type[Exception],
) -> None:
    client = bucket.connection.meta.client

    def refuse(**_: Any) -> None:
        words = {"Error": {"Code": code, "Message": "of portal-key"}}
        raise ClientError(words, "GetObject")

    with kept_in(bucket.bucket_name):
        monkeypatch.setattr(storage.content_storage(), "_shared", bucket._shared)
        monkeypatch.setattr(client, "get_object", refuse)
        with pytest.raises(error) as raised:
            storage.load(None, "ab/cd/ef")
    assert type(raised.value) is error
    assert "portal-key" not in caplog.text
