"""Hostile and mislabelled mail on roads that need no browser: charsets, header injection, paths."""

from __future__ import annotations

import codecs
import os
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import quote, unquote

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.people import directory
from govmail_portal.errors import PortalError
from mailbox.models import Draft, Message
from mailbox.opening import mailbox_key, open_rendition
from mailbox.outbound import answering, drafting
from mailbox.outbound.enclosures import attach
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from tests.cast import Cast, signed_in
from tests.fakes import FakeGateway
from tests.mailbox.web.post import address_of, deliver

SUBJECT, NAME, BODY, FILE = "ขออนุมัติน้ำประปา", "สมชาย ใจดี", "เรียน ท่านผู้อำนวยการ กระเจียวบาน", "รายงานน้ำ"
# How the bytes are, and what the letter says they are.
CHARSETS = [
    ("tis-620", "TIS-620"),
    ("iso8859-11", "ISO-8859-11"),
    ("cp874", "windows-874"),
    ("utf-8", "UTF-8"),
    ("utf-8", "TIS-620"),
    ("utf-8", "windows-874"),
    ("utf-8", "ISO-8859-11"),
    ("utf-8", "us-ascii"),
    ("tis-620", "us-ascii"),
    ("cp874", "UTF-8"),
    ("tis-620", "x-unknown"),
]
# Whatever some program takes for the end of a line (webmail.md, class 16).
SEPARATORS = [
    "\r",
    "\n",
    "\r\n",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
]
INJECTIONS = [
    "*)(uid=*",
    "*",
    "\\2a",
    "(|(uid=*))",
    "' OR 1=1 --",
    "%",
    "_",
    "\\",
    "a\x00b",
    "{{7*7}}",
    "%s",
]


def thai_letter(truth: str, label: str) -> bytes:
    """A letter whose subject, name, body and file name are Thai in `truth`, labelled `label`."""

    def coded(text: str) -> bytes:
        return b"=?" + label.encode() + b"?B?" + b64encode(text.encode(truth)) + b"?="

    def percent(text: str) -> bytes:
        return label.encode() + b"''" + quote(text.encode(truth)).encode()

    lines = [
        b"From: " + coded(NAME) + b" <a@else.example>",
        b"To: amina@transport.example",
        b"Subject: " + coded(SUBJECT),
        b"Message-ID: <thai@else.example>",
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=b="',
        b"",
        b"--=b=\r\nContent-Type: text/plain; charset=" + label.encode(),
        b"Content-Transfer-Encoding: 8bit",
        b"",
        BODY.encode(truth),
        b"--=b=\r\nContent-Type: application/pdf",
        b"Content-Disposition: attachment; filename*=" + percent(f"{FILE}.pdf"),
        b"",
        b"%PDF-1.4",
        b"--=b=--",
        b"",
    ]
    return b"\r\n".join(lines)


@pytest.mark.parametrize(("truth", "label"), CHARSETS)
def test_thai_in_any_charset_and_under_any_label_is_thai_on_every_road(
    cast: Cast, truth: str, label: str
) -> None:
    assert codecs.lookup(truth)
    message = deliver(thai_letter(truth, label), cast.amina)[0]
    client = signed_in(cast.amina)
    inbox, letter = _page(client, "/"), _page(client, address_of(message))
    frame = _page(client, f"/mail/message/{message.pk}/body/")
    printed = _page(client, f"/mail/message/{message.pk}/print/")
    download = client.get(f"/mail/message/{message.pk}/attachment/0/")
    search = client.post("/mail/search/", {"q": "กระเจียวบาน"})["Location"]
    answer = answering.reply(message, by=cast.amina, now=timezone.now())
    passed_on = answering.forward(message, by=cast.amina, now=timezone.now())
    drafts = [_page(client, f"/mail/compose/{draft.pk}/") for draft in (answer, passed_on)]

    for shown in (inbox, letter, printed, _page(client, search)):
        assert SUBJECT in shown
        assert NAME in shown
    assert BODY in frame
    assert f"{FILE}.pdf" in letter
    assert f"{FILE}.pdf" in unquote(download["Content-Disposition"])
    for shown in drafts:
        assert SUBJECT in shown
        assert "กระเจียวบาน" in shown


def _page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


Answer = Callable[..., Draft]


def _as_file(message: Message, **named: object) -> Draft:
    return answering.forward(message, as_attachment=True, **named)  # type: ignore[arg-type]


def hostile_original(separator: str) -> bytes:
    """A letter that carries a separator in everything that an answer takes over."""

    def coded(text: str) -> str:
        return f"=?utf-8?B?{b64encode(text.encode()).decode()}?="

    evil = coded(f"x{separator}Bcc: evil@else.example{separator}X-Evil: 1")
    return (
        f"From: {evil} <a@else.example>\r\nTo: {evil} <amina@transport.example>\r\n"
        f"Reply-To: {evil} <a@else.example>\r\nSubject: {evil}\r\n"
        f"Message-ID: <{evil}@else.example>\r\n"
        f"References: <a@b> <{evil}@c>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="=b="\r\n\r\n--=b=\r\n\r\nhello\r\n'
        f'--=b=\r\nContent-Type: text/plain; name="{evil}"\r\nContent-ID: <{evil}>\r\n'
        f'Content-Disposition: attachment; filename="{evil}"\r\n\r\nx\r\n--=b=--\r\n'
    ).encode()


def handed_over(cast: Cast, draft: Draft) -> bytes:
    """Send a draft; the bytes that the gateway gets. Raises what refuses to send it."""
    draft.refresh_from_db()
    now = timezone.now()
    earlier = now - timedelta(seconds=settings.UNDO_SECONDS)
    gateway = FakeGateway()
    submission = send(draft, by=cast.amina, now=earlier)
    assert relay(submission, gateways=lambda _agency: [gateway], now=now)
    (message,) = gateway.messages
    return message


def no_header_was_added(raw: bytes) -> None:
    head = re.split(rb"\r\n\r\n|\n\n", raw)[0]
    for name in (b"bcc", b"x-evil"):
        assert not re.search(rb"(?im)(?:^|[\r\n\x0b\x0c\x1c-\x1e])" + name + rb"\s*:", head), head
    # As other programs read it: by str.splitlines, and by the standard library.
    text = head.decode("utf-8", "surrogateescape")
    assert not [line for line in text.splitlines() if line.lower().startswith(("bcc:", "x-evil:"))]
    read = message_from_bytes(raw, policy=default)
    for part in read.walk():
        assert part["Bcc"] is None
        assert part["X-Evil"] is None


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_what_is_typed_adds_no_header_at_the_gateway(cast: Cast, separator: str) -> None:
    evil = f"x{separator}Bcc: evil@else.example{separator}X-Evil: 1"
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())
    to = [{"address": "emil@else.example", "name": evil}]
    values = {"subject": evil, "text": "hello", "to": to, "cc": to}
    try:
        drafting.save(draft, values, version=draft.version, now=timezone.now())
        draft.refresh_from_db()
        attach(draft, name=evil, type=f"text/plain{separator}X-Evil: 1", data=b"x")
        raw = handed_over(cast, draft)
    except PortalError:
        return  # refused with a sentence
    no_header_was_added(raw)


def test_the_same_words_without_a_separator_are_sent(cast: Cast) -> None:
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())
    evil = "x Bcc: evil@else.example X-Evil: 1"
    to = [{"address": "emil@else.example", "name": evil}]
    values = {"subject": evil, "text": "hello", "to": to}
    drafting.save(draft, values, version=draft.version, now=timezone.now())
    raw = handed_over(cast, draft)

    assert message_from_bytes(raw, policy=default)["Subject"] == evil
    no_header_was_added(raw)


@pytest.mark.parametrize("answer", [answering.reply_all, answering.forward, _as_file])
@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_what_came_adds_no_header_to_its_answer_at_the_gateway(
    cast: Cast, separator: str, answer: Answer
) -> None:
    message = deliver(hostile_original(separator), cast.amina)[0]
    draft = answer(message, by=cast.amina, now=timezone.now())
    body = drafting.open_draft(draft)
    to = [{"address": "a@else.example", "name": ""}]
    drafting.save(draft, {**body.to_json(), "to": to}, version=draft.version, now=timezone.now())
    try:
        raw = handed_over(cast, draft)
    except PortalError:
        return
    no_header_was_added(raw)


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_typed_to_find_people_is_text_and_no_filter(cast: Cast, text: str) -> None:
    everybody = directory.find("transport", by=cast.amina)
    found = directory.find(text, by=cast.amina)
    client = signed_in(cast.amina)
    answers = [
        client.post("/mail/contacts/find/", {"q": text}),
        client.post("/mail/search/suggest/", {"q": f"from:{text}"}),
        client.post("/mail/search/", {"q": f"from:{text} in:{text}"}, follow=True),
        Client().post("/account/login/", {"login": text, "password": ""}),
    ]

    assert len(everybody) > 1
    assert found == []
    for answer in answers:
        assert answer.status_code in (200, 400, 404)
    assert "_auth_user_id" not in answers[-1].wsgi_request.session


PATHS = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/passwd",
    "a\x00.pdf",
    "C:\\x",
    "....//x",
    "%2e%2e%2fx",
]


@pytest.mark.parametrize("name", PATHS)
def test_a_name_from_outside_is_never_a_path(cast: Cast, name: str) -> None:
    coded = f"=?utf-8?B?{b64encode(name.encode()).decode()}?="
    raw = (
        "From: a@else.example\r\nTo: amina@transport.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="=b="\r\n\r\n--=b=\r\n\r\nx\r\n--=b=\r\n'
        "Content-Type: application/pdf\r\n"
        f'Content-Disposition: attachment; filename="{coded}"\r\n\r\n'
        "secret bytes\r\n--=b=--\r\n"
    ).encode()
    message = deliver(raw, cast.amina)[0]
    kept = open_rendition(message, mailbox_key(message.mailbox)).attachments[0].name
    client = signed_in(cast.amina)
    archive = b"".join(client.get(f"/mail/message/{message.pk}/attachments.zip").streaming_content)  # type: ignore[arg-type]

    assert os.path.basename(kept) == kept
    assert "\x00" not in kept
    assert "\\" not in kept
    assert b"../" not in archive
    assert b"etc/passwd" not in archive


def test_one_broken_or_foreign_part_is_not_stitched_to_its_neighbours(cast: Cast) -> None:
    """EFAIL: an image that begins before a part and ends after it would send its text out."""
    raw = (
        b"From: a@else.example\r\nTo: amina@transport.example\r\nSubject: x\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=b="\r\n\r\n'
        b'--=b=\r\nContent-Type: text/html\r\n\r\n<img src="http://192.0.2.1/?\r\n'
        b"--=b=\r\nContent-Type: text/plain\r\n\r\nthe secret of the ministry\r\n"
        b'--=b=\r\nContent-Type: text/html\r\n\r\n">\r\n--=b=--\r\n'
    )
    message = deliver(raw, cast.amina)[0]
    rendition = open_rendition(message, mailbox_key(message.mailbox))
    frame = _page(signed_in(cast.amina), f"/mail/message/{message.pk}/body/")
    asked = _page(signed_in(cast.amina), f"/mail/message/{message.pk}/body/?images=1")

    for shown in (frame, asked):
        assert not re.search(r"(?:src|href)=[^>]*secret", shown)
    assert "192.0.2.1" not in frame
    assert rendition.raw_length == len(raw)
