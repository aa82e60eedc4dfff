from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from govmail_portal.engines.content import content_storage

WHOLE = {
    "CONTENT_STORAGE": "s3",
    "S3_BUCKET": "mail-content",
    "S3_ENDPOINT": "https://s3.gov.example:9000",
    "S3_REGION": "th-bkk-1",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
}


def configured(
    monkeypatch: pytest.MonkeyPatch, *, https: bool = True, **changes: str
) -> dict[str, Any]:
    for name, value in (WHOLE | changes).items():
        monkeypatch.setenv(name, value)
    return content_storage(default_folder=Path("/srv/content"), https=https)


def test_without_a_word_content_lies_in_files() -> None:
    found = content_storage(default_folder=Path("/srv/content"), https=True)
    assert found == {
        "BACKEND": "mailbox.storage.DurableFileStorage",
        "OPTIONS": {"location": "/srv/content"},
    }


def test_a_bucket_is_said_by_the_environment_and_its_secret_may_lie_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    found = configured(monkeypatch, S3_SECRET_KEY_FILE=str(tmp_path / "secret"))
    assert found["BACKEND"] == "mailbox.storage.bucket.BucketStorage"
    assert found["OPTIONS"] == {
        "bucket_name": "mail-content",
        "endpoint_url": "https://s3.gov.example:9000",
        "region_name": "th-bkk-1",
        "verify": None,
        "addressing_style": "auto",
        "access_key": "key",
        "secret_key": "from the file",
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"CONTENT_STORAGE": "ftp"}, "CONTENT_STORAGE must be files or s3"),
        ({"S3_BUCKET": ""}, "S3_BUCKET is not set"),
        ({"S3_BUCKET": "Mail.Content"}, "S3_BUCKET must be"),
        ({"S3_ENDPOINT": "http://s3.gov.example"}, "must begin with https://"),
        ({"S3_ENDPOINT": "http://127.0.0.1.gov.example"}, "must begin with https://"),
        ({"S3_ENDPOINT": "s3.gov.example"}, "must begin with https://"),
        ({"S3_ENDPOINT": "https://key:secret@s3.gov.example"}, "keys belong into"),
        ({"S3_ENDPOINT": "https://s3.gov.example/mail-content"}, "keys belong into"),
        ({"S3_SECRET_KEY": ""}, "must be set both"),
        ({"S3_CA_FILE": "/nowhere/ca.pem"}, "S3_CA_FILE points to"),
        ({"S3_ADDRESSING": "sideways"}, "S3_ADDRESSING must be one of"),
    ],
)
def test_what_is_wrong_or_unsafe_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence) as raised:
        configured(monkeypatch, **changes)
    assert "secret@" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "https"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://[::1]:9000", True),
        ("http://localhost:9000", True),
        ("http://s3.lab.example", False),
    ],
)
def test_in_clear_a_bucket_is_spoken_to_on_the_loopback_or_where_nothing_is_https(
    monkeypatch: pytest.MonkeyPatch, address: str, https: bool
) -> None:
    found = configured(monkeypatch, https=https, S3_ENDPOINT=address)
    assert found["OPTIONS"]["endpoint_url"] == address


def test_a_machine_with_a_role_of_its_own_needs_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    found = configured(monkeypatch, S3_ACCESS_KEY="", S3_SECRET_KEY="")
    assert found["OPTIONS"]["access_key"] is None
