"""Held arrivals in the administration: seen by operators, tried again, and never opened."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.roles import OPERATOR
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival
from tests.cast import Cast, signed_in
from tests.mailbox.post import raw_letter

LIST = reverse("admin:mailbox_arrival_changelist")


@pytest.fixture
def operator(cast: Cast) -> Client:
    cast.bruno.is_staff = True
    cast.bruno.save(update_fields=["is_staff"])
    cast.bruno.groups.add(Group.objects.get(name=OPERATOR))
    return signed_in(cast.bruno)


@pytest.fixture
def held(cast: Cast) -> Arrival:
    arrival = take_in(
        raw_letter("canary-subject", body="canary-body"),
        sender="canary-sender@elsewhere.example",
        mailboxes=[cast.mailbox_of(cast.amina).pk],
        recipients=["amina@transport.example"],
        now=timezone.now(),
        nudge=lambda _: None,
    )
    Arrival.objects.update(due_at=None, held_at=timezone.now(), held_reason="timeout", attempts=3)
    return arrival


def page(client: Client, url: str) -> str:
    response: Any = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def test_an_operator_sees_size_and_reason_and_no_content(operator: Client, held: Arrival) -> None:
    for url in (LIST, reverse("admin:mailbox_arrival_change", args=[held.pk])):
        shown = page(operator, url)
        assert "timeout" in shown and str(held.pk) in shown
        assert "canary" not in shown and "amina" not in shown


def test_trying_again_makes_it_due(operator: Client, held: Arrival) -> None:
    chosen = {"action": "try_again", "_selected_action": [str(held.pk)]}
    assert operator.post(LIST, chosen).status_code == 302

    again = Arrival.objects.due(timezone.now()).get()
    assert (again.attempts, again.held_at, again.held_reason) == (0, None, "")


def test_nothing_can_be_added_changed_or_deleted(operator: Client, held: Arrival) -> None:
    assert operator.get(reverse("admin:mailbox_arrival_add")).status_code == 404
    assert operator.post(reverse("admin:mailbox_arrival_delete", args=[held.pk])).status_code == 404
    operator.post(reverse("admin:mailbox_arrival_change", args=[held.pk]), {"attempts": 9})
    assert Arrival.objects.get().attempts == 3


def test_hr_sees_no_arrivals(cast: Cast, held: Arrival) -> None:
    hana = signed_in(cast.hana)
    assert hana.get(reverse("admin:index")).status_code == 200
    assert hana.get(LIST).status_code == 404
