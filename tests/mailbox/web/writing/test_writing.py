from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailbox import opening
from mailbox.mime.rendition import read_raw, unpack_head
from mailbox.models import Draft, Folder, Message, Submission
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach_picture
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

AS_SCRIPT = {"accept": "application/json"}
PNG = b"\x89PNG\r\n\x1a\n" + b"dots"


@pytest.fixture
def amina(cast: Cast) -> Client:
    return signed_in(cast.amina)


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())


def saved(draft: Draft, **values: Any) -> Draft:
    drafting.save(draft, values, version=draft.version, now=timezone.now())
    return draft


def test_a_file_goes_up_in_pieces_and_after_a_lost_line_from_where_it_was(
    amina: Client, draft: Draft
) -> None:
    begun = amina.post(
        reverse("mailbox:draft-uploads", args=[draft.pk]), {"name": "แผน.pdf", "size": "10"}
    ).json()

    def piece(start: int, data: bytes) -> Any:
        return amina.post(
            f"{begun['url']}?start={start}", data, content_type="application/octet-stream"
        ).json()

    assert piece(0, b"01234")["received"] == 5
    assert amina.get(begun["url"]).json() == {"received": 5}
    assert piece(5, b"56789")["file"]["name"] == "แผน.pdf"


@pytest.mark.parametrize("size", ["", "-1", "x", "9" * 20, "99999999999"])
def test_a_senseless_size_is_refused(amina: Client, draft: Draft, size: str) -> None:
    answer = amina.post(
        reverse("mailbox:draft-uploads", args=[draft.pk]),
        {"name": "a", "size": size},
        headers=AS_SCRIPT,
    )
    assert answer.status_code in (400, 413)


def test_a_picture_of_the_text_is_shown_as_nothing_but_a_picture(
    amina: Client, draft: Draft
) -> None:
    number = attach_picture(draft, name="a.png", data=PNG).picture
    answer = amina.get(reverse("mailbox:draft-picture", args=[draft.pk, number]))

    assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_look_before_sending_is_inert_and_has_the_agencys_lines(
    cast: Cast, amina: Client, draft: Draft
) -> None:
    cast.transport.forced_signature = "กระทรวงคมนาคม โทร. 1356"
    cast.transport.save()
    saved(draft, html="<p>ดู<script>alert(1)</script></p>", bcc=[{"address": "b@else.example"}])
    page = amina.get(reverse("mailbox:draft-preview", args=[draft.pk])).content.decode()
    frame = page.split('<iframe class="seen__frame" src="')[1].split('"')[0]
    body = amina.get(frame)

    assert "b@else.example" in page
    assert "1356" in body.content.decode()
    assert "<script" not in body.content.decode()
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_going_on_with_mine_keeps_the_other_text_as_a_draft(amina: Client, draft: Draft) -> None:
    saved(draft, text="the other window")
    other = amina.get(reverse("mailbox:draft-other", args=[draft.pk])).json()
    assert other["text"] == "the other window"
    amina.post(
        reverse("mailbox:draft-save", args=[draft.pk]) + "?aside=1",
        json.dumps({"version": other["version"], "body": {"text": "mine"}}),
        content_type="application/json",
        headers=AS_SCRIPT,
    )

    texts = {one.pk: drafting.open_draft(one).text for one in Draft.objects.all()}
    assert texts.pop(draft.pk) == "mine"
    assert list(texts.values()) == ["the other window"]


def test_whether_somebody_writes_plain_is_kept(cast: Cast, amina: Client) -> None:
    amina.post(reverse("mailbox:compose-format"), {"plain": "1"})
    cast.amina.refresh_from_db()
    assert cast.amina.writes_plain


def test_the_plain_form_chooses_a_time_and_a_receipt(
    cast: Cast, amina: Client, draft: Draft
) -> None:
    form = {
        "version": "1",
        "to": cast.bruno.address,
        "subject": "later",
        "text": "x",
        "when": "own",
        "own_date": f"24/12/{timezone.now().year + 543}",
        "own_time": "08:30",
        "asks_receipt": "1",
    }
    amina.post(reverse("mailbox:draft", args=[draft.pk]), form)
    body = drafting.open_draft(Draft.objects.get(pk=draft.pk))
    assert body.send_at == f"{timezone.now().year}-12-24T08:30"
    assert body.asks_receipt


def sent_bytes(cast: Cast) -> bytes:
    """The letter as it leaves."""
    box = cast.mailbox_of(cast.amina)
    copy = Message.objects.get(mailbox=box, folder__kind=Folder.Kind.SENT)
    content = opening.reader(copy, opening.mailbox_key(box))
    return read_raw(content.read, unpack_head(content.read))


BREAKS = ["\r", "\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("char", BREAKS)
@pytest.mark.parametrize("field", ["subject", "name", "address", "file", "picture"])
def test_a_line_end_in_any_field_is_refused_or_taken_out_and_never_an_error(
    cast: Cast, amina: Client, draft: Draft, char: str, field: str
) -> None:
    bad = f"a{char}Bcc: victim@else.example{char}{char}x"
    who = {"name": "", "address": cast.bruno.address}
    if field in ("name", "address"):
        who[field] = bad
    if field == "picture":
        attach_picture(draft, name=bad, data=PNG)
    if field == "file":
        url = reverse("mailbox:draft-uploads", args=[draft.pk])
        amina.post(url, {"name": bad, "type": f"text/x{char}y", "size": "1"})
        part = reverse("mailbox:draft-upload", args=[draft.pk, draft.uploads.get().pk])
        amina.post(f"{part}?start=0", b"x", content_type="application/octet-stream")
    body = {
        "to": [who],
        "subject": bad if field == "subject" else "plain",
        "html": '<p>x<img src="attachment/1/"></p>',
        "text": "",
    }
    answer = amina.post(
        reverse("mailbox:draft-send", args=[draft.pk]),
        json.dumps({"version": 1, "body": body}),
        content_type="application/json",
        headers=AS_SCRIPT,
    )
    if field in ("file", "picture"):
        assert answer.status_code == 200
        lines = sent_bytes(cast).replace(b"\r", b"\n").split(b"\n")
        assert [line for line in lines if line.lower().startswith(b"bcc:")] == []
    else:
        assert answer.status_code == 422
        assert answer.json()["message"]
        assert not Submission.objects.exists()
