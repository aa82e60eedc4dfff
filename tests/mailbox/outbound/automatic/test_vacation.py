from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message as Email

import pytest
from django.conf import settings

from mailbox import opening, tasks
from mailbox.filing.absences import Texts, is_answerable
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.mime.parse import parse
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import AutoReply, Mailbox, Message, Submission, Vacation
from mailbox.outbound.automatic import vacation
from mailbox.outbound.relay import relay
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.standing import absences
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.orders import be_away, give_rule
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    reader = ReadingProcess(seconds=30)
    yield reader
    reader.close()


@pytest.fixture
def arrive(amina: Mailbox, reader: ReadingProcess, now: datetime) -> Arrive:
    """Have a letter of Dara's come in by LMTP and be filed."""

    def make(raw: bytes | None = None, sender: str = "dara@elsewhere.example") -> None:
        arrival = take_in(
            raw or raw_letter(),
            sender=sender,
            mailboxes=[amina.pk],
            recipients=["amina@transport.example"],
            now=now,
            nudge=lambda _: None,
        )
        assert file_arrival(arrival, reader=reader, now=now)

    return make


def owed() -> int:
    return AutoReply.objects.filter(due_at__isnull=False).count()


def answered(now: datetime) -> list[Email]:
    """Have workers answer and relay all that is due; return what left the portal."""
    gateway = FakeGateway()
    for reply in AutoReply.objects.due(now):
        assert vacation.answer(reply, now=now)
    for submission in Submission.objects.due(now):
        assert relay(submission, gateways=lambda _: [gateway], now=now)
    return [message_from_bytes(raw) for raw in gateway.messages]


def text_of(reply: Email) -> str:
    payload = reply.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().strip()


def test_somebody_outside_gets_the_text_for_outside_once(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now)
    arrive(raw_letter("Budget", name="b1@elsewhere.example"))
    arrive(raw_letter("Again"))
    (reply,) = answered(now)

    assert (reply["To"], reply["Auto-Submitted"]) == ("dara@elsewhere.example", "auto-replied")
    assert reply["In-Reply-To"] == reply["References"] == "<b1@elsewhere.example>"
    assert reply["Subject"] == "Automatic reply: Budget"
    assert text_of(reply) == "Away until Monday."
    assert answered(now) == [] and owed() == 0


def test_it_leaves_without_a_return_path_and_without_a_copy(
    amina: Mailbox, arrive: Arrive, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_away(amina, now)
    arrive()
    senders: list[str] = []

    class Listening(FakeGateway):
        def hand_over(self, message: bytes, *, sender: str, **rest: object) -> dict[str, object]:  # type: ignore[override]  # listens only
            senders.append(sender)
            return super().hand_over(message, sender=sender, **rest)  # type: ignore[arg-type,return-value]  # as above

    vacation.answer(AutoReply.objects.get(), now=now)
    submission = Submission.objects.get()
    relay(submission, gateways=lambda _: [Listening()], now=now)
    assert senders == [""]
    assert submission.is_automatic and not Message.objects.filter(is_own=True).exists()


def test_a_colleague_gets_the_text_for_inside_and_no_reply_to_the_reply(
    cast: Cast, amina: Mailbox, post: Post, now: datetime
) -> None:
    bruno = cast.mailbox_of(cast.bruno)
    be_away(bruno, now)
    be_away(amina, now)
    relay(post(to=[{"address": cast.bruno.address}]), now=now)
    assert owed() == 1
    soon = now + timedelta(minutes=1)
    assert answered(soon) == []

    reply = Message.objects.get(mailbox=amina, is_own=False)
    rendition = opening.open_rendition(reply, opening.mailbox_key(amina))
    assert rendition.text.strip() == "ไม่อยู่ค่ะ คนในถามฝ่ายแผน"
    assert reply.origin == Message.Origin.PORTAL and rendition.is_automatic
    # Amina is away too, and the two machines leave it at that.
    assert answered(soon) == [] and AutoReply.objects.count() == 1


def test_no_text_for_outside_is_no_reply_to_outside(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now, outside=" \n")
    arrive()
    assert answered(now) == [] and not Submission.objects.exists() and owed() == 0


def test_an_agency_without_a_mailbox_here_is_inside(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now)
    arrive(sender="nobody-here@interior.example")
    (reply,) = answered(now)
    assert text_of(reply).startswith("ไม่อยู่ค่ะ")


@pytest.mark.parametrize(
    "header",
    [
        "List-Id: <staff.elsewhere.example>",
        "List-Unsubscribe: <mailto:off@elsewhere.example>",
        "Precedence: bulk",
        "Precedence: list",
        "Auto-Submitted: auto-generated",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
    ],
)
def test_lists_and_machines_get_no_reply(
    amina: Mailbox, arrive: Arrive, now: datetime, header: str
) -> None:
    be_away(amina, now)
    arrive(f"{header}\r\n".encode() + raw_letter())
    assert not AutoReply.objects.exists()


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "MAILER-DAEMON@elsewhere.example",
        "no-reply@elsewhere.example",
        "noreply+17@elsewhere.example",
        "owner-staff@elsewhere.example",
        "staff-request@elsewhere.example",
        "bounces+amina=transport.example@news.example",
        "amina@transport.example",
        "not an address",
        "ดารา@elsewhere.example",
    ],
)
def test_nobody_reads_there_and_nothing_is_sent(
    amina: Mailbox, arrive: Arrive, now: datetime, sender: str
) -> None:
    be_away(amina, now)
    arrive(sender=sender)
    assert not AutoReply.objects.exists()


def test_only_a_letter_that_names_the_mailbox_is_answered(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now)
    arrive(raw_letter().replace(b"To: amina@", b"To: everybody@"))
    assert not AutoReply.objects.exists()
    arrive(raw_letter().replace(b"To: amina@", b"Cc: AMINA@"))
    assert owed() == 1


@pytest.mark.parametrize("place", ["spam", "trash", "archive"])
def test_what_a_rule_throws_away_is_not_answered(
    amina: Mailbox, arrive: Arrive, now: datetime, place: str
) -> None:
    be_away(amina, now)
    give_rule(amina, move_to=place)
    arrive()
    assert owed() == (1 if place == "archive" else 0)


def test_the_days_of_the_absence_count(amina: Mailbox, arrive: Arrive, now: datetime) -> None:
    away = be_away(amina, now)
    for starts, ends in ((1, 9), (-9, -1)):
        away.starts_at, away.ends_at = now + timedelta(days=starts), now + timedelta(days=ends)
        away.save()
        arrive()
    assert not AutoReply.objects.exists()


def test_switched_off_before_the_worker_came_nothing_is_sent(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now)
    arrive()
    absences.end(amina)
    assert answered(now) == [] and owed() == 0


def test_a_new_absence_answers_everybody_once_more_and_a_change_does_not(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now)
    arrive()
    assert len(answered(now)) == 1
    be_away(amina, now, outside="Changed.")
    arrive()
    assert answered(now) == []
    absences.end(amina)
    be_away(amina, now + timedelta(seconds=1), outside="Another time.")
    arrive()
    (reply,) = answered(now)
    assert text_of(reply) == "Another time."


def test_a_line_break_in_a_subject_becomes_no_header(
    amina: Mailbox, arrive: Arrive, now: datetime
) -> None:
    be_away(amina, now, subject="Away\r\nBcc: evil@elsewhere.example\x0b\u2028x")
    arrive()
    (reply,) = answered(now)
    assert reply["Bcc"] is None and reply["Subject"] == "Away Bcc: evil@elsewhere.example x"


def test_a_worker_that_dies_leaves_the_reply_owed_under_the_same_name(
    amina: Mailbox, arrive: Arrive, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_away(amina, now)
    arrive()
    row = AutoReply.objects.get()

    def dies(*args: object, **kwargs: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(vacation, "_forget", dies)
        with pytest.raises(SystemExit):
            vacation.answer(row, now=now)
    assert not Submission.objects.exists() and owed() == 1
    assert not vacation.answer(AutoReply.objects.get(), now=now), "the lease is not over"
    late = now + settings.FILING_LEASE + timedelta(seconds=1)
    (reply,) = answered(late)
    assert reply["Message-ID"] == f"<auto-reply-{row.pk}@transport.example>"


def test_without_the_ingest_key_it_waits_and_with_nonsense_it_is_given_up(
    amina: Mailbox, arrive: Arrive, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    be_away(amina, now)
    arrive()
    with using(key_set["web"]):
        vacation.answer(AutoReply.objects.get(), now=now)
    assert owed() == 1
    AutoReply.objects.update(sealed_request=b"\x01 nothing", due_at=now)
    vacation.answer(AutoReply.objects.get(), now=now)
    assert owed() == 0 and not Submission.objects.exists()


def test_workers_answer_and_only_they_and_the_owner_read_the_texts(
    amina: Mailbox, arrive: Arrive, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    away = be_away(amina, now)
    with using(key_set["web"]):
        key = opening.mailbox_key(amina)
        assert absences.open_texts(away, key) == Texts(
            "", "ไม่อยู่ค่ะ คนในถามฝ่ายแผน", "Away until Monday."
        )
    with using(key_set["worker"]):
        arrive()
        tasks.answer_for_the_absent([str(AutoReply.objects.get().pk)])
    assert Submission.objects.get().is_automatic


def test_nothing_of_it_is_readable_at_rest(amina: Mailbox, arrive: Arrive, now: datetime) -> None:
    be_away(amina, now, subject="canary subject")
    arrive(raw_letter("canary letter"))
    kept = b"".join(
        bytes(value)
        for row in (Vacation.objects.get(), AutoReply.objects.get())
        for value in vars(row).values()
        if isinstance(value, (bytes, memoryview))
    )
    for word in ("canary", "dara", "Away", "ไม่อยู่"):
        assert word.encode() not in kept


def test_two_workers_with_one_reply_send_it_once(
    amina: Mailbox, arrive: Arrive, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_away(amina, now)
    arrive()
    slow, look = AutoReply.objects.get(), vacation._still_under_way
    late = now + settings.FILING_LEASE + timedelta(seconds=1)

    def while_another_does_it(reply: AutoReply, moment: datetime) -> Vacation | None:
        monkeypatch.setattr(vacation, "_still_under_way", look)
        assert vacation.answer(AutoReply.objects.get(), now=late)
        return look(reply, moment)

    monkeypatch.setattr(vacation, "_still_under_way", while_another_does_it)
    assert vacation.answer(slow, now=now)
    assert Submission.objects.count() == 1 and owed() == 0


def test_a_letter_whose_sender_is_proven_false_gets_no_reply() -> None:
    ours = "mx.portal.example"
    findings = (
        b"Authentication-Results: mx.portal.example; dmarc=fail header.from=elsewhere.example\r\n"
    )
    rendition, _sections = parse(findings + raw_letter(), ours)
    assert not is_answerable(rendition, "dara@elsewhere.example")
    honest, _sections = parse(findings.replace(b"fail", b"pass") + raw_letter(), ours)
    assert is_answerable(honest, "dara@elsewhere.example")
