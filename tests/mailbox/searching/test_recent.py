from __future__ import annotations

from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from mailbox.models import Mailbox, RecentSearch
from mailbox.opening import mailbox_key
from mailbox.sealing.keyring import StoredKeyring
from mailbox.searching import recent
from tests.cast import Cast, gather


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


def test_the_same_search_in_two_windows_at_once_is_one_that_opens(people: Cast) -> None:
    box = people.mailbox_of(people.amina)
    key, begun = mailbox_key(box), Event()

    def ask() -> None:
        begun.set()
        try:
            mine = Mailbox.objects.get(pk=box.pk)
            recent.remember(mine, "budget  2569", private_key=key, now=timezone.now())
        finally:
            connection.close()

    other = Thread(target=ask)
    with transaction.atomic():
        recent.remember(box, "budget 2569", private_key=key, now=timezone.now())
        other.start()
        begun.wait(10)
        other.join(0.5)  # it is at the lock by now, or waits for the row
    other.join(30)
    (kept,) = RecentSearch.objects.all()
    assert recent.text_of(kept, key) == "budget  2569"
