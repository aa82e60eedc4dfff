"""The door under pressure: it says "later" before memory or disk fill, and ends what drags on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from mailbox.inbound import pressure
from mailbox.inbound.arrivals import take_in
from mailbox.inbound.pressure import Room, free_bytes, waits_more_than
from mailbox.lmtp.limits import Limits, Load
from mailbox.models import Arrival
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox.door import Caller, Lmtpd, running
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db(transaction=True)

AMINA = "amina@transport.example"
START = ("MAIL FROM:<>", f"RCPT TO:<{AMINA}>", "DATA")


Doors = Callable[..., AbstractContextManager[Lmtpd]]


@pytest.fixture
def doors(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Doors:
    """Runs lmtpd with the limits of a test, of which the environment tells it."""
    return partial(running, key_set["lmtp"], tmp_path)


@pytest.fixture(scope="module")
def narrow(
    django_db_setup: None,
    key_set: dict[Role, StoredKeyring],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lmtpd]:
    """One with a megabyte in hand, for the tests that need no other limit."""
    folder = tmp_path_factory.mktemp("keys")
    with running(key_set["lmtp"], folder, LMTP_IN_HAND_MB="1") as lmtpd:
        yield lmtpd


@contextmanager
def called(lmtpd: Lmtpd) -> Iterator[Caller]:
    caller = lmtpd.call()
    caller.hello()
    try:
        yield caller
    finally:
        caller.close()


def greeting(lmtpd: Lmtpd) -> str:
    """The first words to whoever calls now, and the line is put down."""
    with socket.create_connection(("127.0.0.1", lmtpd.port), 30) as line:
        return line.makefile("rb").readline().decode()


def wait_in_line(cast: Cast, count: int) -> None:
    for _ in range(count):
        take_in(
            raw_letter(),
            sender="",
            mailboxes=[cast.mailbox_of(cast.amina).pk],
            recipients=[],
            now=timezone.now(),
            nudge=lambda _: None,
        )


def test_one_connection_too_many_hears_421_until_another_ends(doors: Doors) -> None:
    with doors(LMTP_CONNECTIONS="2") as lmtpd:
        with called(lmtpd), called(lmtpd):
            assert greeting(lmtpd).startswith("421 4.3.2")
        # The two have hung up; the door notices in its own time, within a few calls.
        assert any(greeting(lmtpd).startswith("220") for _ in range(200))


def test_who_is_silent_is_sent_away_and_the_others_are_served(doors: Doors) -> None:
    with doors(LMTP_IDLE_SECONDS="1") as lmtpd, called(lmtpd) as silent:
        assert silent.reply().startswith("421 4.4.2")
        assert silent.reply() == ""
        with called(lmtpd) as other:
            assert other.deliver(raw_letter(), AMINA)[0].startswith("250")


def test_a_message_that_never_ends_is_ended_and_nothing_of_it_is_kept(doors: Doors) -> None:
    with doors(LMTP_MESSAGE_SECONDS="1") as lmtpd, called(lmtpd) as slow:
        assert slow.say(*START)[2].startswith("354")
        slow.send(b"Subject: drip\r\n")
        assert slow.reply().startswith("421 4.4.2")
        assert slow.reply() == ""
    assert not Arrival.objects.exists()


def test_who_does_not_listen_is_cut_off(doors: Doors) -> None:
    with doors(LMTP_IDLE_SECONDS="1") as lmtpd, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(60)
        deaf.connect(("127.0.0.1", lmtpd.port))
        # Reset or broken pipe, as it happens; never the patience of this side.
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                deaf.sendall(b"LHLO deaf.example\r\n" * 1_000)
        assert greeting(lmtpd).startswith("220")


def test_more_than_fits_in_hand_is_put_off_before_and_in_the_middle(
    narrow: Lmtpd, cast: Cast
) -> None:
    with ExitStack() as lines:
        first, second = (lines.enter_context(called(narrow)) for _ in range(2))
        first.say("MAIL FROM:<> SIZE=900000", f"RCPT TO:<{AMINA}>", "DATA")
        first.send(b"x" * 100_000)
        assert second.say("MAIL FROM:<> SIZE=900000")[0].startswith("451 4.3.2")

        assert second.say(*START)[2].startswith("354"), "who says no size is believed at first"
        second.send(b"y" * 600_000 + b"\r\n.\r\n")
        assert second.reply().startswith("451 4.3.2")
        assert second.deliver(raw_letter(), AMINA)[0].startswith("250"), "what is small fits"

        first.send(b"x" * 700_000 + b"\r\n.\r\n")
        assert first.reply().startswith("250")
        assert second.deliver(b"z" * 3_000_000 + b"\r\n", AMINA)[0].startswith("250"), "alone"
    assert sorted(Arrival.objects.values_list("size", flat=True))[1:] == [800_002, 3_000_002]


def test_a_line_that_breaks_in_mid_message_gives_back_what_it_held(
    narrow: Lmtpd, cast: Cast
) -> None:
    for _ in range(5):
        with called(narrow) as broken:
            answers = broken.say("MAIL FROM:<> SIZE=900000", f"RCPT TO:<{AMINA}>", "DATA")
            if answers[2].startswith("354"):
                broken.send(b"x" * 100_000)
    with called(narrow) as caller:
        said = [caller.say("RSET", "MAIL FROM:<> SIZE=900000")[1] for _ in range(200)]
        assert any(answer.startswith("250") for answer in said)


def test_no_mail_is_taken_while_the_disk_is_nearly_full(doors: Doors) -> None:
    with doors(LMTP_FREE_DISK_MB=str(10**9)) as lmtpd, called(lmtpd) as caller:
        said = caller.say(*START)
        assert said[0].startswith("451 4.3.1") and said[2].startswith("503")
    assert not Arrival.objects.exists()


def test_no_mail_is_taken_while_too_much_waits_to_be_filed(doors: Doors, cast: Cast) -> None:
    wait_in_line(cast, 2)
    with doors(LMTP_BACKLOG="1") as lmtpd, called(lmtpd) as caller:
        assert caller.say("MAIL FROM:<>")[0].startswith("451 4.3.1")
    with doors(LMTP_BACKLOG="2") as lmtpd, called(lmtpd) as caller:
        assert caller.deliver(raw_letter(), AMINA)[0].startswith("250")


def test_held_arrivals_are_no_backlog(cast: Cast) -> None:
    wait_in_line(cast, 2)
    assert waits_more_than(1) and not waits_more_than(2)
    Arrival.objects.update(due_at=None, held_at=timezone.now())
    assert not waits_more_than(0)


def test_room_is_asked_of_disk_and_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Room(backlog=0, free_bytes=1).is_left()
    assert 0 < free_bytes() < float("inf")
    monkeypatch.setattr(pressure, "free_bytes", lambda: 9)
    assert not Room(backlog=0, free_bytes=10).is_left()


def test_who_guesses_addresses_is_sent_away(narrow: Lmtpd, cast: Cast) -> None:
    with called(narrow) as caller:
        caller.say("MAIL FROM:<>")
        guesses = [f"RCPT TO:<guess{number}@transport.example>" for number in range(1_000)]
        assert {answer[:9] for answer in caller.say(*guesses)} == {"550 5.1.1"}
        assert caller.say("RSET", "MAIL FROM:<>")[1].startswith("421 4.7.0")


def test_what_is_said_about_third_parties_is_neither_offered_nor_believed(
    narrow: Lmtpd, cast: Cast
) -> None:
    caller = narrow.call()
    assert "XFORWARD" not in caller.hello() and "XCLIENT" not in caller.hello()
    said = caller.say("XFORWARD NAME=mail.trusted.example ADDR=192.0.2.1", "XCLIENT NAME=x")
    assert said[0].startswith("250") and said[1].startswith("500")
    assert caller.deliver(raw_letter(), AMINA)[0].startswith("250")
    caller.close()


def test_a_million_line_ends_are_a_message_like_any_other(narrow: Lmtpd, cast: Cast) -> None:
    with called(narrow) as caller:
        assert caller.deliver(b"Subject: x\r\n" + b"\r\n" * 2_000_000, AMINA)[0].startswith("250")
        assert caller.deliver(b"\r\n.x" * 500_000 + b"\r\n", AMINA)[0].startswith("250")


def test_who_is_alone_always_has_room() -> None:
    load = Load(Limits(message=50, in_hand=10))
    assert load.has_room_for(50)
    load.bytes = 8
    assert load.has_room_for(2) and not load.has_room_for(3)
    assert load.has_room_for(50, own=8)
