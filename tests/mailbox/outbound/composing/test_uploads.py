from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from mailbox.errors import AttachmentTooLarge, PictureUnreadable, UploadGone
from mailbox.filing.sweeping import forget_uploads
from mailbox.models import Draft, Upload, UploadPiece
from mailbox.outbound import drafting
from mailbox.outbound.composing import uploads
from mailbox.outbound.copying import keep_apart
from mailbox.outbound.drafting import draft_key
from mailbox.outbound.enclosures import enclosures, opened
from tests.cast import Cast

pytestmark = pytest.mark.django_db

DATA = b"".join(number.to_bytes(4, "big") for number in range(600_000))
PNG = b"\x89PNG\r\n\x1a\n" + b"dots"


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())


def opened_files() -> list[bytes]:
    files = UploadPiece.objects.exclude(file="").values_list("file", flat=True)
    return [storages["content"].open(name).read() for name in files]


def put_all(draft: Draft, upload: UUID, data: bytes) -> None:
    for start in range(0, len(data), uploads.PIECE):
        uploads.put(draft, upload, start=start, data=data[start : start + uploads.PIECE])


def test_pieces_become_the_file_they_were(draft: Draft) -> None:
    upload = uploads.begin(draft, name="แผน.bin", type="application/zip", size=len(DATA))
    put_all(draft, upload.pk, DATA)
    file = uploads.finish(draft, upload.pk)

    assert file is not None
    assert [(one.name, data == DATA) for one, data in opened(draft, draft_key(draft))] == [
        ("แผน.bin", True)
    ]
    assert not Upload.objects.exists()


def test_a_piece_that_does_not_follow_is_not_kept_and_the_answer_says_where_to_go_on(
    draft: Draft,
) -> None:
    upload = uploads.begin(draft, name="a", type="", size=10)
    assert uploads.put(draft, upload.pk, start=0, data=b"01234") == 5
    assert uploads.put(draft, upload.pk, start=0, data=b"01234") == 5
    assert uploads.put(draft, upload.pk, start=7, data=b"789") == 5
    assert uploads.finish(draft, upload.pk) is None
    assert uploads.received(draft, upload.pk) == 5
    uploads.put(draft, upload.pk, start=5, data=b"56789")
    uploads.finish(draft, upload.pk)

    assert [data for _, data in opened(draft, draft_key(draft))] == [b"0123456789"]


def test_limits_hold_whatever_was_announced(draft: Draft, settings: Any) -> None:
    settings.ATTACHMENT_LIMIT = 100
    with pytest.raises(AttachmentTooLarge):
        uploads.begin(draft, name="a", type="", size=101)
    upload = uploads.begin(draft, name="a", type="", size=10)
    with pytest.raises(AttachmentTooLarge):
        uploads.put(draft, upload.pk, start=0, data=b"x" * 11)


def test_nothing_of_a_piece_is_readable_at_rest(draft: Draft) -> None:
    word = b"pangolinfig" * 9_000
    upload = uploads.begin(draft, name="pangolinfig.txt", type="", size=len(word) + 1)
    uploads.put(draft, upload.pk, start=0, data=word)
    piece, row = UploadPiece.objects.get(), Upload.objects.get()

    assert b"pangolin" not in bytes(piece.row or b"") + bytes(row.sealed_meta)
    assert b"pangolin" not in b"".join(opened_files())


def test_another_drafts_upload_does_not_exist(cast: Cast, draft: Draft) -> None:
    upload = uploads.begin(draft, name="a", type="", size=10)
    other = drafting.start(cast.mailbox_of(cast.bruno), by=cast.bruno, now=timezone.now())
    with pytest.raises(UploadGone):
        uploads.put(other, upload.pk, start=0, data=b"x")


def test_what_nobody_finishes_is_swept_with_its_files(draft: Draft) -> None:
    upload = uploads.begin(draft, name="a", type="", size=200_000)
    uploads.put(draft, upload.pk, start=0, data=DATA[:150_000])
    now = timezone.now()
    assert forget_uploads(now + timedelta(hours=23)) == 0
    assert forget_uploads(now + timedelta(hours=25)) == 1

    assert not UploadPiece.objects.exists()


def test_a_picture_is_told_by_its_bytes_and_gets_a_number(draft: Draft) -> None:
    for data in (PNG, PNG + b"2"):
        upload = uploads.begin(draft, name="p", type="text/html", size=len(data), is_picture=True)
        uploads.put(draft, upload.pk, start=0, data=data)
        uploads.finish(draft, upload.pk)
    assert [(one.picture, one.type) for one in enclosures(draft)] == [
        (1, "image/png"),
        (2, "image/png"),
    ]
    page = b"<html><script>alert(1)</script>"
    upload = uploads.begin(draft, name="p", type="image/png", size=len(page), is_picture=True)
    uploads.put(draft, upload.pk, start=0, data=page)
    with pytest.raises(PictureUnreadable):
        uploads.finish(draft, upload.pk)


def test_a_draft_that_is_kept_apart_shows_the_same_pictures(cast: Cast, draft: Draft) -> None:
    for data in (PNG, PNG + b"2"):
        upload = uploads.begin(draft, name="p", type="", size=len(data), is_picture=True)
        uploads.put(draft, upload.pk, start=0, data=data)
        uploads.finish(draft, upload.pk)
    copy = keep_apart(draft, {"text": "x"}, by=cast.amina, now=timezone.now())
    assert [one.picture for one in enclosures(copy)] == [1, 2]
