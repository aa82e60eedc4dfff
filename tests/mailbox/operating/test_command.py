"""`manage.py queue`: ids, states and codes on paper and as JSON, and two deeds with a dry run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent
from mailbox.models import Submission
from tests.mailbox.operating.test_deeds import deferred
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(post: Post, now: datetime) -> Submission:
    return deferred(post(to=["canary@else.example"], subject="canary"), now)


def said(*words: Any) -> str:
    out = StringIO()
    call_command("queue", *map(str, words), stdout=out)
    assert "canary" not in out.getvalue()
    return out.getvalue()


def test_it_lists_agencies_and_letters(letter: Submission) -> None:
    paper = said("list")
    assert "คค" in paper and "1 letters, 1 recipients (deferred 1)" in paper
    assert str(letter.pk) in paper and "0 arrivals are held." in paper
    told = json.loads(said("list", "--json", "--agency", "transport.example"))
    assert told["agencies"][0]["recipients"] == {"deferred": 1}
    assert [one["id"] for one in told["letters"]] == [str(letter.pk)]
    other = json.loads(said("list", "--json", "--agency", "interior.example"))
    assert other["agencies"] == other["letters"] == []
    assert json.loads(said("list", "--json", "--state", "unknown"))["letters"] == []


def test_it_shows_every_recipient_and_try_of_one(letter: Submission) -> None:
    told = json.loads(said("show", letter.pk, "--json"))
    assert told["states"] == {"deferred": 1}
    [recipient] = told["recipients"]
    assert (recipient["state"], recipient["code"]) == ("deferred", 451)
    assert len(recipient["tries"]) == 1
    assert str(letter.pk) in said("show", letter.pk)
    with pytest.raises(CommandError, match="no letter of this id"):
        said("show", letter.mailbox_id)


def test_trying_again_by_id_or_by_agency(letter: Submission) -> None:
    before = letter.due_at
    assert "1 letters would be tried again." in said("retry", letter.pk, "--dry-run")
    assert fresh(letter).due_at == before
    assert "1 letters are tried again." in said("retry", "--agency", "transport.example")
    due_at = fresh(letter).due_at
    assert due_at is not None and due_at < timezone.now() + timedelta(seconds=1)
    assert AuditEvent.objects.get().actor is None
    for words in (("retry",), ("give-up",), ("list", "--agency", "nobody.example")):
        with pytest.raises(CommandError):
            said(*words)


def test_giving_up(letter: Submission) -> None:
    assert "1 letters would be given up." in said("give-up", letter.pk, "--dry-run")
    assert fresh(letter).expires_at > letter.created_at
    assert "1 letters are given up." in said("give-up", letter.pk, "--reason", "gone")
    assert fresh(letter).expires_at == letter.created_at
    assert AuditEvent.objects.get().details == {"reason": "gone"}
