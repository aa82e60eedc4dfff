"""The outbox as its author sees it, by links and forms alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from govmail_portal.dates import BANGKOK
from mailbox.mime.returned.reports import read
from mailbox.models import Attempt, Delivery, Draft, Submission
from mailbox.outbound import drafting
from mailbox.outbound.returning.matching import note
from mailbox.outbound.submission import send, undo
from mailbox.smtp.verdicts import Verdict
from tests.cast import Cast, signed_in
from tests.fakes import FakeGateway
from tests.mailbox.outbound.returning.conftest import report_on
from tests.mailbox.outbound.test_relay import run

State = Delivery.State
DAY = timedelta(days=1)


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.amina)


def posted(cast: Cast, subject: str, *to: str, **terms: Any) -> Submission:
    now = terms.pop("now", timezone.now())
    box = cast.mailbox_of(cast.amina)
    draft = drafting.start(box, by=cast.amina, now=now)
    values = {"to": list(to) or ["emil@else.example"], "subject": subject, "text": "x"}
    drafting.save(draft, values, version=1, now=now)
    return send(draft, by=cast.amina, now=now, **terms)


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(f"mailbox:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_waits_or_failed_stands_before_the_rest(cast: Cast, client: Client) -> None:
    earlier = timezone.now() - timedelta(minutes=5)
    arrived, failed = (posted(cast, name, now=earlier) for name in ("It arrived", "It failed"))
    run(arrived, FakeGateway(), now=timezone.now())
    run(failed, FakeGateway(emil=Verdict(550, "No such person")), now=timezone.now())
    posted(cast, "It waits", now=timezone.now(), at=timezone.now() + DAY)
    called_back = posted(cast, "It came back")
    undo(called_back, by=cast.amina, now=timezone.now())
    text = page(client, "outbox", cast.mailbox_of(cast.amina).pk)

    places = [text.index(words) for words in ("It waits", "It failed", "It arrived")]
    assert places == sorted(places)
    assert "It came back" not in text
    box = cast.mailbox_of(cast.amina).pk
    assert "It came back" in page(client, "outbox", box, show="cancelled")
    only_failed = page(client, "outbox", box, show="failed")
    assert "It failed" in only_failed and "It arrived" not in only_failed


def test_a_scheduled_letter_can_be_moved_sent_and_called_back(cast: Cast, client: Client) -> None:
    sent = posted(cast, "Later", at=timezone.now() + DAY)
    assert "Will be sent" in page(client, "submission", sent.pk)
    new = (timezone.now() + 3 * DAY).astimezone(BANGKOK)
    moved = client.post(
        reverse("mailbox:submission-at", args=[sent.pk]), {"send_at": f"{new:%Y-%m-%dT%H:%M}"}
    )
    sent = Submission.objects.get()
    assert moved["Location"] == reverse("mailbox:submission", args=[sent.pk])
    assert sent.scheduled_for == new.replace(second=0, microsecond=0)

    client.post(reverse("mailbox:submission-undo", args=[sent.pk]))
    assert Draft.objects.unsent().exists()
    again = posted(cast, "Now", at=timezone.now() + DAY)
    client.post(reverse("mailbox:submission-now", args=[again.pk]))
    now = Submission.objects.get(cancelled_at__isnull=True)
    assert now.scheduled_for is None and now.due_at is not None and now.due_at <= timezone.now()


@pytest.mark.parametrize("text", ["", "tomorrow", "2008-01-08T09:12", "9999-99-99T00:00"])
def test_a_moment_that_cannot_be_is_refused(cast: Cast, client: Client, text: str) -> None:
    sent = posted(cast, "Later", at=timezone.now() + DAY)
    answer = client.post(reverse("mailbox:submission-at", args=[sent.pk]), {"send_at": text})
    assert answer.status_code == 422
    assert Submission.objects.get().scheduled_for == sent.scheduled_for


def test_the_gateways_words_stand_beneath_and_the_failed_are_tried_again(
    cast: Cast, client: Client
) -> None:
    sent = posted(cast, "Refused", "emil@else.example", "finn@else.example")
    no = Verdict(550, "No such person", "5.1.1")
    run(sent, FakeGateway(emil=no), now=timezone.now() + timedelta(minutes=1))
    text = page(client, "submission", sent.pk)
    assert "550 5.1.1" in text and "No such person" in text
    failed = sent.deliveries.get(state=State.FAILED)
    place = reverse("mailbox:submission-try-again", args=[sent.pk])
    client.post(place, {"delivery": "made up"})
    failed.refresh_from_db()
    assert failed.state == State.FAILED
    client.post(place, {"delivery": str(failed.pk)})
    failed.refresh_from_db()
    assert failed.state == State.QUEUED


def test_opened_is_shown_for_colleagues_only(cast: Cast, client: Client) -> None:
    sent = posted(cast, "Read it", cast.bruno.address, "emil@else.example")
    run(sent, FakeGateway(), now=timezone.now() + timedelta(minutes=1))
    sent.deliveries.update(opened_at=datetime(2008, 1, 8, 2, 41, tzinfo=BANGKOK))
    assert page(client, "submission", sent.pk).count("8 Jan 2008 02:41") == 1


def test_a_circular_shows_a_hundred_recipients_a_page(cast: Cast, client: Client) -> None:
    sent = posted(cast, "Circular", *[f"p{number}@else.example" for number in range(150)])
    first = page(client, "submission", sent.pk)
    assert first.count('class="hop"') == 100
    after = first.rpartition("?after=")[2].partition('"')[0]
    assert page(client, "submission", sent.pk, after=after).count('class="hop"') == 50
    assert page(client, "submission", sent.pk, after="nonsense").count('class="hop"') == 100


def test_the_notice_after_sending_waits_while_it_is_looked_at(cast: Cast, client: Client) -> None:
    sent = posted(cast, "Wait", now=timezone.now())
    place = reverse("mailbox:submission-wait", args=[sent.pk])
    assert client.post(place).status_code == 204
    moved = Submission.objects.get()
    assert moved.undo_until > sent.undo_until
    undo(moved, by=cast.amina, now=timezone.now())
    assert client.post(place).status_code == 409


def test_the_panel_under_an_own_letter_shows_the_same(cast: Cast, client: Client) -> None:
    sent = posted(cast, "Refused", "emil@else.example", cast.bruno.address)
    run(sent, FakeGateway(emil=Verdict(550, "No", "5.1.1")), now=timezone.now() + DAY)
    assert sent.sent_copy is not None
    text = page(client, "deliveries", sent.sent_copy.pk)
    assert text.index("emil@else.example") < text.index(cast.bruno.address)
    assert "550 5.1.1" in text and reverse("mailbox:submission", args=[sent.pk]) in text


@pytest.mark.parametrize("is_script", [True, False])
def test_a_time_chosen_while_writing_is_when_the_letter_leaves(
    cast: Cast, client: Client, is_script: bool
) -> None:
    box, then = cast.mailbox_of(cast.amina), (timezone.now() + 3 * DAY).astimezone(BANGKOK)
    draft = drafting.start(box, by=cast.amina, now=timezone.now())
    place = reverse("mailbox:draft-send", args=[draft.pk])
    chosen = f"{then:%Y-%m-%dT%H:%M}"
    values = {"to": cast.bruno.address, "subject": "Later", "text": "x"}
    if is_script:
        body = {"version": 1, "body": values | {"to": [values["to"]], "send_at": chosen}}
        script = {"X-Requested-With": "fetch", "Accept": "application/json"}
        answer = client.post(place, json.dumps(body), "application/json", headers=script)
        assert answer.status_code == 200
    else:
        client.post(place, values | {"version": "1", "when": chosen})
    sent = Submission.objects.get()
    assert sent.scheduled_for == then.replace(second=0, microsecond=0)
    text = page(client, "submission", sent.pk)
    assert "The letter will be sent" in text and "data-undo-seconds" not in text


def test_who_came_back_stands_with_the_reason_and_every_try(cast: Cast, client: Client) -> None:
    earlier = timezone.now() - timedelta(minutes=5)
    sent = posted(cast, "It came back", "emil@else.example", "dara@else.example", now=earlier)
    delivery = sent.deliveries.get(position=0)
    sent.deliveries.update(state=State.RELAYED)
    for outcome, code in ((Attempt.Outcome.DEFERRED, 451), (Attempt.Outcome.ACCEPTED, 250)):
        Attempt.objects.create(
            delivery=delivery, started_at=earlier, outcome=outcome, reply_code=code
        )
    report = read(report_on("emil@else.example", said="550 5.1.1 <b>Nobody</b> here"))
    assert report is not None
    note(report, sent.pk, timezone.now())
    text = page(client, "submission", sent.pk)

    assert "Came back undelivered" in text
    assert "There is no such recipient at this address." in text
    assert "A server on the way reported:" in text and "The gateway said:" not in text
    assert "&lt;b&gt;Nobody&lt;/b&gt; here" in text and "<b>Nobody" not in text
    assert "Tries: 2" in text and "(451)" in text
    assert reverse("mailbox:submission-try-again", args=[sent.pk]) in text


def test_who_is_late_beyond_the_gateway_is_said_to_be(cast: Cast, client: Client) -> None:
    sent = posted(cast, "It is late", now=timezone.now() - timedelta(minutes=5))
    sent.deliveries.update(state=State.RELAYED)
    late = report_on("emil@else.example", action="delayed", status="4.4.1", said="450 no answer")
    report = read(late)
    assert report is not None
    note(report, sent.pk, timezone.now())
    text = page(client, "submission", sent.pk)
    assert "A server on the way to the recipient is still trying." in text
    assert 'class="hop__state is-wait"' in text
