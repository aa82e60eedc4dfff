"""The demo's mandate has a course that a board can show, and begins once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Obligation, Snapshot
from mailbox.demo import people
from mailbox.demo.bureau import mandate
from mailbox.sealing.keyring import StoredKeyring

pytestmark = pytest.mark.django_db


def test_it_has_people_who_use_it_weeks_behind_it_and_begins_once(
    keyring: StoredKeyring,
) -> None:
    now = timezone.now()
    people.load_people()
    assert mandate.load_mandate(now)
    assert Obligation.objects.filter(rule__covers="directors").exists()
    assert Snapshot.objects.values("day").distinct().count() > 10
    counted = Snapshot.objects.count()
    assert not mandate.load_mandate(now)
    assert Snapshot.objects.count() == counted
