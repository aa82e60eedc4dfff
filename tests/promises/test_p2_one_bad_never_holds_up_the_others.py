"""P2. One bad recipient, one poison message: the others never wait for it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.conf import settings
from django.utils import timezone

from mailbox import tasks
from mailbox.filing.indexed.files import _extracting_process
from mailbox.inbound.arrivals import take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Mailbox, UnfoldedSignature
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests import processes
from tests.cast import Cast
from tests.mailbox.door import running
from tests.mailbox.mime.extracting.files import as_sent, pdf_that_swells
from tests.mailbox.post import counts, raw_letter

pytestmark = pytest.mark.django_db(transaction=True)


class Line:
    """The wire between a process and PostgreSQL, which a test may cut and mend."""

    def __init__(self, folder: Path) -> None:
        url = urlsplit(processes.environment()["DATABASE_URL"])
        (there,) = parse_qs(url.query)["host"]
        self._server = f"{there}/.s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._is_cut = False
        self.url = url._replace(query=f"host={quote(str(folder))}").geturl()
        threading.Thread(target=self._connect, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()
        for end in self._open:
            end.close()

    def _connect(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._is_cut:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._server)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while some := one.recv(65_536):
                other.sendall(some)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    line = Line(tmp_path_factory.mktemp("l"))
    yield line
    line.close()


def test_three_recipients_hear_250_550_and_451(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, line: Line
) -> None:
    with running(key_set["lmtp"], tmp_path, DATABASE_URL=line.url) as lmtpd:
        caller = lmtpd.call()
        caller.hello()
        said = caller.say(
            "MAIL FROM:<dara@elsewhere.example>",
            "RCPT TO:<amina@transport.example>",
            "RCPT TO:<nobody@transport.example>",
        )
        line.cut()
        said += caller.say("RCPT TO:<bruno@transport.example>")
        assert [reply[:9] for reply in said[1:]] == ["250 2.1.5", "550 5.1.1", "451 4.3.0"]
        line.mend()
        assert caller.say("DATA")[0].startswith("354")
        caller.send(raw_letter() + b".\r\n")
        assert caller.reply().startswith("250 2.0.0")

        line.cut()
        caller.say("MAIL FROM:<>")
        assert caller.say("RCPT TO:<amina@transport.example>")[0].startswith("451")
        caller.close()
    assert Arrival.objects.get().mailbox_ids == [cast.mailbox_of(cast.amina).pk]


def test_a_database_that_goes_away_before_the_dot_means_451_and_nothing_kept(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, line: Line
) -> None:
    with running(key_set["lmtp"], tmp_path, DATABASE_URL=line.url) as lmtpd:
        caller = lmtpd.call()
        caller.hello()
        caller.say("MAIL FROM:<>")
        caller.say("RCPT TO:<amina@transport.example>", "RCPT TO:<bruno@transport.example>", "DATA")
        line.cut()
        caller.send(raw_letter() + b".\r\n")
        assert [caller.reply()[:9] for _ in range(2)] == ["451 4.3.0"] * 2
        assert not Arrival.objects.exists()
        line.mend()
        assert caller.deliver(raw_letter(), "amina@transport.example")[0].startswith("250")
        caller.close()
    assert Arrival.objects.count() == 1


def test_no_key_and_no_disk_mean_451(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path
) -> None:
    nowhere = tmp_path / "a-file-and-no-folder"
    nowhere.write_text("")
    with running(key_set["lmtp"], tmp_path, CONTENT_DIR=str(nowhere)) as lmtpd:
        caller = lmtpd.call()
        caller.hello()
        large = raw_letter(body=os.urandom(90_000).hex())
        assert caller.deliver(large, "amina@transport.example")[0].startswith("451")
        assert caller.deliver(raw_letter(), "amina@transport.example")[0].startswith("250")
        (tmp_path / "lmtp.json").unlink()
        caller.close()
    assert Arrival.objects.count() == 1


def arrive(mailbox: Mailbox, raw: bytes) -> Arrival:
    return take_in(
        raw,
        sender="",
        mailboxes=[mailbox.pk],
        recipients=[],
        now=timezone.now(),
        nudge=lambda _: None,
    )


def test_a_message_that_kills_the_reader_is_held_and_the_others_are_read(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = cast.mailbox_of(cast.amina)
    reader = ReadingProcess(seconds=30, memory=200 * 1024**2)
    monkeypatch.setattr(tasks, "reading_process", lambda: reader)
    before = [arrive(box, raw_letter()) for _ in range(3)]
    # More than the reader may have in memory, whatever it does.
    poison = arrive(box, raw_letter(body="x" * 120_000_000))
    after = [arrive(box, raw_letter()) for _ in range(3)]
    everything = [str(arrival.pk) for arrival in (*before, poison, *after)]
    try:
        tasks.file_arrivals(everything)
        assert counts(box) == {"inbox": (6, 6)}
        for _ in range(settings.FILING_ATTEMPTS):
            Arrival.objects.update(due_at=timezone.now() - timedelta(seconds=1))
            tasks.file_arrivals(everything)
            if Arrival.objects.held().exists():
                break
    finally:
        reader.close()
    held = Arrival.objects.held().get()
    assert (held.pk, held.size) == (poison.pk, poison.size)
    assert held.held_reason in ("died", "failed")
    assert counts(box) == {"inbox": (6, 6)}


def test_a_file_that_kills_its_reader_is_filed_and_said_to_be_unread_and_the_next_is_read(
    cast: Cast,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "EXTRACT_SECONDS", 31)
    monkeypatch.setattr(settings, "EXTRACT_MEMORY", 160 * 1024**2)
    poison = ("plan.pdf", "application/pdf", pdf_that_swells())
    good = ("plan.txt", "text/plain", b"The plan.")
    with running(key_set["lmtp"], tmp_path) as lmtpd:
        caller = lmtpd.call()
        caller.hello()
        for files in ([poison, good], [good]):
            assert caller.deliver(as_sent(*files), "amina@transport.example")[0].startswith("250")
        caller.close()
    try:
        tasks.file_arrivals([str(one.pk) for one in Arrival.objects.order_by("received_at")])
        reader = _extracting_process(31)
        assert reader._child.is_running  # a second one: the first is dead
    finally:
        _extracting_process(31).close()
    assert not Arrival.objects.exists()
    assert counts(cast.mailbox_of(cast.amina)) == {"inbox": (2, 2)}
    signed = UnfoldedSignature.objects.order_by("message__received_at")
    assert list(signed.values_list("is_partial", flat=True)) == [True, False]
