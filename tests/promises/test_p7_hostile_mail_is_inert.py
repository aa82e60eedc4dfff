"""P7: hostile mail is inert on every road: no script runs, no request leaves, no page fails.

Every message of the corpus and every hostile fragment comes in by LMTP, is filed
by the worker's journey and opened in Chromium: list, conversation with its frame,
reply and forward (quote and restored draft), source, and the administration.
"""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import Header
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Account
from mailbox.filing import identity_of
from mailbox.inbound.arrivals import file_arrival
from mailbox.mime.parse import parse
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Message, Thread
from mailbox.outbound import answering
from mailbox.sealing.keyring import StoredKeyring
from tests.browser.desk import Desk, desk_of
from tests.cast import Cast, gather, signed_in
from tests.mailbox import door
from tests.services import needs_chromium, needs_shared

pytestmark = [pytest.mark.browser, pytest.mark.shared]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
# Raised by LMTP on purpose: a lone dot that does not end in CR LF would smuggle a second message.
SMUGGLED = 554


def as_message(number: int, html: str) -> bytes:
    """Wrap a hostile fragment: as HTML body, and as subject, names and file name too."""
    words = " ".join(html.split())[:200]
    coded = Header(words, "utf-8", maxlinelen=900).encode().replace("\n", "\r\n")
    head = (
        f"From: {coded} <someone@else.example>\r\nTo: {coded} <amina@transport.example>\r\n"
        f"Subject: {number} {coded}\r\nMessage-ID: <vector-{number}@else.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=b="\r\n\r\n'
        "--=b=\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    )
    tail = (
        "\r\n--=b=\r\nContent-Type: text/html; name=x.html\r\n"
        f'Content-Disposition: attachment; filename="{coded}"\r\n\r\n'
        "<script>alert(1)</script>\r\n--=b=--\r\n"
    )
    body = html.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return (head + body + tail).encode("utf-8", "surrogatepass")


def hostile() -> Iterator[bytes]:
    corpus = needs_shared("corpus")
    for path in sorted((corpus / "mime").rglob("*.eml")):
        yield path.read_bytes()
    vectors = json.loads((corpus / "html" / "vectors.json").read_text("utf-8"))["vectors"]
    for number, vector in enumerate(vectors):
        yield as_message(number, vector["html"])


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


@pytest.fixture
def lmtp_port(people: Cast, key_set: dict[Any, StoredKeyring], tmp_path: Path) -> Iterator[int]:
    """A real LMTP process with its own keys."""
    with door.running(key_set["lmtp"], tmp_path) as lmtpd:
        yield lmtpd.port


def take_in_and_file(port: int, to: str) -> int:
    """Deliver everything hostile; return how many messages that makes. All must be filed.

    The corpus has some messages twice (the same Message-ID, words and body), and a
    message that comes twice is filed once.
    """
    taken = set()
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("else.example")
        for raw in hostile():
            client.rset()
            client.mail("someone@else.example", ["BODY=8BITMIME"])
            client.rcpt(to)
            code, _words = client.data(raw)
            assert code in (250, SMUGGLED)
            if code == 250:
                taken.add(identity_of(parse(raw)[0], raw))
    reader = ReadingProcess(seconds=20, memory=2**30)
    try:
        for arrival in Arrival.objects.all():
            assert file_arrival(arrival, reader=reader, now=datetime.now(UTC))
    finally:
        reader.close()
    assert not Arrival.objects.exists()
    return len(taken)


def roads(account: Account) -> list[str]:
    """Return the addresses to open.

    Of every message: the letter as the conversation shows it, and its frame. Of every
    sixth also the conversation's whole page, and an answer that quotes it or passes
    it on, restored in the editor. And the lists, with every subject and snippet.
    """
    inbox = f"/mail/{account.mailbox.pk}/inbox/"
    pages = [inbox, f"/mail/{account.mailbox.pk}/drafts/"]
    for number, thread in enumerate(Thread.objects.filter(mailbox__account=account).order_by("id")):
        for message in thread.messages.all():
            pages += [f"/mail/message/{message.pk}/", f"/mail/message/{message.pk}/body/"]
        if number % 6 == 0:
            answer = answering.forward if number % 12 else answering.reply_all
            draft = answer(thread.messages.latest("received_at"), by=account, now=NOW)
            pages += [f"{inbox}t/{thread.pk}/", reverse("mailbox:draft", args=[draft.pk])]
    return pages


def walk(desk: Desk, addresses: list[str]) -> list[str]:
    """Open every address in one tab; return those that failed or did something strange."""
    wrong = []
    page = desk.open("/account/second-factor/")
    frames: list[tuple[str, int]] = []
    page.on("response", lambda answer: frames.append((answer.url, answer.status)))
    for address in addresses:
        frames.clear()
        page.goto(desk.origin + address, wait_until="load")
        bad = [f"{url} {status}" for url, status in frames if status >= 500]
        if bad or desk.strange or page.url != desk.origin + address:
            wrong.append(f"{address} -> {page.url}: {bad} {desk.strange}")
            desk.strange.clear()
    return wrong


def test_nothing_hostile_runs_leaves_or_breaks_a_page(
    people: Cast, lmtp_port: int, live_server: Any
) -> None:
    needs_chromium()
    taken = take_in_and_file(lmtp_port, people.amina.address)
    assert taken > 340
    assert Message.objects.count() == taken
    pages = roads(people.amina)
    with desk_of(people.amina, live_server.url) as desk:
        wrong = walk(desk, pages)
    assert wrong == []


def test_the_administration_shows_nothing_of_it(people: Cast, lmtp_port: int) -> None:
    take_in_and_file(lmtp_port, people.amina.address)
    people.hana.is_superuser = True
    people.hana.save()
    client = signed_in(people.hana)
    for model in ("mailbox/arrival", "mailbox/gateway", "mailbox/submission", "accounts/account"):
        page = client.get(f"/admin/{model}/")
        assert page.status_code == 200
        assert b"alert(" not in page.content
