"""Arrivals within an officer's reach: found in one statement, kept back only where all are."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Mailbox
from mailbox.operating import queue
from tests.cast import Cast, signed_in
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db


def arrive(*boxes: Mailbox) -> Arrival:
    return take_in(
        raw_letter(),
        sender="",
        mailboxes=[box.pk for box in boxes],
        recipients=[],
        now=timezone.now(),
        nudge=lambda _: None,
    )


def test_however_many_wait_one_statement_finds_those_within_reach(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    amina, chiara = cast.mailbox_of(cast.amina), cast.mailbox_of(cast.chiara)
    mine, both, theirs = arrive(amina), arrive(amina, chiara), arrive(chiara)
    nobodys = arrive()
    reach = [cast.transport.pk]
    with django_assert_num_queries(1):
        assert set(queue.arrivals(reach)) == {mine, both}
    with django_assert_num_queries(1):
        assert set(queue.arrivals(reach, wholly=True)) == {mine}
    assert set(queue.arrivals(None)) == {mine, both, theirs, nobodys}
    assert not queue.arrivals([]).exists()


def test_nobody_keeps_back_what_is_for_another_agency_too(cast: Cast, officer: Account) -> None:
    amina, chiara = cast.mailbox_of(cast.amina), cast.mailbox_of(cast.chiara)
    mine, both = arrive(amina), arrive(amina, chiara)
    chosen = {"action": "hold", "_selected_action": [str(mine.pk), str(both.pk)]}
    page = reverse("admin:mailbox_arrival_changelist")
    assert signed_in(officer).post(page, chosen).status_code == 302
    assert list(Arrival.objects.held()) == [mine]
