"""Drafts: sealed, versioned, and never overwritten by an older window."""

from __future__ import annotations

from datetime import datetime

import pytest

from govmail_portal.errors import NotYours
from mailbox.errors import DraftAlreadySent, DraftChangedElsewhere, KeyMissing, SealBroken
from mailbox.mime.rendition import Address
from mailbox.models import Draft
from mailbox.outbound import drafting
from mailbox.outbound.body import Body
from mailbox.outbound.submission import send
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Write


def test_what_is_saved_is_what_comes_back(write: Write) -> None:
    people = ["บรูโน่ <bruno@transport.example>", {"name": "Emil", "address": "emil@else.example"}]
    draft = write(to=people, cc=["not an address"], subject="เรื่อง", text="สวัสดี", urgency=3)
    body = drafting.open_draft(Draft.objects.get(pk=draft.pk))

    assert body.to == (
        Address("บรูโน่", "bruno@transport.example"),
        Address("Emil", "emil@else.example"),
    )
    assert body.cc == ("not an address",)
    assert (body.subject, body.text, body.urgency) == ("เรื่อง", "สวัสดี", 3)


def test_a_window_that_is_behind_overwrites_nothing(write: Write, now: datetime) -> None:
    draft = write(text="first")
    behind = Draft.objects.get(pk=draft.pk)
    drafting.save(draft, {"text": "second"}, version=draft.version, now=now)
    for window in (behind, draft):
        with pytest.raises(DraftChangedElsewhere):
            drafting.save(window, {"text": "third"}, version=behind.version, now=now)

    assert drafting.open_draft(Draft.objects.get(pk=draft.pk)).text == "second"


def test_an_older_body_cannot_be_put_back(write: Write, now: datetime) -> None:
    draft = write(text="first")
    older = bytes(draft.sealed_body)
    drafting.save(draft, {"text": "second"}, version=draft.version, now=now)
    Draft.objects.filter(pk=draft.pk).update(sealed_body=older)

    with pytest.raises(SealBroken):
        drafting.open_draft(Draft.objects.get(pk=draft.pk))


def test_a_draft_on_its_way_is_neither_saved_nor_discarded(
    cast: Cast, write: Write, now: datetime
) -> None:
    draft = write(to=["emil@else.example"])
    send(draft, by=cast.amina, now=now)
    with pytest.raises(DraftAlreadySent):
        drafting.save(draft, {"text": "more"}, version=draft.version, now=now)
    with pytest.raises(DraftAlreadySent):
        drafting.discard(draft)


def test_nobody_begins_a_letter_in_somebody_elses_mailbox(cast: Cast, now: datetime) -> None:
    assert drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    with pytest.raises(NotYours):
        drafting.start(cast.mailbox_of(cast.amina), by=cast.chiara, now=now)


def test_a_worker_cannot_open_a_draft(write: Write, key_set: dict[Role, StoredKeyring]) -> None:
    draft = write()
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        drafting.open_draft(draft)


def test_the_editors_markup_is_made_safe_before_it_is_kept(write: Write) -> None:
    draft = write(html='<p onclick="x()">hello<script>alert(1)</script></p>')
    body = drafting.open_draft(draft)

    assert body.is_rich
    assert "script" not in body.html.for_frame() and "onclick" not in body.html.for_frame()


def test_markup_that_shows_nothing_is_plain_text(write: Write) -> None:
    assert not drafting.open_draft(write(html="<div><br></div>")).is_rich


def test_the_list_of_drafts_shows_whom_and_what(cast: Cast, write: Write) -> None:
    draft = write(to=["บรูโน่ <bruno@transport.example>"], subject="น้ำ", text="มาแล้ว")
    (row,) = drafting.rows([draft], cast.mailbox_of(cast.amina))
    assert (row.to_names, row.subject, row.snippet) == ("บรูโน่", "น้ำ", "มาแล้ว")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-11-24T08:30", "2026-11-24T08:30"),
        ("2569-11-24T08:30", "2026-11-24T08:30"),
        ("2569-11-24T08:30:59", "2026-11-24T08:30"),
        ("2026-11-24", ""),
        ("tomorrow", ""),
        ("2026-13-40T08:30", ""),
        ("", ""),
    ],
)
def test_the_time_to_send_at_is_read_in_both_eras(typed: str, kept: str) -> None:
    assert Body().typed({"send_at": typed}).send_at == kept


def test_a_draft_of_before_schedules_and_receipts_still_opens() -> None:
    old = Body(subject="before").to_json()
    for name in ("send_at", "asks_receipt", "signature", "groups"):
        del old[name]
    assert Body.from_json(old) == Body(subject="before")


def test_a_picture_written_into_the_markup_is_not_kept_in_the_draft() -> None:
    html = '<p>a</p><img src="data:image/png;base64,iVBORw0KGgo="><img src="attachment/3/">'
    kept = Body().typed({"html": html}).html.for_frame()
    assert "data:" not in kept
    assert 'src="attachment/3/"' in kept


@pytest.mark.parametrize("groups", [None, "x", [1], {"a": "b"}, {"a": None}])
def test_groups_of_another_shape_are_left_out(groups: object) -> None:
    assert Body().typed({"groups": groups}).groups == {}
