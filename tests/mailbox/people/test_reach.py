from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Assignment
from mailbox.models import Mailbox
from mailbox.models.delegations import OWN, Rights, rights_in
from mailbox.models.mailboxes import reached
from tests.cast import Cast
from tests.mailbox.people.offices import delegate, hold, office

Kind = Assignment.Kind
DAY = timedelta(days=1)


def today() -> date:
    return timezone.localdate()


def boxes(account: object, **asked: object) -> set[str]:
    found = Mailbox.objects.filter(pk__in=reached(account, **asked))  # type: ignore[arg-type]
    return {box.account.address.partition("@")[0] for box in found if box.account}


def test_an_official_reaches_their_own_mailbox_and_no_other(cast: Cast) -> None:
    office(cast.transport)

    assert boxes(cast.amina) == {"amina"}


@pytest.mark.parametrize("kind", [Kind.SUBSTANTIVE, Kind.ACTING, Kind.ADDITIONAL])
def test_whoever_holds_a_position_reaches_its_mailbox_and_speaks_for_it(
    cast: Cast, kind: Kind
) -> None:
    box = office(cast.transport)
    hold(box, cast.bruno, kind)

    assert boxes(cast.bruno) == {"bruno", "saraban"}
    assert rights_in(box, cast.bruno) == Rights(True, True, True, True)


def test_whoever_is_seconded_to_a_position_signs_beside_it(cast: Cast) -> None:
    box = office(cast.transport)
    hold(box, cast.chiara, Kind.SECONDMENT, valid_to=today())

    assert rights_in(box, cast.chiara) == Rights(True, True, False, True)


@pytest.mark.parametrize(
    ("dates", "reaches"),
    [
        ({"valid_from": 0, "valid_to": 0}, True),
        ({"valid_to": -1}, False),
        ({"valid_from": 1}, False),
        ({"valid_from": -1, "valid_to": 1}, True),
    ],
)
def test_a_post_gives_access_on_its_days_both_ends_counting(
    cast: Cast, dates: dict[str, int], reaches: bool
) -> None:
    box = office(cast.transport)
    hold(box, cast.bruno, Kind.ACTING, **{k: today() + v * DAY for k, v in dates.items()})

    assert ("saraban" in boxes(cast.bruno)) is reaches
    assert rights_in(box, cast.bruno).may_read is reaches


def test_the_mailbox_of_a_position_survives_its_holder(cast: Cast) -> None:
    box = office(cast.transport)
    hold(box, cast.bruno, valid_to=today() - DAY)
    hold(box, cast.amina, valid_from=today())

    assert boxes(cast.bruno) == {"bruno"}
    assert boxes(cast.amina) == {"amina", "saraban"}
    assert boxes(cast.bruno, on=today() - DAY) == {"bruno", "saraban"}


@pytest.mark.parametrize(
    "changed",
    [
        {"ended_at": timezone.now()},
        {"valid_to": date(2026, 1, 1)},
        {"valid_from": date(2999, 1, 1), "valid_to": None},
    ],
    ids=["ended", "over", "not yet"],
)
def test_a_delegation_that_is_not_in_force_gives_nothing(
    cast: Cast, changed: dict[str, object]
) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True, **changed)

    assert boxes(cast.bruno) == {"bruno"}
    assert rights_in(box, cast.bruno) == Rights()


def test_a_delegate_who_only_reads_reaches_nothing_to_write_in(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno)

    assert boxes(cast.bruno) == {"amina", "bruno"}
    assert boxes(cast.bruno, writes=True) == {"bruno"}


def test_of_two_delegations_the_more_generous_counts(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno)
    delegate(box, cast.bruno, may_write=True, may_send_on_behalf=True)

    assert rights_in(box, cast.bruno) == Rights(True, True, False, True)


def test_a_closed_mailbox_is_within_nobodys_reach(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno)
    Mailbox.objects.filter(pk=box.pk).update(is_open=False)
    box.refresh_from_db()

    assert boxes(cast.amina) == set()
    assert boxes(cast.bruno) == {"bruno"}
    assert rights_in(box, cast.amina) == Rights()


def test_ones_own_rights_cost_no_query_and_anothers_two(cast: Cast) -> None:
    own, theirs = cast.mailbox_of(cast.amina), office(cast.transport)
    for _number in range(3):
        delegate(theirs, cast.amina)
    with CaptureQueriesContext(connection) as asked:
        assert rights_in(own, cast.amina) == OWN
        assert not asked.captured_queries
        rights_in(theirs, cast.amina)

    assert len(asked) == 2


def test_reach_is_one_query_however_many_mailboxes_there_are(cast: Cast) -> None:
    for number in range(3):
        hold(office(cast.transport, f"office{number}"), cast.amina)
    with CaptureQueriesContext(connection) as asked:
        assert len(Mailbox.objects.readable_by(cast.amina)) == 4

    assert len(asked) == 1


def test_reach_reads_no_table_from_end_to_end(cast: Cast) -> None:
    hold(office(cast.transport), cast.amina)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Mailbox.objects.readable_by(cast.amina).explain()

    assert "Seq Scan on mailbox_mailbox" not in plan
