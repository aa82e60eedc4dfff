from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox import opening
from mailbox.errors import KeyMissing
from mailbox.filing import file_copies
from mailbox.filing.contents import delete_contents, store_content
from mailbox.filing.deleting import delete_messages
from mailbox.filing.indexed.words import open_words, store_words, words_again, words_of
from mailbox.filing.shredding import shred
from mailbox.filing.sweeping import delete_orphans
from mailbox.mime.parse import parse
from mailbox.mime.rendition import Rendition, pack
from mailbox.models import Content, Mailbox, Message, SearchIndex, SearchText, UnfoldedSignature
from mailbox.sealing.content import new_key
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.sealing.records import open_bytes
from mailbox.searching import signatures
from mailbox.searching.terms import asked
from tests.cast import Cast
from tests.mailbox.post import MORNING, file_own, file_raw, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def bruno(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.bruno)


def _stored(raw: bytes) -> tuple[Content, bytes, Rendition]:
    """A content as a release before this one left it, without words."""
    rendition, sections = parse(raw)
    key = new_key()
    return store_content(pack(rendition, raw, sections), key, uuid4()), key, rendition


def _key(box: Mailbox) -> tuple[Message, bytes]:
    message = Message.objects.get(mailbox=box)
    return message, opening.content_key(message, opening.mailbox_key(box))


def test_a_letter_is_filed_with_its_words_once_and_its_columns_in_each_mailbox(
    amina: Mailbox, bruno: Mailbox
) -> None:
    file_raw(raw_letter("งบประมาณ", body="ครุภัณฑ์"), [amina, bruno])

    assert SearchText.objects.count() == 1
    for box in (amina, bruno):
        message, key = _key(box)
        words = open_words(SearchText.objects.get(), key)
        assert "ครุภัณฑ์" in words.text and "งบประมาณ" in words.text
        row = UnfoldedSignature.objects.get(mailbox=box)
        sealed = bytes(row.sealed)
        found = open_bytes(sealed, key, purpose="signature", binding=str(message.pk))
        (column,) = signatures.unpack(found)
        assert set(asked("ครุภัณฑ์")) <= set(column.tolist())
        assert not row.is_partial


def test_a_workers_keys_suffice_for_filing_and_open_no_words(
    amina: Mailbox, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["worker"]):
        file_raw(raw_letter(), [amina])
        with pytest.raises(KeyMissing):
            opening.mailbox_key(amina)

    assert UnfoldedSignature.objects.filter(mailbox=amina).count() == 1


def test_filing_costs_as_many_statements_for_one_mailbox_as_for_two(
    amina: Mailbox, bruno: Mailbox
) -> None:
    file_raw(raw_letter("ครั้งแรก"), [amina, bruno])
    costs = []
    for boxes in ([amina.pk], [amina.pk, bruno.pk]):
        content, key, rendition = _stored(raw_letter(f"ถึง {len(boxes)}"))
        words = words_again(content, key, rendition)
        with CaptureQueriesContext(connection) as asked_for:
            file_copies(
                content,
                key,
                rendition,
                mailbox_ids=boxes,
                received_at=MORNING,
                duplicate_of=None,
                words=words,
            )
        costs.append(len(asked_for))
        kinds = [query["sql"] for query in asked_for.captured_queries]
        assert sum("unfoldedsignature" in sql for sql in kinds) == 1
        assert not any("searchtext" in sql for sql in kinds)
    assert costs[0] == costs[1]


def test_what_is_filed_later_has_the_words_that_were_put_away(
    amina: Mailbox, bruno: Mailbox
) -> None:
    content, key, rendition = _stored(raw_letter(body="แรก"))
    other = parse(raw_letter(body="ต่างออกไป"))[0]
    store_words(content, key, words_of(rendition, b""))

    assert words_again(content, key, other) == words_of(rendition, b"")


def test_words_that_are_missing_or_broken_are_made_from_the_letter(amina: Mailbox) -> None:
    content, key, rendition = _stored(raw_letter(body="แรก"))
    words = words_again(content, key, rendition)
    assert words == words_of(rendition, b"")

    SearchText.objects.update(row=b"\x01" + bytes(60))
    assert words_again(content, key, rendition) == words
    assert "แรก" in open_words(SearchText.objects.get(), key).text


def test_long_words_lie_in_a_file_that_goes_with_the_content(amina: Mailbox) -> None:
    text = " ".join(str(uuid4()) for _number in range(6_000))
    content, key, rendition = _stored(raw_letter(body=text))
    words_again(content, key, rendition)
    row = SearchText.objects.get()
    assert row.file and storages["content"].exists(row.file)
    assert text[-30:] in open_words(row, key).text

    delete_orphans(MORNING)
    assert storages["content"].exists(row.file)


@pytest.mark.django_db(transaction=True)
def test_deleting_a_content_deletes_the_file_of_its_words(amina: Mailbox) -> None:
    text = " ".join(str(uuid4()) for _number in range(6_000))
    content, key, rendition = _stored(raw_letter(body=text))
    words_again(content, key, rendition)
    file = SearchText.objects.get().file

    delete_contents([content])
    assert not storages["content"].exists(file) and not SearchText.objects.exists()


def test_a_letter_with_more_than_is_searched_is_marked(amina: Mailbox) -> None:
    file_raw(raw_letter(body="ก " * 300_000), [amina])

    assert UnfoldedSignature.objects.get().is_partial


def test_deleting_counts_holes_only_for_what_a_segment_has(amina: Mailbox) -> None:
    file_raw(raw_letter(), [amina])
    own = file_own(raw_letter("ตอบ"), amina)
    UnfoldedSignature.objects.filter(message=own).delete()  # as if it were folded
    SearchIndex.objects.create(mailbox=amina, state="in-use", scheme=1, sealed_key=b"")

    messages = list(Message.objects.filter(mailbox=amina).values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as of_two:
        delete_messages(messages, [amina.pk])

    assert SearchIndex.objects.get().holes == 1
    assert not UnfoldedSignature.objects.exists()
    assert sum("searchindex" in query["sql"] for query in of_two.captured_queries) == 1


def test_shredding_leaves_nothing_of_the_index(amina: Mailbox, bruno: Mailbox) -> None:
    file_raw(raw_letter(), [amina, bruno])
    SearchIndex.objects.create(mailbox=amina, state="in-use", scheme=1, sealed_key=b"")
    shred(amina)

    assert not SearchIndex.objects.exists()
    assert set(UnfoldedSignature.objects.values_list("mailbox", flat=True)) == {bruno.pk}
