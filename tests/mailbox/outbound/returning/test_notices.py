"""What an author is told, in both languages, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest

from mailbox import opening
from mailbox.mime.rendition import read_raw
from mailbox.mime.returned.reports import Action, read
from mailbox.models import Attempt, Delivery, Message, Submission
from mailbox.outbound.envelope import key_for_relay, seal_reply
from mailbox.outbound.outbox import deliveries_of
from mailbox.outbound.returning.notices import delayed, expired, refused, tell_of_delays
from mailbox.outbound.work import Work
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.verdicts import Reason, Verdict, because
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.returning.conftest import hours, in_inbox

State = Delivery.State
BOTH = ["Emil <emil@else.example>", "dara@else.example"]


def put_off(submission: Submission, verdict: Verdict) -> None:
    """Everybody has been tried once, and has had this answer."""
    key = key_for_relay(submission)
    for delivery in submission.deliveries.all():
        delivery.state, delivery.tries = State.DEFERRED, 1
        delivery.sealed_reply = seal_reply(verdict, key, delivery)
        delivery.save()
    submission.count_again()


def raw_of_the_notice(cast: Cast) -> bytes:
    mailbox = cast.mailbox_of(cast.amina)
    message = Message.objects.get(mailbox=mailbox, folder__kind="inbox")
    key = opening.mailbox_key(mailbox)
    reader = opening.content_reader(message.content, opening.content_key(message, key))
    return read_raw(reader.read, opening.open_rendition(message, key))


@pytest.fixture
def late(post: Post) -> Submission:
    sent = post(to=BOTH, subject="เรื่องน้ำ")
    put_off(sent, Verdict(451, "Please wait", "4.7.1", Reason.GREYLISTED))
    return sent


def test_after_four_hours_the_author_is_told_once_who_is_still_tried(
    cast: Cast, late: Submission, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["worker"]):
        assert tell_of_delays(now + hours(3.9)) == 0
        assert tell_of_delays(now + hours(4)) == 1
        assert tell_of_delays(now + hours(5)) == 0
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))

    assert notice.subject == "Not delivered yet: เรื่องน้ำ"
    assert notice.text.count("emil@else.example") == notice.text.count("dara@else.example") == 2
    assert "The server said: 451 4.7.1 Please wait" in notice.text
    assert "the portal goes on trying until" in notice.text
    assert notice.is_automatic and notice.sender and notice.sender.name == "GovMail Portal"


def test_a_notice_reads_first_in_thai_with_the_year_as_thais_count_it(
    cast: Cast, late: Submission, now: datetime
) -> None:
    tell_of_delays(now + hours(5))
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    thai, english = notice.text.split("- - -")
    assert str(now.year + 543) in thai and str(now.year) in english
    assert "has not reached these recipients yet" in english


def test_a_notice_is_a_report_that_machines_can_read(
    cast: Cast, late: Submission, now: datetime
) -> None:
    tell_of_delays(now + hours(5))
    raw = raw_of_the_notice(cast)
    report = read(raw)
    assert report is not None
    assert [one.recipient for one in report.outcomes] == ["emil@else.example", "dara@else.example"]
    assert {one.action for one in report.outcomes} == {Action.DELAYED}
    assert {(one.status, one.code) for one in report.outcomes} == {("4.7.1", 451)}
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed.get_param("report-type") == "delivery-status"
    assert parsed["Auto-Submitted"] == "auto-replied"


def test_a_notice_lies_in_the_letters_conversation(
    cast: Cast, late: Submission, now: datetime
) -> None:
    tell_of_delays(now + hours(5))
    mailbox = cast.mailbox_of(cast.amina)
    notice = Message.objects.get(mailbox=mailbox, folder__kind="inbox")
    assert late.sent_copy is not None
    assert notice.thread_id == late.sent_copy.thread_id
    assert notice.origin == Message.Origin.PORTAL


@pytest.mark.parametrize(
    "values",
    [
        {"is_automatic": True},
        {"due_at": None},
        {"held_at": datetime.fromisoformat("2026-11-23T08:00+07:00")},
        {"cancelled_at": datetime.fromisoformat("2026-11-23T08:00+07:00")},
        {"delay_told_at": datetime.fromisoformat("2026-11-23T08:00+07:00")},
    ],
)
def test_nobody_is_told_of_what_is_no_delay(
    cast: Cast, late: Submission, now: datetime, values: dict[str, object]
) -> None:
    Submission.objects.filter(pk=late.pk).update(**values)
    assert tell_of_delays(now + hours(5)) == 0
    assert in_inbox(cast.mailbox_of(cast.amina)) == []


def test_a_scheduled_letter_is_late_from_its_own_moment(post: Post, now: datetime) -> None:
    sent = post(to=BOTH)
    Submission.objects.filter(pk=sent.pk).update(undo_until=now + hours(2), due_at=now + hours(2))
    assert tell_of_delays(now + hours(5)) == 0
    assert tell_of_delays(now + hours(6)) == 1


def test_a_process_without_the_relay_key_tells_nobody_and_forgets_nothing(
    late: Submission, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["web"]):
        assert tell_of_delays(now + hours(5)) == 0
    with using(key_set["worker"]):
        assert tell_of_delays(now + hours(5)) == 1


def test_a_letter_that_does_not_open_is_in_nobodys_way(
    late: Submission, post: Post, now: datetime
) -> None:
    Submission.objects.filter(pk=late.pk).update(sealed_envelope=b"spoilt")
    post(to=["chiara@elsewhere.example"])
    assert tell_of_delays(now + hours(5)) == 1
    assert tell_of_delays(now + hours(5)) == 0


def test_a_worker_that_dies_before_the_commit_has_told_nobody(
    cast: Cast, late: Submission, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailbox.outbound.returning import telling

    class Killed(BaseException):
        pass

    def killed(*_args: object, **_values: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(telling, "file_copies", killed)
        with pytest.raises(Killed):
            tell_of_delays(now + hours(5))
    late.refresh_from_db()
    assert late.delay_told_at is None
    assert tell_of_delays(now + hours(5)) == 1
    assert len(in_inbox(cast.mailbox_of(cast.amina))) == 1


def test_what_was_given_up_is_told_with_the_last_words(
    cast: Cast, late: Submission, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["worker"]):
        work = Work.begin(late, now)
        owed = list(late.deliveries.all())
        assert expired(work, owed, now + timedelta(days=5))
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert notice.subject == "Not delivered: เรื่องน้ำ"
    assert "in all the time it was tried" in notice.text
    assert "The server said: 451 4.7.1 Please wait" in notice.text
    report = read(raw_of_the_notice(cast))
    assert report is not None
    assert {(one.action, one.status) for one in report.outcomes} == {(Action.FAILED, "4.4.7")}


def test_whoever_an_earlier_try_may_have_reached_is_told_of_so(
    cast: Cast, late: Submission, now: datetime
) -> None:
    emil, dara = late.deliveries.order_by("position")
    Attempt.objects.create(delivery=dara, started_at=now, outcome=Attempt.Outcome.UNKNOWN)
    Attempt.objects.create(delivery=emil, started_at=now, outcome=Attempt.Outcome.DEFERRED)
    expired(Work.begin(late, now), [emil, dara], now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    english = notice.text.split("- - -")[1]
    assert english.count("An earlier try may have arrived all the same.") == 1
    assert english.index("dara@else.example") < english.index("An earlier try may have")

    late.deliveries.update(state=State.EXPIRED)
    views = deliveries_of(late, cast.amina, now=now)
    maybe = {view.address: "may have arrived" in view.sentence for view in views}
    assert maybe == {"emil@else.example": False, "dara@else.example": True}


def test_a_silent_gateway_is_told_of_in_a_sentence(cast: Cast, post: Post, now: datetime) -> None:
    sent = post(to=["emil@else.example"])
    put_off(sent, because(Reason.UNREACHABLE, "Connection refused"))
    expired(Work.begin(sent, now), list(sent.deliveries.all()), now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert "Your agency's gateway could not be reached." in notice.text


def test_a_refusal_is_told_as_one(cast: Cast, post: Post, now: datetime) -> None:
    sent = post(to=["emil@else.example"], subject="Water")
    put_off(sent, Verdict(550, "No such user", "5.1.1"))
    refused(Work.begin(sent, now), list(sent.deliveries.all()), now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert "There is no such recipient at this address." in notice.text
    assert "time it was tried" not in notice.text


def test_a_circular_names_fifty_and_counts_the_rest(cast: Cast, post: Post, now: datetime) -> None:
    sent = post(bcc=[f"p{number}@else.example" for number in range(61)])
    delayed(Work.begin(sent, now), now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert notice.text.count("@else.example") == 2 * 50
    assert "And 11 more." in notice.text


def test_there_is_no_bounce_for_a_bounce(cast: Cast, late: Submission, now: datetime) -> None:
    work, owed = Work.begin(late, now), list(late.deliveries.all())
    Submission.objects.filter(pk=late.pk).update(is_automatic=True)
    late.is_automatic = True
    assert not delayed(work, now) and not expired(work, owed, now) and not refused(work, owed, now)
    assert in_inbox(cast.mailbox_of(cast.amina)) == []


@pytest.mark.parametrize("failure", [ValueError("ทับ"), OSError("ทับ")], ids=["for-good", "away"])
def test_a_letter_that_cannot_be_read_keeps_no_other_author_waiting(
    post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    broken, good = post(to=BOTH), post(to=BOTH)
    Submission.objects.filter(pk=good.pk).update(due_at=now + timedelta(seconds=1))
    begin = Work.begin

    def broken_one(submission: Submission, at: datetime) -> Work:
        if submission.pk == broken.pk:
            raise failure
        return begin(submission, at)

    monkeypatch.setattr(Work, "begin", broken_one)
    assert tell_of_delays(now + hours(5)) == 1
    good.refresh_from_db()
    broken.refresh_from_db()
    assert good.delay_told_at is not None
    # What is away comes back, and its author is told then.
    assert (broken.delay_told_at is None) == isinstance(failure, OSError)


def test_no_log_line_names_anybody(
    late: Submission, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        tell_of_delays(now + hours(5))
    assert "else.example" not in caplog.text and "น้ำ" not in caplog.text
