"""An HR officer looks after people and reads nobody's mail: not by a post of their own making."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Assignment, PersonnelOrder, Position
from accounts.people import orders
from accounts.people.orders.recording import OwnOrder
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Position:
    """A post of Hana's own ministry, whose mailbox she does not read."""
    return Position.objects.create(agency=cast.transport, title_th="ปลัดกระทรวง", title_en="Head")


def give(cast: Cast, to: object, desk: Position) -> bytes:
    page = reverse("admin:accounts_assignment_add")
    answer = signed_in(cast.hana).post(
        page, {"official": to, "position": desk.pk, "kind": "substantive", "order_no": "1/2569"}
    )
    return answer.content


def test_no_officer_gives_themselves_a_post(cast: Cast, desk: Position) -> None:
    assert cast.hana.official is not None
    page = give(cast, cast.hana.official.pk, desk)
    assert "nobody does so for themselves" in page.decode()
    assert not Assignment.objects.filter(position=desk).exists()


def test_an_officer_gives_others_a_post(cast: Cast, desk: Position) -> None:
    assert cast.amina.official is not None
    give(cast, cast.amina.official.pk, desk)
    assert Assignment.objects.get(position=desk).official == cast.amina.official


def test_inside_the_page_of_a_post_the_same_holds(cast: Cast, desk: Position) -> None:
    page = reverse("admin:accounts_position_change", args=[desk.pk])
    client = signed_in(cast.hana)
    form = {
        "title_th": "ปลัดกระทรวง",
        "agency": cast.transport.pk,
        "is_director_or_above": "decide",
        "assignments-TOTAL_FORMS": "1",
        "assignments-INITIAL_FORMS": "0",
        "assignments-0-official": str(cast.hana.official_id),
        "assignments-0-kind": "acting",
    }
    assert "nobody does so for themselves" in client.post(page, form).content.decode()
    assert not Assignment.objects.filter(position=desk).exists()


def test_no_officer_records_an_order_that_gives_themselves_a_post(
    cast: Cast, desk: Position
) -> None:
    assert cast.hana.official is not None
    with pytest.raises(OwnOrder):
        orders.record(
            PersonnelOrder.Kind.ACTING,
            cast.hana.official,
            effective_on=date(2026, 11, 1),
            until=date(2026, 12, 1),
            position=desk,
            by=cast.hana,
            now=timezone.now(),
        )


def test_who_is_no_official_is_told_what_lacks_and_nothing_else(cast: Cast, desk: Position) -> None:
    Account.objects.filter(pk=cast.hana.pk).update(official=None)
    assert "nobody does so for themselves" not in give(cast, "", desk).decode()
