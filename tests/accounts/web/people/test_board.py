"""The board's pages: counts for everybody, small ones hidden, names within reach only."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import (
    Agency,
    Mandate,
    MandateRule,
    Obligation,
    Official,
    Snapshot,
)
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
TODAY = date(2008, 4, 25)
NO_COUNTS = dict.fromkeys(
    ("met", "late_met", "late_person", "late_agency", "waiting_gate", "exempt", "pending"), 0
)


@pytest.fixture
def rule() -> MandateRule:
    Mandate.objects.update(is_in_force=False)
    mandate = Mandate.objects.create(
        title_th="การใช้จดหมายของภาครัฐ",
        title_en="Mail of the state",
        source_letter="นร ๐๕๐๖/ว ๕",
        base_kind=Mandate.BaseKind.CIRCULAR,
        base_date=date(2008, 1, 7),
    )
    return MandateRule.objects.create(
        mandate=mandate, name_th="ทุกคน", name_en="Everybody", covers="everyone", months=12
    )


def snapshot(rule: MandateRule, agency: Agency, day: date = TODAY, **counts: int) -> None:
    Snapshot.objects.create(
        rule=rule, agency=agency, day=day, eligible=sum(counts.values()), **(NO_COUNTS | counts)
    )


def test_before_the_first_count_the_board_says_so(cast: Cast) -> None:
    page = signed_in(cast.amina).get(reverse("accounts:mandate-board"))
    assert "Nothing has been counted yet" in page.content.decode()


def test_an_official_sees_counts_and_no_way_to_names(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=10, late_person=10)
    page = signed_in(cast.amina).get(reverse("accounts:mandate-board")).content.decode()
    assert "50.0%" in page
    assert reverse("accounts:mandate-names", args=[cast.transport.pk]) not in page


def test_small_counts_of_agencies_out_of_reach_are_hidden(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=20, late_person=3)
    snapshot(rule, cast.interior, met=20, late_person=4)
    page = signed_in(cast.hana).get(reverse("accounts:mandate-board")).content.decode()
    assert ">3</td>" in page  # her own
    assert ">4</td>" not in page
    assert "&lt;5</td>" in page


def test_the_board_is_narrowed_to_one_ministry(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=1, pending=9)
    snapshot(rule, cast.interior, met=9, pending=1)
    board = reverse("accounts:mandate-board")
    page = signed_in(cast.amina).get(board, {"under": cast.interior.pk}).content.decode()
    assert "90.0%" in page


def test_an_agency_that_is_not_there_is_not_found(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=1)
    board = reverse("accounts:mandate-board")
    assert signed_in(cast.amina).get(board, {"under": "999999"}).status_code == 404


def test_the_page_costs_the_same_however_many_agencies(cast: Cast, rule: MandateRule) -> None:
    client, board = signed_in(cast.amina), reverse("accounts:mandate-board")
    snapshot(rule, cast.transport, met=1, pending=1)
    client.get(board)
    with CaptureQueriesContext(connection) as few:
        client.get(board)
    for number in range(20):
        agency = Agency.objects.create(name_th=f"กรม {number}", parent=cast.interior)
        snapshot(rule, agency, met=1, pending=number)
    with CaptureQueriesContext(connection) as many:
        client.get(board)
    assert len(many) == len(few)


def owed(rule: MandateRule, agency: Agency, name: str) -> Obligation:
    official = Official.objects.create(given_name_th=name, family_name_th="ทดสอบ")
    return Obligation.objects.create(
        official=official,
        rule=rule,
        agency=agency,
        began_on=date(2008, 1, 7),
        due_on=date(2009, 1, 7),
        state=Obligation.State.OVERDUE,
    )


def test_names_are_for_officers_within_reach(cast: Cast, rule: MandateRule) -> None:
    owed(rule, cast.transport, "สมศรี")
    owed(rule, cast.interior, "สมหมาย")
    names = reverse("accounts:mandate-names", args=[cast.transport.pk])
    page = signed_in(cast.hana).get(names).content.decode()
    assert "สมศรี" in page
    assert "สมหมาย" not in page
    strange = reverse("accounts:mandate-names", args=[cast.interior.pk])
    assert signed_in(cast.hana).get(strange).status_code == 404
    assert signed_in(cast.amina).get(names).status_code == 404


def test_names_come_in_pages_that_miss_nobody(cast: Cast, rule: MandateRule) -> None:
    for number in range(53):
        owed(rule, cast.transport, f"คนที่{number:02}")
    client, names = (
        signed_in(cast.hana),
        reverse("accounts:mandate-names", args=[cast.transport.pk]),
    )
    first = client.get(names)
    second = client.get(names, {"after": first.context["next"]})
    seen = [row.pk for row in (*first.context["rows"], *second.context["rows"])]
    assert len(seen) == len(set(seen)) == 53
    assert second.context["next"] == ""


def test_the_table_hides_small_counts_too(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.interior, met=20, late_person=4)
    address = reverse("accounts:mandate-table", args=["xlsx"])
    answer = signed_in(cast.hana).get(address)
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    values = [cell.value for cell in sheet[2]]
    assert "<5" in values
    assert 4 not in values
    assert signed_in(cast.hana).get(address.replace("xlsx", "exe")).status_code == 404


def test_the_letter_is_thai_with_thai_digits(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=1234, pending=1)
    page = signed_in(cast.hana).get(reverse("accounts:mandate-letter")).content.decode()
    assert "๑,๒๓๔" in page
    assert "๒๕ เมษายน ๒๕๕๑" in page
    assert signed_in(cast.amina).get(reverse("accounts:mandate-letter")).status_code == 404


def test_a_week_ago_is_compared_with(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, day=TODAY - timedelta(days=7), met=1, late_person=74)
    snapshot(rule, cast.transport, met=65, late_person=10)
    page = signed_in(cast.hana).get(reverse("accounts:mandate-board")).content.decode()
    assert "64 fewer than a week ago." in page
