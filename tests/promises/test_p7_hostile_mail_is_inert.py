"""P7: hostile mail is inert on every road: no script runs, no request leaves, no page fails.

Every message of the corpus and every hostile fragment comes in by LMTP, is filed
by the worker's journey and opened in Chromium as a letter with its frame. A spread of
them goes over the other roads too: conversation, print, headers, looking at files, reply
and forward (quote and restored draft), images allowed. Lists and search results show all
of them, with snippets and marked words; the administration shows nothing of them.
"""

from __future__ import annotations

import json
import smtplib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from itertools import islice
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
from mailbox.opening import mailbox_key, open_rendition
from mailbox.outbound import answering
from mailbox.reading.files import look_of
from mailbox.sealing.keyring import StoredKeyring
from mailbox.searching.recent import remember
from tests.browser.desk import Desk, desk_of
from tests.cast import Cast, gather, signed_in
from tests.mailbox import door
from tests.mailbox.mime.hostile_html import FRAGMENTS
from tests.services import needs_chromium, needs_shared

pytestmark = [pytest.mark.browser, pytest.mark.shared]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
# Raised by LMTP on purpose: a lone dot that does not end in CR LF would smuggle a second message.
SMUGGLED = 554
# Roads that are long are walked with each so-manieth conversation.
SPREAD = 12
PICTURE = '<p><img src="https://pictures.example/a.png" width="40" height="40" alt=""></p>'


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
    fragments = [vector["html"] for vector in vectors] + FRAGMENTS
    for number, fragment in enumerate(fragments):
        # Some have a picture that may be asked for, so that the road with images has walkers.
        yield as_message(number, fragment + PICTURE if number % SPREAD == 0 else fragment)


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


@pytest.fixture
def lmtp_port(people: Cast, key_set: dict[Any, StoredKeyring], tmp_path: Path) -> Iterator[int]:
    """A real LMTP process with its own keys."""
    with door.running(key_set["lmtp"], tmp_path) as lmtpd:
        yield lmtpd.port


def take_in_and_file(port: int, to: str, *, every: int = 1) -> int:
    """Deliver everything hostile; return how many messages that makes. All must be filed.

    every: take only each so-manieth of them.

    The corpus has some messages twice (the same Message-ID, words and body), and a
    message that comes twice is filed once.
    """
    taken = set()
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("else.example")
        for raw in islice(hostile(), 0, None, every):
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


def letters_of(account: Account) -> list[str]:
    """Every message as the conversation shows it, its frame inside."""
    mine = Message.objects.filter(mailbox__account=account).order_by("id")
    return [f"/mail/message/{pk}/" for pk in mine.values_list("pk", flat=True)]


def roads(account: Account) -> list[str]:
    """The other roads, for a spread of the conversations: every 12th takes all of them.

    Its whole page, on paper, its headers, its first files looked at, and an answer
    that quotes it or passes it on, restored in the editor.
    """
    inbox = f"/mail/{account.mailbox.pk}/inbox/"
    pages = [f"/mail/{account.mailbox.pk}/drafts/"]
    threads = Thread.objects.filter(mailbox__account=account).order_by("id")
    for number, thread in enumerate(threads[::SPREAD]):
        message = thread.messages.latest("received_at")
        here = f"/mail/message/{message.pk}/"
        answer = answering.forward if number % 2 else answering.reply_all
        draft = answer(message, by=account, now=NOW)
        pages += [f"{inbox}t/{thread.pk}/", f"{here}print/", f"{here}headers/"]
        pages += [reverse("mailbox:draft", args=[draft.pk])]
        rendition = open_rendition(message, mailbox_key(message.mailbox))
        files = [one for one in rendition.attachments if look_of(one)]
        pages += [f"{here}attachment/{one.index}/look/" for one in files[:2]]
    return pages


def lists_of(account: Account) -> list[str]:
    """All pages of the inbox with its snippets, and of a search that marks hostile words."""
    client = signed_in(account)
    key = mailbox_key(account.mailbox)
    words = "script OR onerror OR src OR svg OR style OR in:inbox"
    search = remember(account.mailbox, words, private_key=key, now=NOW)
    pages = []
    address = f"/mail/{account.mailbox.pk}/inbox/"
    while address:
        pages.append(address)
        older = client.get(address).context["page"].older
        address = f"{pages[0]}?before={older}" if older else ""
    first = address = reverse("mailbox:search-results", args=[search.pk])
    while address:
        pages.append(address)
        further = client.get(address).context["outcome"].further
        address = f"{first}?{further}" if further else ""
    return pages


def with_images(account: Account) -> list[str]:
    """The frames whose pictures from outside somebody may ask for."""
    found = []
    for message in Message.objects.filter(mailbox__account=account).select_related("mailbox"):
        if open_rendition(message, mailbox_key(message.mailbox)).html_remote:
            found.append(f"/mail/message/{message.pk}/body/?images=1")
    return found


@dataclass
class Walk:
    """What Chromium met: pages opened, frames of letters in them, and what went wrong."""

    pages: int = 0
    frames: int = 0
    wrong: list[str] = field(default_factory=list)

    def through(self, desk: Desk, addresses: list[str], *, may_ask: str = "") -> None:
        """Open every address in one tab. may_ask: how requests that may leave begin."""
        page = desk.open("/account/second-factor/")
        answers: list[tuple[str, int]] = []
        page.on("response", lambda answer: answers.append((answer.url, answer.status)))
        for address in addresses:
            answers.clear()
            page.goto(desk.origin + address, wait_until="load")
            bad = [f"{url} {status}" for url, status in answers if status >= 500]
            strange = [one for one in desk.strange if not (may_ask and one.startswith(may_ask))]
            if bad or strange or page.url != desk.origin + address:
                self.wrong.append(f"{address} -> {page.url}: {bad} {strange}")
            desk.strange.clear()
            self.pages += 1
            self.frames += sum("/body/" in url for url, _status in answers)
        page.close()


def click_through(desk: Desk, address: str, rows: int) -> list[str]:
    """Open the first letters of a list in place, as their readers do; give the window's titles."""
    page = desk.open(address)
    titles = []
    for number in range(rows):
        row = page.locator("#rows .row").nth(number)
        thread = row.get_attribute("data-thread")
        row.locator(".row__link").click()
        page.locator(f'#reader[data-thread="{thread}"]').wait_for()
        titles.append(page.title())
    page.close()
    return titles


def test_nothing_hostile_runs_leaves_or_breaks_a_page(
    people: Cast, lmtp_port: int, live_server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_chromium()
    people.amina.density = "roomy"
    people.amina.save(update_fields=["density"])
    taken = take_in_and_file(lmtp_port, people.amina.address)
    assert taken > 340
    assert Message.objects.count() == taken
    letters, others = letters_of(people.amina), roads(people.amina)
    lists, images = lists_of(people.amina), with_images(people.amina)
    walked = Walk()
    with desk_of(people.amina, live_server.url) as desk:
        walked.through(desk, [*letters, *others, *lists])
        walked.through(desk, images, may_ask="https://")
        titles = click_through(desk, f"/mail/{people.amina.mailbox.pk}/inbox/", 6)
        assert desk.strange == []
    with capsys.disabled():
        numbers = f"{taken} cases, {walked.pages} pages, {walked.frames} frames of letters"
        sys.stdout.write(f"\nP7: {numbers}, {len(walked.wrong)} ran, left or failed\n")

    assert walked.frames > taken
    assert len(images) > 5
    assert len(lists) > 8
    assert all(titles)
    assert walked.wrong == []


def test_the_administration_shows_nothing_of_it(people: Cast, lmtp_port: int) -> None:
    take_in_and_file(lmtp_port, people.amina.address, every=SPREAD)
    people.hana.is_superuser = True
    people.hana.save()
    client = signed_in(people.hana)
    for model in ("mailbox/arrival", "mailbox/gateway", "mailbox/submission", "accounts/account"):
        page = client.get(f"/admin/{model}/")
        assert page.status_code == 200
        assert b"alert(" not in page.content
