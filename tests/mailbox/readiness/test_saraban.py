from __future__ import annotations

import email
import socket
from datetime import datetime, timedelta
from email import policy

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, CheckedDomain, TestLetter
from accounts.readiness import letters
from accounts.readiness.letters import (
    AskedLately,
    ControlNotShown,
    NoMailThere,
    NoTestAddress,
    address_of,
    ask_saraban,
    ask_signed,
)
from mailbox import tasks
from mailbox.inbound.recipients import Refusal
from mailbox.models import Arrival, SigningKey
from mailbox.readiness import writing
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast, agency
from tests.mailbox.outbound.domains.keys import RSA, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.outbound.domains.test_signing import holds
from tests.mailbox.readiness.letters import bring, fresh, worked
from tests.mailbox.smtp.servers import Authority, RecordingServer

pytestmark = pytest.mark.django_db

FRIDAY = datetime.fromisoformat("2026-11-20T15:00:00+07:00")


@pytest.fixture
def worker(key_set: dict[Role, StoredKeyring]) -> StoredKeyring:
    return key_set["worker"]


@pytest.fixture
def test(cast: Cast, domain: CheckedDomain, now: datetime) -> TestLetter:
    return ask_saraban(domain, by=cast.hana, now=now)


@pytest.fixture
def sent(
    test: TestLetter, server: RecordingServer, worker: StoredKeyring, now: datetime
) -> TestLetter:
    wrote(test, worker, now)
    assert server.taken and fresh(test).sent_at == now
    return test


def wrote(test: TestLetter, worker: StoredKeyring, at: datetime) -> TestLetter:
    with using(worker):
        writing.write(fresh(test), now=at)
    return fresh(test)


def answer(
    author: str = "saraban@transport.example", more: str = "", body: str = "canary yes"
) -> bytes:
    return f"From: {author}\r\n{more}Subject: canary\r\n\r\n{body}\r\n".encode()


# --- Asking -----------------------------------------------------------------


def test_whoever_asks_twice_gets_the_same_letter(
    cast: Cast, domain: CheckedDomain, now: datetime
) -> None:
    for ask in (ask_signed, ask_saraban):
        first = ask(domain, by=cast.hana, now=now)
        assert ask(domain, by=cast.hana, now=now + timedelta(minutes=1)) == first
    events = AuditEvent.objects.filter(act="test_letter_asked")
    assert [each.details["kind"] for each in events.order_by("number")] == ["signed", "saraban"]


def test_nobody_is_written_to_before_the_domain_is_shown_to_be_theirs(
    cast: Cast, domain: CheckedDomain, now: datetime
) -> None:
    domain.verified_at = None
    with pytest.raises(ControlNotShown):
        ask_saraban(domain, by=cast.hana, now=now)
    domain.role = CheckedDomain.Role.WEB
    with pytest.raises(NoMailThere):
        ask_signed(domain, by=cast.hana, now=now)


def test_a_portal_without_an_address_says_so(
    cast: Cast, domain: CheckedDomain, now: datetime, settings: Settings
) -> None:
    settings.READINESS_ADDRESS = ""
    for ask in (ask_signed, ask_saraban):
        with pytest.raises(NoTestAddress):
            ask(domain, by=cast.hana, now=now)


def test_the_next_letter_waits_ten_minutes(
    cast: Cast, domain: CheckedDomain, test: TestLetter, now: datetime
) -> None:
    letters.over(test, {}, now=now)
    with pytest.raises(AskedLately):
        ask_saraban(domain, by=cast.hana, now=now + timedelta(minutes=9))
    assert ask_saraban(domain, by=cast.hana, now=now + timedelta(minutes=11)) != test


# --- Writing ----------------------------------------------------------------


def test_a_person_is_written_to_in_thai_and_english(
    sent: TestLetter, server: RecordingServer
) -> None:
    (taken,) = server.taken
    assert taken.sender == address_of(sent) and taken.recipients == ["saraban@transport.example"]
    message = email.message_from_bytes(taken.content, policy=policy.default)
    text = message.get_content()
    assert "สารบรรณ" in text and "within one working day" in text
    assert address_of(sent) in str(message["From"]) and message["Auto-Submitted"] is None
    assert message["Reply-To"] and message["Date"] and sent.token in message["Message-ID"]


def test_the_servers_words_are_kept_and_a_working_day_is_given(
    cast: Cast, domain: CheckedDomain, server: RecordingServer, worker: StoredKeyring
) -> None:
    row = wrote(ask_saraban(domain, by=cast.hana, now=FRIDAY), worker, FRIDAY)
    assert row.facts["reply_code"] == 250 and "taken" in row.facts["reply"]
    assert row.answer_by is not None
    end = timezone.localtime(row.answer_by)
    assert (end.date().isoformat(), end.hour, end.minute) == ("2026-11-23", 23, 59)
    assert row.due_at is None and row.closed_at is None


def test_the_letter_is_signed_where_our_own_domain_has_a_key(
    test: TestLetter,
    server: RecordingServer,
    worker: StoredKeyring,
    resolver: Resolver,
    now: datetime,
) -> None:
    in_use(agency("สำนัก", "Office", "สน", "mail.example"), RSA, resolver, now)
    wrote(test, worker, now)
    assert holds(server.taken[0].content, resolver)


def test_a_try_that_was_put_off_comes_again_with_the_same_octets(
    test: TestLetter, server: RecordingServer, worker: StoredKeyring, now: datetime
) -> None:
    server.after_data = "451 4.7.1 greylisted"
    row = wrote(test, worker, now)
    assert row.due_at == now + timedelta(minutes=5) and row.facts["reply_code"] == 451
    assert wrote(test, worker, now).attempts == 1  # not before it is due
    server.after_data = "250 2.0.0 taken"
    later = now + timedelta(minutes=6)
    assert wrote(test, worker, later).sent_at == later
    assert fresh(test).attempts == 2 and len(server.taken) == 1


def test_a_worker_that_dies_after_data_leaves_the_same_letter_owed(
    test: TestLetter,
    server: RecordingServer,
    worker: StoredKeyring,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(writing, "_write_down", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            wrote(test, worker, now)
    assert fresh(test).attempts == 1 and fresh(test).sent_at is None
    wrote(test, worker, now + writing.LEASE)
    first, second = server.taken
    assert first.content == second.content and fresh(test).sent_at is not None


def test_two_workers_write_one_letter(
    test: TestLetter, server: RecordingServer, worker: StoredKeyring, now: datetime
) -> None:
    rows = [fresh(test), fresh(test)]
    with using(worker):
        for row in rows:
            writing.write(row, now=now)
    assert len(server.taken) == 1


def test_a_refusal_for_good_ends_the_test(
    test: TestLetter, server: RecordingServer, worker: StoredKeyring, now: datetime
) -> None:
    server.rules["saraban"] = "550 5.1.1 no such user"
    row = wrote(test, worker, now)
    assert row.closed_at == now and row.facts["reply_code"] == 550
    assert "no such user" in row.facts["reply"] and row.sent_at is None


def test_after_two_days_of_tries_the_test_ends(
    test: TestLetter, server: RecordingServer, worker: StoredKeyring, now: datetime
) -> None:
    server.rules["saraban"] = "450 4.2.0 later"
    assert wrote(test, worker, now).closed_at is None
    row = wrote(test, worker, now + timedelta(days=2, minutes=1))
    assert row.closed_at is not None and row.facts["reply_code"] == 450


def test_a_server_on_a_private_address_is_never_called(
    test: TestLetter,
    server: RecordingServer,
    worker: StoredKeyring,
    now: datetime,
    settings: Settings,
) -> None:
    settings.READINESS_ALSO = []
    row = wrote(test, worker, now)
    assert server.taken == [] and row.sent_at is None and row.due_at is not None


def test_a_domain_that_takes_no_mail_ends_the_test(
    test: TestLetter,
    server: RecordingServer,
    resolver: Resolver,
    worker: StoredKeyring,
    now: datetime,
) -> None:
    resolver.others["transport.example", "MX"] = ["0 ."]
    assert wrote(test, worker, now).facts["reply_code"] == 556


def test_the_second_server_is_called_where_the_first_is_down(
    test: TestLetter,
    server: RecordingServer,
    resolver: Resolver,
    worker: StoredKeyring,
    now: datetime,
) -> None:
    resolver.others["transport.example", "MX"] = ["20 mx.transport.example.", "10 dead.example."]
    resolver.others["dead.example", "A"] = ["127.0.0.99"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.99", server.port))
        assert wrote(test, worker, now).sent_at == now


def test_a_server_that_offers_it_is_spoken_to_encrypted(
    test: TestLetter,
    resolver: Resolver,
    worker: StoredKeyring,
    now: datetime,
    settings: Settings,
    tmp_path: object,
) -> None:
    from pathlib import Path

    context = Authority.new().server_context(Path(str(tmp_path)), "other.example")
    with RecordingServer(tls=context) as tls:
        settings.READINESS_TEST_PROFILE, settings.READINESS_ALSO = True, ["127.0.0.0/8"]
        settings.READINESS_PORTS = [f"25={tls.port}"]
        resolver.others["transport.example", "MX"] = ["10 mx.transport.example."]
        resolver.others["mx.transport.example", "A"] = ["127.0.0.1"]
        # It refuses MAIL in clear; whose certificate it is, other rules ask.
        assert wrote(test, worker, now).sent_at == now


def test_one_that_cannot_be_written_holds_up_no_other(
    cast: Cast,
    domain: CheckedDomain,
    test: TestLetter,
    server: RecordingServer,
    worker: StoredKeyring,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = TestLetter.objects.create(domain=domain, kind="saraban", made_at=now, due_at=now)
    true = writing.hand_over
    monkeypatch.setattr(
        writing,
        "hand_over",
        lambda call, *rest: 1 / 0 if test.token in call.sender else true(call, *rest),
    )
    rung: list[int] = []
    monkeypatch.setattr(tasks, "write_to_saraban_later", rung.append)
    tasks.test_letters_due()
    assert set(rung) == {test.pk, other.pk}
    with using(worker):
        for letter_id in rung:
            tasks.write_to_saraban(letter_id)
    assert fresh(other).sent_at is not None and fresh(test).sent_at is None


# --- The answer -------------------------------------------------------------


@pytest.mark.parametrize(
    "author", ["saraban@transport.example", "Somsri <somsri.p@mail.transport.example>"]
)
def test_an_answer_of_a_person_of_the_agency_ends_the_test(
    sent: TestLetter, worker: StoredKeyring, now: datetime, author: str
) -> None:
    assert bring(answer(author), sent, now) is None
    worked(worker)
    row = fresh(sent)
    assert row.answered_at == row.closed_at == now
    assert row.facts["from_domain"].endswith("transport.example")
    assert row.facts["answered_at"] == now.isoformat() and row.facts["sent_at"]
    assert "canary" not in str(row.facts) and not Arrival.objects.exists()
    assert bring(answer(), sent, now) == Refusal.NO_TEST


@pytest.mark.parametrize(
    "more",
    [
        "Auto-Submitted: auto-replied\r\n",
        "Auto-Submitted: auto-generated (rule)\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "X-Autoreply: yes\r\n",
        "Precedence: auto_reply\r\n",
        "Precedence: bulk\r\n",
        "X-Autorespond: away\r\n",
    ],
)
def test_an_automatic_reply_is_no_answer_and_the_test_goes_on(
    sent: TestLetter, worker: StoredKeyring, now: datetime, more: str
) -> None:
    assert bring(answer(more=more), sent, now) is None
    worked(worker)
    row = fresh(sent)
    assert row.facts["is_automatic"] and row.closed_at is None and row.answered_at is None
    assert bring(answer(), sent, now) is None
    worked(worker)
    assert fresh(sent).answered_at is not None


@pytest.mark.parametrize("author", ["a@evil.example", "a@transport.example, b@evil.example", ""])
def test_an_answer_from_elsewhere_does_not_count(
    sent: TestLetter, worker: StoredKeyring, now: datetime, author: str
) -> None:
    assert bring(answer(author), sent, now) is None
    worked(worker)
    assert fresh(sent).facts["is_elsewhere"] and fresh(sent).answered_at is None


def test_a_report_that_nothing_was_delivered_ends_the_test(
    sent: TestLetter, worker: StoredKeyring, now: datetime
) -> None:
    report = (
        b"From: MAILER-DAEMON@transport.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; saraban@transport.example\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n"
    )
    assert bring(report, sent, now, sender="") is None
    worked(worker)
    row = fresh(sent)
    assert row.facts["is_bounced"] and row.facts["reply_code"] == 550
    assert "no such user" in row.facts["reply"]
    assert row.closed_at is not None and row.answered_at is None


def test_what_nobody_answers_in_time_is_over(
    sent: TestLetter, worker: StoredKeyring, now: datetime
) -> None:
    end = fresh(sent).answer_by
    assert end is not None
    letters.close_overdue(end)
    assert fresh(sent).closed_at is None
    letters.close_overdue(end + timedelta(seconds=1))
    assert fresh(sent).closed_at is not None and fresh(sent).answered_at is None


def test_a_worker_without_the_relay_key_sends_unsigned_and_says_nothing_of_keys(
    test: TestLetter, server: RecordingServer, key_set: dict[Role, StoredKeyring], now: datetime
) -> None:
    wrote(test, key_set["lmtp"], now)
    assert b"DKIM-Signature" not in server.taken[0].content
    assert not SigningKey.objects.exists()
