"""Files of a draft."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.storage import storages
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from mailbox.errors import AttachmentTooLarge
from mailbox.models import DraftAttachment
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach, attach_letter, enclosures, opened, remove
from tests.mailbox.outbound.conftest import Write


@pytest.mark.parametrize("size", [0, 10, 300_000])
def test_a_file_comes_back_as_it_was(write: Write, size: int) -> None:
    draft = write()
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    shown = attach(draft, name="คำสั่ง.pdf", type="application/pdf", data=data)
    ((file, again),) = opened(draft, drafting.draft_key(draft))

    assert (file, again) == (shown, data)
    assert enclosures(draft) == [shown]
    assert (shown.name, shown.type, shown.size) == ("คำสั่ง.pdf", "application/pdf", size)


def test_nothing_of_a_file_lies_readable(write: Write) -> None:
    draft = write()
    data = b"canary" + os.urandom(100_000) + b"canary"
    attach(draft, name="secret-name.pdf", type="application/pdf", data=data)
    row = DraftAttachment.objects.get()
    with storages["content"].open(row.file) as file:
        kept = file.read() + bytes(row.sealed_meta)
    assert b"canary" not in kept and b"secret" not in kept


def test_all_files_together_have_a_limit(write: Write, settings: Settings) -> None:
    settings.ATTACHMENT_LIMIT = 100
    draft = write()
    attach(draft, name="a", type="text/plain", data=b"x" * 60)
    with pytest.raises(AttachmentTooLarge):
        attach(draft, name="b", type="text/plain", data=b"x" * 41)
    attach(draft, name="c", type="text/plain", data=b"x" * 40)
    assert [one.name for one in enclosures(draft)] == ["a", "c"]


def test_a_removed_file_is_gone_from_disk(
    write: Write, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    draft = write()
    shown = attach(draft, name="a.bin", type="", data=os.urandom(200_000))
    where = Path(storages["content"].path(DraftAttachment.objects.get(pk=shown.id).file))
    assert where.is_file()
    with django_capture_on_commit_callbacks(execute=True):
        remove(draft, shown.id)
        remove(draft, shown.id)
    assert enclosures(draft) == []
    assert not where.is_file()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\letters\\a.pdf", "a.pdf"),
        ("a\r\nBcc: x@y.test", "a Bcc: x@y.test"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("", "file"),
        ("ก" * 300 + ".pdf", "ก" * 196 + ".pdf"),
    ],
)
def test_a_file_name_is_one_plain_line(write: Write, given: str, kept: str) -> None:
    assert attach(write(), name=given, type="text/plain", data=b"").name == kept


@pytest.mark.parametrize("kind", ["multipart/mixed", "message/rfc822", "x", "a/b\r\nX: y", ""])
def test_an_upload_cannot_name_a_composite_or_broken_type(write: Write, kind: str) -> None:
    assert attach(write(), name="a", type=kind, data=b"").type == "application/octet-stream"


def test_a_letter_goes_along_as_a_letter(write: Write) -> None:
    shown = attach_letter(write(), name="a.eml", raw=b"Subject: x\r\n\r\n")
    assert shown.type == "message/rfc822"
    assert shown.size < configured.ATTACHMENT_LIMIT
