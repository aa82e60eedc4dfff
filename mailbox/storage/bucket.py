"""Content in a bucket that speaks S3, by django-storages, under rules of ours (ADR 0023).

One PUT keeps a file: its answer means that the file is whole and durable (P1), there are no
pieces of half an upload, and nothing lies in a temporary file meanwhile (P4). A range is one
GET of that range. Nothing is public: no address is ever given out, no ACL set.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from django.utils.deconstruct import deconstructible
from storages.backends.s3 import S3Storage
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from mailbox.errors import ContentAway, NoRoomLeft
from mailbox.storage.names import Peek, Stored, opaque_name

log = logging.getLogger(__name__)

# Three tries of at most so many seconds each to connect and in silence; half a minute in all.
_CONNECT, _SILENCE, _TRIES = 3, 10, 3
# So long a body may take, and a second more for so many bytes: one that drips has an end.
_BODY, _SLOWEST = 20.0, 256 * 1024
_PIECE = 64 * 1024
_CONNECTIONS = 50
_PAGE = 1000
_GONE = {"NoSuchKey", "404"}
_BEYOND = "InvalidRange"
# As MinIO, Ceph and others say that they are full.
_FULL = {"QuotaExceeded", "XMinioStorageFull", "InsufficientCapacity", "507"}


class BodyBroken(Exception):
    """Not the bytes that were asked for; botocore itself tries again before them only."""


@deconstructible(path="mailbox.storage.bucket.BucketStorage")
class BucketStorage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """Sealed files in one bucket. Errors: FileNotFoundError, ContentAway, NoRoomLeft.

    Needs the rights s3:PutObject, GetObject, DeleteObject and ListBucket: without the last
    a bucket says "forbidden" of what is not there.
    """

    def __init__(self, **options: Any) -> None:
        ours: dict[str, object] = {
            "querystring_auth": False,
            "default_acl": None,
            "file_overwrite": False,
            "gzip": False,
            "object_parameters": {},
            "location": "",
            "custom_domain": None,
            "session_profile": None,
        }
        self._shared: tuple[int, Any] | None = None
        self._making = threading.Lock()
        addressing = options.pop("addressing_style", None)
        super().__init__(client_config=_config(addressing), **options, **ours)

    # --- Django's storage -----------------------------------------------------

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Keep under a random name, whatever is proposed; return it when the bucket has it."""
        return self._save(opaque_name(), File(content))

    def _save(self, name: str, content: File[bytes]) -> str:
        content.seek(0)
        body = content.read()
        # The bucket compares: what a bad line has changed is not taken for kept.
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        with _saying(name):
            self._client.put_object(
                Bucket=self.bucket_name,
                Key=name,
                Body=body,
                ContentMD5=digest,
                ContentType=self.default_content_type,
            )
        return name

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        return ContentFile(self.read_whole(name), name)

    def delete(self, name: str) -> None:
        """Delete a file; a second time does nothing."""
        with _saying(name):
            self._client.delete_object(Bucket=self.bucket_name, Key=name)

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        try:
            self.peek(name, 1)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self.peek(name, 1).size

    def url(self, name: str, *_: Any, **__: Any) -> str:
        """There is none: sealed content leaves by the portal's own pages only."""
        raise NotImplementedError("Sealed content has no address.")

    # --- Ranges and pages -----------------------------------------------------

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Give these bytes by one GET of them; fewer at the end."""
        return self._get(name, offset, length).start if length > 0 else b""

    def read_whole(self, name: str) -> bytes:
        """Give all of a file."""
        return self._get(name).start

    def peek(self, name: str, length: int) -> Peek:
        """Give the first bytes and the size, by one GET."""
        return self._get(name, 0, length)

    def listing(self, prefix: str = "") -> Iterator[list[Stored]]:
        """Give all files whose names begin so, by name, a thousand to a question."""
        more: dict[str, str] = {}
        while True:
            with _saying(prefix):
                page = self._client.list_objects_v2(
                    Bucket=self.bucket_name, Prefix=prefix, MaxKeys=_PAGE, **more
                )
            if found := page.get("Contents"):
                yield [Stored(one["Key"], one["Size"], one["LastModified"]) for one in found]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _get(self, name: str, offset: int = 0, length: int | None = None) -> Peek:
        with _saying(name):
            try:
                return self._asked(name, offset, length)
            except ClientError as error:
                if _code(error) != _BEYOND:
                    raise
            except BodyBroken:
                log.warning("Content storage: an answer broke off, asked once more")
                return self._asked(name, offset, length)
        return Peek(b"", 0)  # a range behind the end

    def _asked(self, name: str, offset: int, length: int | None) -> Peek:
        wanted = {} if length is None else {"Range": f"bytes={offset}-{offset + length - 1}"}
        answer = self._client.get_object(Bucket=self.bucket_name, Key=name, **wanted)
        # What `with` gives is urllib3's own answer: errors of reading it are urllib3's, too.
        with answer["Body"] as body:
            start = _read(body, length)
        if len(start) != answer.get("ContentLength", len(start)):
            raise BodyBroken  # the library does not look
        said = answer.get("ContentRange", "")
        whole = int(said.rpartition("/")[2] or len(start))
        is_all_of_it = length is None or len(start) >= min(length, whole - offset)
        if not is_all_of_it or (offset and not said):
            raise BodyBroken
        return Peek(start, whole)

    # --- The line to the bucket -----------------------------------------------

    @property
    def connection(self) -> Any:
        """One for all threads of a process: django-storages makes one for each, and each
        request under ASGI is a thread. Of its parts we share the client only, which may be.
        """
        if self._shared is None or self._shared[0] != os.getpid():
            with self._making:
                if self._shared is None or self._shared[0] != os.getpid():
                    self._shared = (os.getpid(), self._connected())
        return self._shared[1]

    def _connected(self) -> Any:
        session = boto3.Session(
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key
        )
        return session.resource(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            verify=self.verify,
            config=self.client_config,
        )

    @property
    def _client(self) -> Any:
        return self.connection.meta.client


def _config(addressing: str | None) -> Config:
    return Config(
        connect_timeout=_CONNECT,
        read_timeout=_SILENCE,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        signature_version="s3v4",
        s3={"addressing_style": addressing or "auto"},
        # Newer checksums trouble older servers; Content-MD5 and our own tags say the same.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


@contextmanager
def _saying(name: str) -> Iterator[None]:
    """Say in our own errors what the bucket answered; its words may quote keys of access."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _GONE:
            raise FileNotFoundError(name) from None
        log.error("Content storage: %s (%s)", code, error.operation_name)
        raise (NoRoomLeft if code in _FULL else ContentAway) from None
    except (BotoCoreError, BodyBroken, OSError) as error:
        log.error("Content storage: %s", type(error).__name__)
        raise ContentAway from None


def _read(body: BaseHTTPResponse, most: int | None) -> bytes:
    """The bytes of an answer. BodyBroken where they break off or are more; TimeoutError."""
    began, pieces, size = time.monotonic(), list[bytes](), 0
    try:
        while piece := body.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if most is not None and size > most:
                raise BodyBroken
            if time.monotonic() - began > _BODY + size / _SLOWEST:
                raise TimeoutError
    except HTTPError as error:
        raise BodyBroken from error
    return b"".join(pieces)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
