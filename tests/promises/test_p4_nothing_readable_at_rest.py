"""P4: no word of any mail lies readable in the database, the files, Redis, logs or temp files.

Mail comes in by the journeys of LMTP and worker, is written, saved and sent;
one arrival and one submission are caught before a worker takes them.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from govmail_portal import embedded
from govmail_portal.dates import BANGKOK
from mailbox import opening
from mailbox.addressbook import contacts
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import (
    Arrival,
    Contact,
    Delivery,
    Draft,
    FilterRule,
    LetterTemplate,
    Message,
    RecentSearch,
    Signature,
    Vacation,
)
from mailbox.outbound import drafting, submission
from mailbox.outbound.enclosures import attach
from mailbox.outbound.relay import relay
from mailbox.reading import labels
from mailbox.sealing.keyring import StoredKeyring
from tests import processes
from tests.cast import Cast, gather, signed_in
from tests.smoke import canary

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WORDS = {
    "subject": "quokkalanternfish",
    "body": "กระเจียวบานริมธารหินผา",
    "file name": "wombatparasolquiver",
    "file": "narwhalthimbleorchid",
    "sender": "ibexcatapultmeringue",
    "draft": "pangolinxylophonefig",
    "draft's file": "axolotlbagpipesaffron",
    "recipient": "capybaraharpsichordelm",
    "waiting": "ocelottrombonesaltbox",
    "scheduled": "tapirmarimbalighthouse",
    "contact": "okapibassoonraincoat",
    "contact's address": "lemurpiccoloinkwell",
    "deleted contact": "binturongzithercandle",
    "address card": "potooaccordionthicket",
    "group": "dugongtambourinequay",
    "signature": "echidnamandolinbrook",
    "own template": "kinkajouglockenspielfen",
    "shared template": "pademelonukulelemarsh",
    "label": "saigaxylorimbameadow",
    "search": "numbatconcertinacliff",
    "rule": "markhorclavichordheath",
    "absence": "gerenukocarinadelta",
}


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """Everything that any logger says, at the level of DEBUG."""
    path = tmp_path / "log"
    handler = logging.FileHandler(path)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield path
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()


@pytest.fixture
def temp_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temp folder of everything that is started from here."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def reader(temp_folder: Path) -> Iterator[ReadingProcess]:
    process = ReadingProcess(seconds=10, memory=2**30)
    yield process
    process.close()


def incoming(body: str, padding: int = 0) -> bytes:
    return (
        f"From: {WORDS['sender']} <{WORDS['sender']}@else.example>\r\n"
        "To: amina@transport.example\r\n"
        f"Subject: {WORDS['subject']}\r\nMessage-ID: <{WORDS['subject']}@else.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        f"{'padding ' * padding}\r\n"
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="'
        f'{WORDS["file name"]}.txt"\r\n\r\n{WORDS["file"]}\r\n--b--\r\n'
    ).encode()


def write_and_send(people: Cast) -> None:
    box = people.mailbox_of(people.amina)
    draft = drafting.start(box, by=people.amina, now=NOW)
    to = ["bruno@transport.example", f"{WORDS['recipient']}@else.example"]
    values = {"to": to, "subject": WORDS["draft"], "text": WORDS["draft"]}
    drafting.save(draft, values, version=draft.version, now=NOW)
    attach(
        draft,
        name=f"{WORDS['file name']}.bin",
        type="text/plain",
        data=WORDS["draft's file"].encode() * 9000,
    )
    kept = drafting.start(box, by=people.amina, now=NOW)
    drafting.save(kept, values, version=kept.version, now=NOW)
    draft.refresh_from_db()
    sent = submission.send(draft, by=people.amina, now=NOW)
    relay(sent, gateways=lambda agency: [], now=sent.undo_until)


def keep_what_is_the_writers_own(people: Cast) -> None:
    """Contacts, stationery, labels, searches, rules and an absence; most by their pages."""
    box, client = people.mailbox_of(people.amina), signed_in(people.amina)

    def post(page: str, /, *args: object, **values: str) -> None:
        answer = client.post(reverse(f"mailbox:{page}", args=args), values)
        assert answer.status_code in (200, 302), (page, answer.status_code)

    address = WORDS["contact's address"] + "@else.example"
    post("contact-new", name=WORDS["contact"], addresses=address, note=WORDS["contact"])
    post("contact-new", name=WORDS["deleted contact"], addresses="gone@else.example")
    for one in contacts.book_of(box, opening.mailbox_key(box)):
        if one.card.name == WORDS["deleted contact"]:
            post("contact-delete", one.id)
    word = WORDS["address card"]
    cards = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{word}\r\n{word} is no line\r\nEND:VCARD\r\n" * 2
    # Once as it should be, once in a way that the library would like to complain about.
    cards = cards.replace("is no line", f"\r\nEMAIL:{word}@else.example", 1)
    file = SimpleUploadedFile(f"{word}.vcf", cards.encode(), "text/vcard")
    assert client.post(reverse("mailbox:contacts-import"), {"cards": file}).status_code == 200
    post("contact-group-new", name=WORDS["group"])
    client.post(reverse("mailbox:find-people"), {"q": WORDS["contact"]})
    post("signatures", name=WORDS["signature"], text=WORDS["signature"], is_for_new="on")
    post("templates", name=WORDS["own template"], text=WORDS["own template"])
    post("templates", subject=WORDS["shared template"], text="x", is_shared="on")
    labels.create(box, WORDS["label"], opening.mailbox_key(box))
    post("search", q=WORDS["search"])
    draft = drafting.start(box, by=people.amina, now=NOW, to=["bruno@transport.example"])
    drafting.save(draft, {"subject": WORDS["scheduled"]}, version=1, now=NOW)
    submission.send(draft, by=people.amina, now=NOW, at=NOW + timedelta(days=1))
    today = timezone.now().astimezone(BANGKOK).date()
    days = {f"first_{part}": str(getattr(today, part)) for part in ("year", "month", "day")}
    post("vacation", **days, outside=WORDS["absence"], inside=WORDS["absence"])
    rule = {"name": WORDS["rule"], "needs": "all", "do": "save", "move_to": "archive"}
    post("filter-new", **rule, field="subject", how="contains", value=WORDS["rule"])
    assert FilterRule.objects.exists() and Vacation.objects.exists()
    assert Contact.objects.count() == 2 and RecentSearch.objects.exists()
    assert LetterTemplate.objects.count() == 2 and Signature.objects.exists()


def at_rest(*folders: Path) -> dict[str, set[str]]:
    """Return where words were found: in the dump, in Redis, in any file of the folders."""
    url = processes.environment()["DATABASE_URL"]
    dump = canary.dump_database(embedded.postgres_program("pg_dump"), url)
    found = {
        "the database": canary.search_bytes(dump, WORDS.values()),
        "Redis": canary.search_bytes(canary.dump_redis(os.environ["REDIS_URL"]), WORDS.values()),
    }
    for folder in folders:
        found |= canary.search_tree(folder, WORDS.values())
    return {place: words for place, words in found.items() if words}


def test_no_word_of_mail_is_readable_at_rest(
    people: Cast, reader: ReadingProcess, log_file: Path, temp_folder: Path
) -> None:
    boxes = [people.mailbox_of(people.amina).id, people.mailbox_of(people.chiara).id]
    for padding in (0, 40_000):  # in the row, and in a file
        arrival = take_in(
            incoming(WORDS["body"], padding),
            sender=f"{WORDS['sender']}@else.example",
            mailboxes=boxes,
            recipients=["amina@transport.example", f"{WORDS['recipient']}@transport.example"],
            options=[],
            now=NOW,
        )
        file_arrival(arrival, reader=reader, now=NOW)
    write_and_send(people)
    keep_what_is_the_writers_own(people)
    waiting = incoming(WORDS["waiting"])
    take_in(
        waiting, sender="x@else.example", mailboxes=boxes, recipients=["y"], options=[], now=NOW
    )
    client = signed_in(people.amina)
    assert client.get("/", follow=True).status_code == 200
    searched = client.post("/mail/search/", {"q": f"{WORDS['search']} OR x"}, follow=True)
    assert WORDS["search"] in searched.content.decode()
    client.post("/mail/search/suggest/", {"q": WORDS["search"]})

    assert Message.objects.count() >= 4
    assert Arrival.objects.exists()
    assert Draft.objects.exists()
    assert Delivery.objects.filter(state=Delivery.State.DEFERRED).exists()
    assert at_rest(Path(settings.VAR_DIR), temp_folder, log_file.parent) == {}


def test_the_search_would_have_found_a_word_in_each_place(people: Cast, tmp_path: Path) -> None:
    people.bruno.official.given_name_en = WORDS["subject"]
    people.bruno.official.save()
    (tmp_path / "blob").write_bytes(WORDS["body"].encode("cp874"))
    assert set(at_rest(tmp_path)) == {"the database", str(tmp_path / "blob")}
