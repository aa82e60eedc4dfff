"""The LMTP door, by a real process and a real socket. Sentences are RFC 2033 and RFC 5321."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import Agency
from mailbox.inbound import recipients
from mailbox.lmtp.reading import without_doubled_dots
from mailbox.models import Arrival, Mailbox, MailboxAddress
from mailbox.sealing import infos
from mailbox.sealing.content import open_content
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from mailbox.storage import load
from tests.cast import Cast
from tests.mailbox.door import Caller, Lmtpd, running

pytestmark = pytest.mark.django_db(transaction=True)

LETTER = b"From: dara@elsewhere.example\r\nSubject: x\r\n\r\nbody\r\n"
LIMIT = 300_000


@pytest.fixture(scope="module")
def lmtpd(
    django_db_setup: None,
    key_set: dict[Role, StoredKeyring],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lmtpd]:
    """One for all these tests: it keeps nothing of a test, and takes a second to start."""
    folder = tmp_path_factory.mktemp("keys")
    with running(key_set["lmtp"], folder, MESSAGE_SIZE_LIMIT=str(LIMIT)) as lmtpd:
        yield lmtpd


@pytest.fixture
def caller(cast: Cast, lmtpd: Lmtpd) -> Iterator[Caller]:
    caller = lmtpd.call()
    caller.hello()
    yield caller
    caller.close()


def kept(keyring: StoredKeyring) -> list[bytes]:
    """What has been taken in, opened with the worker's key, oldest first."""
    messages = []
    for arrival in Arrival.objects.order_by("received_at"):
        key = keyring.unseal_from(
            "ingest",
            arrival.ingest_key_id,
            bytes(arrival.sealed_key),
            infos.for_arrival(arrival.pk),
        )
        messages.append(open_content(load(arrival.row, arrival.file), key, arrival.pk))
    return messages


def test_it_says_what_it_can(lmtpd: Lmtpd) -> None:
    caller = lmtpd.call()
    said = caller.hello().splitlines()
    offered = {line[4:] for line in said}
    assert {f"SIZE {LIMIT}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"} <= offered
    assert caller.say("EHLO x")[0].startswith("500")
    assert caller.say("MAIL FROM:<>", "RSET", "QUIT")[2].startswith("221")
    caller.close()


def test_a_letter_is_kept_octet_by_octet(caller: Caller, keyring: StoredKeyring) -> None:
    hard = (
        b".begins with a dot\r\nnul \x00 and \xff\xfe\r\n"
        + b"x" * 5_000
        + b"\r\n..\r\n.\r\n\r\n.x\r\n"
        + "ไทย".encode()
        + b"\r\n"
    )
    assert caller.deliver(hard, "amina@transport.example")
    assert kept(keyring) == [hard]


@pytest.mark.parametrize("body", [b"", b"\r\n", b".\r\n", b"no line end? " * 9000 + b"\r\n"])
def test_bodies_at_the_edge(caller: Caller, keyring: StoredKeyring, body: bytes) -> None:
    caller.say("MAIL FROM:<>", "RCPT TO:<amina@transport.example>", "DATA")
    caller.send((b"." + body if body.startswith(b".") else body) + b".\r\n")
    assert caller.reply().startswith("250 2.0.0")
    assert kept(keyring) == [body]


def test_one_reply_for_each_recipient_and_one_arrival(caller: Caller, cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    MailboxAddress.objects.create(address="director@transport.example", mailbox=box)
    answers = caller.deliver(
        LETTER,
        "amina@transport.example",
        "nobody@transport.example",
        "BRUNO@Transport.example",
        "director@transport.example",
    )
    assert [answer[:9] for answer in answers] == ["250 2.0.0"] * 3
    arrival = Arrival.objects.get()
    assert arrival.mailbox_ids == [box.pk, cast.mailbox_of(cast.bruno).pk]


def test_what_recipients_hear(caller: Caller, cast: Cast) -> None:
    Mailbox.objects.filter(account=cast.bruno).update(used_bytes=1, quota_bytes=1)
    Mailbox.objects.filter(account=cast.hana).update(is_open=False)
    caller.say("MAIL FROM:<dara@elsewhere.example>")
    said = caller.say(
        "RCPT TO:<nobody@transport.example>",
        "RCPT TO:<bruno@transport.example>",
        "RCPT TO:<hana@transport.example>",
        "RCPT TO:<\x00@transport.example>",
        "RCPT TO:<ไม่มี@transport.example>",
        'RCPT TO:<"odd local"@transport.example>',
        "RCPT TO:<amina@transport.example>",
    )
    codes = [reply[:9] for reply in said]
    assert codes[:3] == ["550 5.1.1", "452 4.2.2", "550 5.2.1"]
    assert [code[0] for code in codes[3:]] == ["5", "5", "5", "2"]
    assert caller.say("DATA")[0].startswith("354")


def test_nobody_left_means_no_data(caller: Caller) -> None:
    said = caller.say("MAIL FROM:<>", "RCPT TO:<nobody@transport.example>", "DATA", "NOOP")
    assert [reply[:3] for reply in said] == ["250", "550", "503", "250"]


def test_too_large_is_refused_early_and_late(caller: Caller, keyring: StoredKeyring) -> None:
    (said,) = caller.say(f"MAIL FROM:<> SIZE={LIMIT + 1}")
    assert said.startswith("552 5.3.4")
    both = ("amina@transport.example", "bruno@transport.example")
    assert [reply[:9] for reply in caller.deliver(b"x" * (LIMIT + 9) + b"\r\n", *both)] == [
        "552 5.3.4",
        "552 5.3.4",
    ]
    exact = b"y" * (LIMIT - 2) + b"\r\n"
    assert [reply[:3] for reply in caller.deliver(exact, both[0])] == ["250"]
    assert kept(keyring) == [exact]


TRICKS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r"]
COMMANDS = b"MAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<bruno@transport.example>\r\nDATA\r\n"


@pytest.mark.parametrize("trick", [*TRICKS, b"\r\n\x00.\r\n"])
def test_what_looks_like_an_end_is_none(
    caller: Caller, keyring: StoredKeyring, trick: bytes
) -> None:
    caller.say("MAIL FROM:<>", "RCPT TO:<amina@transport.example>", "DATA")
    caller.send(b"one\r\n" + b"x" + trick + COMMANDS + b"two\r\n.\r\nNOOP\r\n")
    first, second = caller.reply(), caller.reply()
    assert first.startswith("250" if b"\x00" in trick else "554 5.6.0")
    assert second.startswith("250") and "2.0.0 Kept" not in second
    assert all(b"evil" in message for message in kept(keyring))
    assert Arrival.objects.count() == (1 if b"\x00" in trick else 0)


def test_everything_at_once(caller: Caller, keyring: StoredKeyring) -> None:
    one = b"MAIL FROM:<>\r\nRCPT TO:<amina@transport.example>\r\nDATA\r\n" + LETTER + b".\r\n"
    caller.send(one * 5 + b"QUIT\r\n")
    codes = [caller.reply()[:3] for _ in range(21)]
    assert codes == ["250", "250", "354", "250"] * 5 + ["221"]
    assert kept(keyring) == [LETTER] * 5


def test_the_end_may_come_in_pieces(caller: Caller, keyring: StoredKeyring) -> None:
    caller.say("MAIL FROM:<>", "RCPT TO:<amina@transport.example>", "DATA")
    for octet in LETTER + b".\r\n":
        caller.send(bytes([octet]))
    assert caller.reply().startswith("250")
    assert kept(keyring) == [LETTER]


def test_an_address_in_thai(caller: Caller, cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    MailboxAddress.objects.create(address="อามีนา@transport.example", mailbox=box)
    said = caller.say("MAIL FROM:<ดารา@elsewhere.example> SMTPUTF8 BODY=8BITMIME")
    assert said[0].startswith("250")
    assert caller.say("RCPT TO:<อามีนา@transport.example>")[0].startswith("250")


def test_one_transaction_has_an_end_of_recipients(
    caller: Caller, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller.say("MAIL FROM:<>")
    many = ["RCPT TO:<amina@transport.example>"] * (recipients.MOST_RECIPIENTS + 1)
    said = caller.say(*many)
    assert {reply[:3] for reply in said[:-1]} == {"250"}
    assert said[-1].startswith("452 4.5.3")


def test_a_session_in_hand_is_finished_after_sigterm(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path
) -> None:
    with running(key_set["lmtp"], tmp_path) as lmtpd:
        finish_in_peace(lmtpd)
    assert Arrival.objects.count() == 1


def finish_in_peace(lmtpd: Lmtpd) -> None:
    idle, busy = lmtpd.call(), lmtpd.call()
    busy.hello()
    busy.say("MAIL FROM:<>", "RCPT TO:<amina@transport.example>", "DATA")
    busy.send(LETTER[:10])
    lmtpd.process.terminate()
    assert idle.reply().startswith("421")
    busy.send(LETTER[10:] + b".\r\n")
    assert busy.reply().startswith("250 2.0.0")
    assert busy.reply().startswith("421")
    idle.close()
    busy.close()
    assert lmtpd.process.wait(20) == 0


def test_dots_are_undoubled() -> None:
    assert without_doubled_dots(bytearray(b"\r\n..a\r\n...\r\nb.\r\n")) == b".a\r\n..\r\nb.\r\n"


def test_the_door_refuses_or_puts_off_mail_of_agencies_that_are_not_open(
    cast: Cast, caller: Caller
) -> None:
    Agency.objects.filter(pk=cast.interior.pk).update(state=Agency.State.SUSPENDED)
    Agency.objects.filter(pk=cast.transport.pk).update(state=Agency.State.NOT_READY)
    said = caller.say(
        "MAIL FROM:<dara@elsewhere.example>",
        "RCPT TO:<chiara@interior.example>",
        "RCPT TO:<amina@transport.example>",
    )
    assert [each[:9] for each in said[1:]] == ["451 4.3.0", "550 5.1.2"]
