from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from mailbox.models import Draft, Mailbox, Submission
from mailbox.outbound import drafting, submission
from mailbox.outbound.enclosures import attach, enclosures
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

AS_SCRIPT = {"accept": "application/json"}


@pytest.fixture
def amina(cast: Cast) -> Client:
    return signed_in(cast.amina)


def begin(client: Client, **fields: str) -> Draft:
    answer = client.post(reverse("mailbox:compose"), {"mode": "new", **fields})
    assert answer.status_code == 302
    return Draft.objects.get(pk=UUID(answer.headers["Location"].split("/")[-2]))


def save(client: Client, draft: Draft, version: int, **body: Any) -> Any:
    return client.post(
        reverse("mailbox:draft-save", args=[draft.pk]),
        json.dumps({"version": version, "body": body}),
        content_type="application/json",
        headers=AS_SCRIPT,
    )


def text_of(draft: Draft) -> str:
    return drafting.open_draft(Draft.objects.get(pk=draft.pk)).text


def written(cast: Cast, by: Account, **values: Any) -> Draft:
    """A draft of somebody, with what was typed."""
    now = timezone.now()
    draft = drafting.start(Mailbox.objects.get(account=by), by=by, now=now)
    drafting.save(draft, values, version=1, now=now)
    return draft


def test_a_draft_is_saved_and_comes_back_as_it_was_typed(cast: Cast, amina: Client) -> None:
    draft = begin(amina)
    answer = save(
        amina, draft, 1, subject="ขอเชิญประชุม", text="วันพุธ", to=[{"address": cast.bruno.address}]
    )

    assert answer.json()["version"] == 2
    page = amina.get(reverse("mailbox:draft", args=[draft.pk])).content.decode()
    assert "ขอเชิญประชุม" in page
    assert "วันพุธ" in page
    assert cast.bruno.address in page


def test_the_answer_says_who_the_recipients_are(cast: Cast, amina: Client) -> None:
    people = [
        {"address": cast.chiara.address},
        {"name": "Somebody", "address": "some@else.example"},
        {"address": f"unknown@{cast.interior.domains.get().domain}"},
    ]
    told = save(amina, begin(amina), 1, to=people).json()["people"]

    assert told[0]["name"] == "Chiara Mankhong"
    assert told[0]["code"] == "มท"
    assert [one["external"] for one in told] == [False, True, False]


def test_a_draft_changed_in_another_window_is_not_overwritten(amina: Client) -> None:
    draft = begin(amina)
    save(amina, draft, 1, text="the first window")
    late = save(amina, draft, 1, text="the second window")

    assert late.status_code == 409
    assert text_of(draft) == "the first window"


def test_both_texts_can_be_kept(amina: Client) -> None:
    draft = begin(amina)
    attach(draft, name="list.csv", type="text/csv", data=b"a,b")
    save(amina, draft, 1, text="the first window", subject="same")
    answer = amina.post(
        reverse("mailbox:draft-copy", args=[draft.pk]),
        json.dumps({"body": {"text": "the second window"}}),
        content_type="application/json",
        headers=AS_SCRIPT,
    )
    copy = Draft.objects.exclude(pk=draft.pk).get()

    assert str(copy.pk) in answer.json()["url"]
    assert text_of(draft) == "the first window"
    assert text_of(copy) == "the second window"
    assert [file.name for file in enclosures(copy)] == ["list.csv"]


def test_the_plain_form_keeps_both_texts_by_itself(amina: Client) -> None:
    draft = begin(amina)
    save(amina, draft, 1, text="the first window")
    form = {"version": "1", "text": "the plain form", "subject": "", "to": ""}
    answer = amina.post(reverse("mailbox:draft", args=[draft.pk]), form, follow=True)

    assert "apart=1" in answer.redirect_chain[-1][0]
    assert {text_of(one) for one in Draft.objects.all()} == {"the first window", "the plain form"}


def test_the_plain_form_sends_with_its_files(cast: Cast, amina: Client) -> None:
    draft = begin(amina)
    form = {
        "version": "1",
        "to": f"Bruno <{cast.bruno.address}>; some@else.example",
        "bcc": cast.hana.address,
        "subject": "With a file",
        "text": "attached",
        "urgency": "3",
        "file": SimpleUploadedFile("แผน.txt", b"plan", "text/plain"),
    }
    answer = amina.post(reverse("mailbox:draft-send", args=[draft.pk]), form, follow=True)
    sent = Submission.objects.get()

    assert answer.redirect_chain[-1][0] == reverse("mailbox:submission", args=[sent.pk])
    assert sent.urgency == 3
    assert sent.deliveries.count() == 3
    assert "some@else.example" in answer.content.decode()


def test_a_letter_to_nobody_is_refused_and_its_text_kept(amina: Client) -> None:
    draft = begin(amina)
    form = {"version": "1", "to": "", "text": "to nobody", "subject": ""}
    answer = amina.post(reverse("mailbox:draft-send", args=[draft.pk]), form)

    assert answer.status_code == 422
    assert text_of(draft) == "to nobody"


def test_an_address_that_cannot_be_read_stays_as_it_was_typed(amina: Client) -> None:
    draft = begin(amina)
    form = {"version": "1", "to": "somchai at home", "text": "", "subject": ""}
    answer = amina.post(reverse("mailbox:draft-send", args=[draft.pk]), form)

    assert answer.status_code == 422
    assert (
        "somchai at home" in amina.get(reverse("mailbox:draft", args=[draft.pk])).content.decode()
    )


def test_undo_brings_the_draft_back(cast: Cast, amina: Client) -> None:
    draft = begin(amina)
    url = reverse("mailbox:draft-send", args=[draft.pk])
    body = {"version": 1, "body": {"to": [{"address": cast.bruno.address}], "text": "too quick"}}
    amina.post(url, json.dumps(body), content_type="application/json", headers=AS_SCRIPT)
    sent = Submission.objects.get()
    offered = amina.get(reverse("mailbox:drafts", args=[draft.mailbox_id])).content.decode()
    assert reverse("mailbox:submission-undo", args=[sent.pk]) in offered

    answer = amina.post(reverse("mailbox:submission-undo", args=[sent.pk]))
    assert answer.headers["Location"] == reverse("mailbox:draft", args=[draft.pk])
    assert text_of(draft) == "too quick"


def test_after_the_window_there_is_nothing_to_undo(cast: Cast, amina: Client) -> None:
    draft = written(cast, cast.amina, to=[cast.bruno.address], text="gone")
    past = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS + 1)
    sent = submission.send(draft, by=cast.amina, now=past)
    answer = amina.post(reverse("mailbox:submission-undo", args=[sent.pk]))

    assert answer.status_code == 409


def test_a_file_beyond_the_limit_is_refused_with_a_sentence(amina: Client, settings: Any) -> None:
    settings.ATTACHMENT_LIMIT = 10
    draft = begin(amina)
    file = SimpleUploadedFile("big.bin", b"x" * 11, "application/octet-stream")
    url = reverse("mailbox:draft-files", args=[draft.pk])
    answer = amina.post(url, {"file": file}, headers=AS_SCRIPT)

    assert answer.status_code == 413
    assert "larger" in answer.json()["message"]
    assert draft.attachments.count() == 0


def test_an_upload_too_large_for_memory_is_refused(amina: Client, settings: Any) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    draft = begin(amina)
    file = SimpleUploadedFile("big.bin", b"x" * 2000, "application/octet-stream")
    url = reverse("mailbox:draft-files", args=[draft.pk])

    assert amina.post(url, {"file": file}, headers=AS_SCRIPT).status_code == 413


def test_files_come_and_go(amina: Client) -> None:
    draft = begin(amina)
    url = reverse("mailbox:draft-files", args=[draft.pk])
    file = SimpleUploadedFile("../../รายชื่อ.csv", b"a,b", "text/csv")
    told = amina.post(url, {"file": file}, headers=AS_SCRIPT).json()
    assert told["name"] == "รายชื่อ.csv"
    assert "รายชื่อ.csv" in amina.get(reverse("mailbox:draft", args=[draft.pk])).content.decode()

    assert amina.post(told["remove_url"], headers=AS_SCRIPT).status_code == 200
    assert draft.attachments.count() == 0


def test_formatted_text_is_cleaned_before_it_is_kept(amina: Client) -> None:
    draft = begin(amina)
    save(amina, draft, 1, text="", html="<b>bold</b><script>alert(1)</script><img src=x onerror=y>")
    page = amina.get(reverse("mailbox:draft", args=[draft.pk])).content.decode()
    kept = re.search(r"<textarea data-html hidden>(.*?)</textarea>", page, re.S)

    assert kept is not None
    assert "&lt;b&gt;bold&lt;/b&gt;" in kept[1]
    assert "script" not in kept[1]
    assert "onerror" not in kept[1]


def test_a_formatted_letter_survives_the_plain_form(amina: Client) -> None:
    draft = begin(amina)
    save(amina, draft, 1, text="", html="<p>one</p><p><b>two</b></p>")
    page = amina.get(reverse("mailbox:draft", args=[draft.pk])).content.decode()
    shown = re.search(r"data-plain>(.*?)</textarea>", page, re.S)
    assert shown is not None
    form = {"version": "2", "text": shown[1].replace("\n", "\r\n"), "subject": "new", "to": ""}
    amina.post(reverse("mailbox:draft", args=[draft.pk]), form)

    assert drafting.open_draft(Draft.objects.get(pk=draft.pk)).is_rich


def test_what_is_not_json_is_a_bad_request(amina: Client) -> None:
    draft = begin(amina)
    url = reverse("mailbox:draft-save", args=[draft.pk])
    for content in (
        "[]",
        '{"version": 1}',
        '{"body": 3, "version": 1}',
        '{"body": {}, "version": "x"}',
        '{"body": {"to": 3}}',
        '{"body": {"cc": "x"}}',
    ):
        answer = amina.post(url, content, content_type="application/json", headers=AS_SCRIPT)
        assert answer.status_code == 400, content


def test_the_page_brings_no_script_or_style_of_its_own(amina: Client) -> None:
    page = amina.get(reverse("mailbox:draft", args=[begin(amina).pk])).content.decode()

    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)


def test_drafts_are_listed_fifty_a_page(cast: Cast, amina: Client) -> None:
    box, now = cast.mailbox_of(cast.amina), timezone.now()
    for number in range(53):
        draft = drafting.start(box, by=cast.amina, now=now - timedelta(minutes=number))
        values = {"subject": f"number {number:02}"}
        drafting.save(draft, values, version=1, now=now - timedelta(minutes=number))
    url = reverse("mailbox:drafts", args=[box.pk])
    first = amina.get(url).content.decode()
    older = re.search(r'href="(\?after=[^"]+)"', first)
    assert older is not None
    second = amina.get(url + older[1]).content.decode()

    assert re.findall(r"number \d\d", first) == [f"number {n:02}" for n in range(50)]
    assert re.findall(r"number \d\d", second) == ["number 50", "number 51", "number 52"]


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_of_drafts_costs_the_same_at_any_length(
    cast: Cast, amina: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    box, now = cast.mailbox_of(cast.amina), timezone.now()
    for _ in range(count):
        drafting.start(box, by=cast.amina, now=now)
    with django_assert_max_num_queries(10):
        amina.get(reverse("mailbox:drafts", args=[box.pk]))


def test_chiara_sees_nothing_of_it(cast: Cast, amina: Client) -> None:
    draft = written(cast, cast.amina, to=[cast.bruno.address], text="ours")
    file = attach(draft, name="a.txt", type="text/plain", data=b"a")
    sent = submission.send(
        written(cast, cast.amina, to=[cast.bruno.address], text="ours"),
        by=cast.amina,
        now=timezone.now(),
    )
    assert amina.get(reverse("mailbox:draft", args=[draft.pk])).status_code == 200
    assert amina.get(reverse("mailbox:submission", args=[sent.pk])).status_code == 200

    chiara = signed_in(cast.chiara)
    for name, arguments in (
        ("draft", [draft.pk]),
        ("draft-save", [draft.pk]),
        ("draft-copy", [draft.pk]),
        ("draft-send", [draft.pk]),
        ("draft-discard", [draft.pk]),
        ("draft-files", [draft.pk]),
        ("draft-file-remove", [draft.pk, file.id]),
        ("submission-undo", [sent.pk]),
    ):
        assert chiara.post(reverse(f"mailbox:{name}", args=arguments)).status_code == 404, name
    for name, row in (
        ("draft", draft),
        ("submission", sent),
        ("drafts", draft.mailbox),
        ("outbox", draft.mailbox),
    ):
        assert chiara.get(reverse(f"mailbox:{name}", args=[row.pk])).status_code == 404, name


def test_a_discarded_draft_is_gone(amina: Client) -> None:
    draft = begin(amina)
    amina.post(reverse("mailbox:draft-discard", args=[draft.pk]))

    assert not Draft.objects.exists()
    assert amina.get(reverse("mailbox:draft", args=[draft.pk])).status_code == 404
