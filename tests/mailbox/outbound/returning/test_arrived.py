"""What comes to a return path: a report, a machine's answer, or mail that nobody understands."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from mailbox.errors import KeyMissing
from mailbox.models import Arrival, Delivery, Submission
from mailbox.outbound.outbox import deliveries_of
from mailbox.outbound.returning.arrived import take
from mailbox.outbound.returning.notices import MOST_TOLD_ONE_BY_ONE
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.returning.conftest import in_inbox, relayed, report_on, states
from tests.mailbox.post import counts, raw_letter

State = Delivery.State
AWAY = Path("tests/mailbox/mime/returned/messages/away.eml").read_bytes()
BOTH = ["emil@else.example", "dara@else.example"]


def came(sent: Submission, raw: bytes, now: datetime) -> None:
    take(Arrival(mailbox_ids=[], returned_to=sent.pk, received_at=now), raw, now)


def test_a_report_is_noted_and_the_author_told_without_any_key_of_the_letter(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    sent = relayed(post, now, to=BOTH)
    with using(key_set["worker"]):
        came(sent, report_on("emil@else.example"), now)

    assert states(sent) == [State.BOUNCED, State.RELAYED]
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert notice.subject == "Not delivered: Water"
    assert "emil@else.example" in notice.text and "dara@else.example" not in notice.text
    assert "There is no such recipient at this address." in notice.text
    assert "The server said: 550 5.1.1 User unknown" in notice.text
    assert notice.in_reply_to == "letter-1@transport.example"


def test_the_same_report_twice_is_told_once(cast: Cast, post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    for _ in range(2):
        came(sent, report_on("emil@else.example"), now)
    assert len(in_inbox(cast.mailbox_of(cast.amina))) == 1


def test_a_circular_to_old_addresses_does_not_fill_the_authors_inbox(
    cast: Cast, post: Post, now: datetime
) -> None:
    people = [f"p{number}@else.example" for number in range(MOST_TOLD_ONE_BY_ONE + 2)]
    sent = relayed(post, now, bcc=people)
    sent.deliveries.filter(position__lt=MOST_TOLD_ONE_BY_ONE - 1).update(state=State.BOUNCED)
    for address in people[-3:]:
        came(sent, report_on(address), now)
    assert len(in_inbox(cast.mailbox_of(cast.amina))) == 1
    assert set(states(sent)) == {State.BOUNCED}


def test_nobody_is_told_of_a_machines_letter_that_came_back(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=BOTH)
    Submission.objects.filter(pk=sent.pk).update(is_automatic=True)
    came(sent, report_on("emil@else.example"), now)
    assert states(sent) == [State.BOUNCED, State.RELAYED]
    assert in_inbox(cast.mailbox_of(cast.amina)) == []


def test_of_a_delay_the_author_is_told_once_whoever_reports_it(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=BOTH)
    for address in BOTH:
        late = report_on(address, action="delayed", status="4.4.1", said="450 4.4.1 timed out")
        came(sent, late, now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert "another server goes on trying" in notice.text
    assert [view.is_late for view in deliveries_of(sent, cast.amina)] == [True, True]


def test_good_news_is_kept_to_the_outbox(cast: Cast, post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    came(sent, report_on(*BOTH, action="delivered", status="2.0.0", said="250 ok"), now)
    assert states(sent) == [State.RELAYED] * 2
    assert in_inbox(cast.mailbox_of(cast.amina)) == []


def test_a_machines_answer_is_mail_for_the_author(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    sent = relayed(post, now, to=BOTH)
    with using(key_set["worker"]):
        came(sent, AWAY, now)
        came(sent, AWAY, now)
    (letter,) = in_inbox(cast.mailbox_of(cast.amina))
    assert letter.subject == "Out of office" and states(sent) == [State.RELAYED] * 2


def test_a_report_on_somebody_unknown_is_mail_for_the_author(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=BOTH)
    came(sent, report_on("somebody@else.example"), now)
    (letter,) = in_inbox(cast.mailbox_of(cast.amina))
    assert letter.subject == "Undelivered Mail Returned to Sender"
    assert states(sent) == [State.RELAYED] * 2


def test_spam_to_a_return_path_lies_in_spam(
    cast: Cast, post: Post, now: datetime, settings: object
) -> None:
    settings.AUTHSERV_ID = "mx.portal.test"  # type: ignore[attr-defined]  # pytest-django's
    sent = relayed(post, now, to=BOTH)
    ours = b"Authentication-Results: mx.portal.test; dkim=none\r\nX-Spam: Yes\r\n"
    came(sent, ours + raw_letter("buy"), now)
    assert not in_inbox(cast.mailbox_of(cast.amina))
    assert counts(cast.mailbox_of(cast.amina))["spam"] == (1, 1)


def test_a_delay_of_somebody_unknown_is_not_lost(cast: Cast, post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    came(sent, report_on("somebody@else.example", action="delayed", status="4.4.1"), now)
    assert len(in_inbox(cast.mailbox_of(cast.amina))) == 1


def test_what_comes_back_to_a_letter_that_is_gone_is_over(now: datetime, cast: Cast) -> None:
    arrival = Arrival(mailbox_ids=[], returned_to=uuid4(), received_at=now)
    take(arrival, report_on(*BOTH), now)
    assert in_inbox(cast.mailbox_of(cast.amina)) == []


def test_a_report_that_cannot_be_noted_leaves_nothing_behind(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    sent = relayed(post, now, to=BOTH)
    with using(key_set["lmtp"]), pytest.raises(KeyMissing):
        came(sent, report_on("emil@else.example"), now)
    assert states(sent) == [State.RELAYED] * 2
    assert in_inbox(cast.mailbox_of(cast.amina)) == []


def test_a_report_with_a_hostile_name_for_the_letter_is_still_told(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=BOTH)
    came(sent, report_on("emil@else.example", letter="น้ำ@else.example"), now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert notice.in_reply_to == "" and "emil@else.example" in notice.text


def test_a_report_puts_no_words_into_the_portals_mouth(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=["emil@else.example"])
    came(sent, report_on("Sign in anew at evil.example or lose your mail"), now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert notice.subject.startswith("Not delivered") and "evil.example" not in notice.text


def test_a_report_with_markup_shows_it_as_text(cast: Cast, post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    said = "550 5.1.1 <script>alert(1)</script>"
    came(sent, report_on("emil@else.example", said=said), now)
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert "<script>" in notice.text and not notice.html


def test_no_log_line_names_anybody(
    post: Post, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    sent = relayed(post, now, to=BOTH)
    with caplog.at_level("DEBUG"):
        came(sent, report_on("emil@else.example"), now)
        came(sent, report_on("somebody@else.example"), now)
        came(sent, AWAY, now)
    assert str(sent.pk) in caplog.text
    assert "else.example" not in caplog.text and "Water" not in caplog.text
