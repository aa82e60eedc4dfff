"""A real S3 API on the loopback (moto's server), for tests that keep content in a bucket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
from django.conf import settings
from django.test import override_settings

ACCESS, SECRET, REGION = "portal-key", "not-a-secret", "th-bkk-1"


@cache
def server() -> str:
    """The address of the server, started when it is first asked for; it ends with the tests."""
    from moto.server import ThreadedMotoServer  # takes a second, few need it

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    started.start()
    host, port = started.get_host_and_port()
    return f"http://{host}:{port}"


def new_bucket() -> str:
    """Make an empty bucket and return its name."""
    client: Any = boto3.client(
        "s3",
        endpoint_url=server(),
        region_name=REGION,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
    )
    name = f"content-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def options(bucket: str, endpoint: str = "") -> dict[str, Any]:
    """Options of BucketStorage, as settings make them."""
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint or server(),
        "region_name": REGION,
        "verify": None,
        "addressing_style": "path",
        "access_key": ACCESS,
        "secret_key": SECRET,
    }


def environment(bucket: str) -> dict[str, str]:
    """What a process needs to keep its content in this bucket."""
    return {
        "CONTENT_STORAGE": "s3",
        "S3_BUCKET": bucket,
        "S3_ENDPOINT": server(),
        "S3_REGION": REGION,
        "S3_ACCESS_KEY": ACCESS,
        "S3_SECRET_KEY": SECRET,
        "S3_ADDRESSING": "path",
    }


@contextmanager
def kept_in(bucket: str, endpoint: str = "") -> Iterator[None]:
    """Have this process keep its content in a bucket."""
    content = {
        "BACKEND": "mailbox.storage.bucket.BucketStorage",
        "OPTIONS": options(bucket, endpoint),
    }
    with override_settings(STORAGES={**settings.STORAGES, "content": content}):
        yield
