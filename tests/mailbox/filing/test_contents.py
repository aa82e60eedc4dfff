from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from mailbox import opening
from mailbox.errors import SealBroken
from mailbox.filing.contents import (
    UNOWNED_FOR,
    delete_contents,
    delete_unowned,
    forget_file,
    keep_sealed,
    load_content,
    store_content,
)
from mailbox.models import Content, DraftAttachment
from mailbox.sealing.content import new_key

# Counted from the import: the whole suite may run for long before it.
LATER = timezone.now() + UNOWNED_FOR + timedelta(hours=12)


@pytest.mark.django_db
@pytest.mark.parametrize(("size", "in_row"), [(0, True), (5_000, True), (200_000, False)])
def test_content_is_kept_once_and_opens_again(size: int, in_row: bool) -> None:
    plain, key, content_id = os.urandom(size), new_key(), uuid4()
    store_content(plain, key, content_id)

    stored = Content.objects.get(pk=content_id)
    assert (stored.row is not None, stored.file == "") == (in_row, in_row)
    assert stored.plain_size == size
    assert load_content(stored, key, content_id) == plain
    reader = opening.content_reader(stored, key)
    assert reader.read(100, 300) == plain[100:300]
    assert reader.sealed_size == stored.sealed_size


@pytest.mark.django_db
@pytest.mark.parametrize("size", [100, 200_000])
def test_rows_of_two_contents_exchanged_do_not_open(size: int) -> None:
    key = new_key()
    one, other = (store_content(os.urandom(size), key, uuid4()) for _ in range(2))
    one.row, one.file, other.row, other.file = other.row, other.file, one.row, one.file
    for content in (one, other):
        with pytest.raises(SealBroken):
            load_content(content, key, content.pk)


@pytest.mark.django_db
def test_a_file_cut_short_or_changed_on_disk_does_not_open() -> None:
    plain, key = os.urandom(200_000), new_key()
    content = store_content(plain, key, uuid4())
    path = Path(storages["content"].path(content.file))
    whole = path.read_bytes()
    for spoilt in (whole[:-1], whole[:70_000], b"", whole[:150_000] + b"\0" + whole[150_001:]):
        path.write_bytes(spoilt)
        with pytest.raises(SealBroken):
            load_content(content, key, content.pk)
    path.write_bytes(whole)
    assert load_content(content, key, content.pk) == plain


@pytest.mark.django_db
def test_an_attachment_of_a_draft_is_kept_the_same_way() -> None:
    plain, key, row_id = os.urandom(100_000), new_key(), uuid4()
    kept = keep_sealed(plain, key, row_id)
    attachment = DraftAttachment(id=row_id, row=kept.row, file=kept.file)
    assert load_content(attachment, key, row_id) == plain


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_after_its_row_s_deletion_is_committed_and_not_before() -> None:
    files = storages["content"]
    content = store_content(os.urandom(100_000), new_key(), uuid4())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        forget_file(content)
        raise ZeroDivisionError
    assert files.exists(content.file)

    assert delete_contents([content]) == 1
    assert not files.exists(content.file) and not Content.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_only_content_that_nobody_has_any_more_is_swept() -> None:
    young = store_content(b"young", new_key(), uuid4())
    assert delete_unowned(timezone.now()) == 0
    assert delete_unowned(LATER) == 1
    assert not Content.objects.filter(pk=young.pk).exists()
