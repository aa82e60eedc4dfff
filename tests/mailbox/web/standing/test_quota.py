from __future__ import annotations

import pytest
from django.test import Client

from mailbox.models import Mailbox
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Client:
    return signed_in(cast.amina)


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (79, None),
        (80, "80 % of your mailbox is used"),
        (95, "95 % of your mailbox is used"),
        (100, "Your mailbox is full"),
        (130, "Your mailbox is full"),
    ],
)
def test_the_inbox_warns_while_there_is_still_time(
    amina: Client, cast: Cast, used: int, said: str | None
) -> None:
    Mailbox.objects.filter(account=cast.amina).update(quota_bytes=10**9, used_bytes=used * 10**7)
    page = amina.get("/").content.decode()
    warned = "notice--warning" in page or "notice--danger" in page
    assert warned == (said is not None)
    assert said is None or said in page
    assert ("notice--danger" in page) == (used >= 95)
