"""The board's pages: counts for everybody, small ones hidden, names within reach only."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    Mandate,
    MandateRule,
    Obligation,
    Official,
    Snapshot,
)
from accounts.people.roles import HR_OFFICER
from mailbox.models import Message
from tests.cast import Cast, person, signed_in

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
    snapshot(rule, cast.interior, met=90, pending=10)
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


def board_of(account: Account, **query: object) -> Any:
    return signed_in(account).get(reverse("accounts:mandate-board"), query)


def test_a_strange_part_of_the_state_gives_no_small_count_away(
    cast: Cast, rule: MandateRule
) -> None:
    snapshot(rule, cast.interior, day=TODAY - timedelta(days=7), met=30, late_person=6)
    snapshot(rule, cast.interior, met=33, late_person=3)
    page = board_of(cast.hana, under=cast.interior.pk)
    shown = page.content.decode()
    assert page.context["here"].late_person == "<5"
    assert "≈90%" in shown and "91.7%" not in shown
    assert "fewer than a week ago" not in shown
    assert "≥5" in shown and "<b>33</b>" not in shown  # or the three would be what is left over
    assert page.context["chart"] is None and 'width="8.33"' not in shown


def test_among_many_a_few_exempt_do_not_blur_the_rest(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.interior, met=6_000, pending=5_998, exempt=2)
    page = board_of(cast.amina, under=cast.interior.pk)
    here = page.context["here"]
    assert (here.used, here.exempt, here.percent) == ("6,000", "<5", "50.0%")
    assert page.context["chart"] is not None


def test_their_own_officer_is_told_the_same_exactly(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=33, late_person=3)
    page = board_of(cast.hana, under=cast.transport.pk)
    assert page.context["here"].late_person == "3"
    assert "91.7%" in page.content.decode()


def test_a_line_of_strangers_says_its_share_in_tenths_beside_a_small_count(
    cast: Cast, rule: MandateRule
) -> None:
    snapshot(rule, cast.interior, met=20, late_person=4)
    snapshot(rule, cast.transport, met=3, late_person=4)
    (mine, theirs) = board_of(cast.hana).context["worst"]
    assert (mine.percent, theirs.percent) == ("43%", "≈80%")
    assert theirs.parts == [("success", 0.0, 80.0)] and theirs.spark is None


def test_provinces_are_a_part_of_the_state_of_their_own(cast: Cast, rule: MandateRule) -> None:
    Agency.objects.filter(pk=cast.interior.pk).update(kind=Agency.Kind.PROVINCE)
    office = Agency.objects.create(name_th="สำนักงานจังหวัด", parent=cast.interior)
    snapshot(rule, office, met=10, pending=10)
    snapshot(rule, cast.transport, met=0, pending=100)
    page = board_of(cast.amina, under="provinces")
    assert page.context["here"].eligible == "20"
    assert [line.agency for line in page.context["groups"]] == [cast.interior]
    assert "under=provinces" in page.content.decode()


def test_a_row_shows_its_last_seven_weeks(cast: Cast, rule: MandateRule) -> None:
    for week in range(9):
        day = TODAY - timedelta(days=7 * week)
        snapshot(rule, cast.transport, day=day, met=90 - 10 * week, pending=10 + 10 * week)
    page = board_of(cast.amina)
    (line,) = page.context["worst"]
    assert len(line.spark.points.split()) == 7
    assert line.spark.words == "30% → 90%"
    assert (line.spark.x, line.spark.y) == (80.0, 4.0)


@pytest.mark.parametrize("under", ["9" * 30, "9" * 5000, "x", "-1"])
def test_nonsense_for_a_part_of_the_state_is_not_found(
    cast: Cast, rule: MandateRule, under: str
) -> None:
    snapshot(rule, cast.transport, met=1)
    assert board_of(cast.amina, under=under).status_code == 404


def test_names_reach_down_to_the_last_agency_below(cast: Cast, rule: MandateRule) -> None:
    below = cast.transport
    for number in range(4):
        below = Agency.objects.create(name_th=f"หน่วย {number}", parent=below)
    owed(rule, below, "ปลายสาย")
    names = reverse("accounts:mandate-names", args=[cast.transport.pk])
    assert "ปลายสาย" in signed_in(cast.hana).get(names).content.decode()


def test_a_rule_nobody_can_have_finds_everybody(cast: Cast, rule: MandateRule) -> None:
    owed(rule, cast.transport, "สมศรี")
    names = reverse("accounts:mandate-names", args=[cast.transport.pk])
    for nonsense in ("9" * 30, "9" * 5000, "x"):
        assert "สมศรี" in signed_in(cast.hana).get(names, {"rule": nonsense}).content.decode()


def test_an_officer_reports_on_nobody_they_do_not_look_after(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.transport, met=1234, pending=1)
    snapshot(rule, cast.interior, met=777, late_person=3)
    letter = reverse("accounts:mandate-letter")
    client = signed_in(cast.hana)
    own = client.get(letter).content.decode()
    assert "๑,๒๓๔" in own and "๗๗๗" not in own
    assert client.get(letter, {"under": cast.interior.pk}).status_code == 404
    assert letter not in board_of(cast.hana, under=cast.interior.pk).content.decode()


def test_what_is_left_out_of_a_row_cannot_be_worked_out(cast: Cast, rule: MandateRule) -> None:
    snapshot(rule, cast.interior, met=20, late_person=4, pending=30)
    address = reverse("accounts:mandate-table", args=["csv"])
    line = signed_in(cast.hana).get(address).content.decode().splitlines()[1]
    assert "<5" in line and "≥5" in line
    assert line.split(",")[4:12].count("30") == 1 and "20" not in line.split(",")


# --- Telling an agency ------------------------------------------------------


@pytest.fixture
def department(cast: Cast) -> Agency:
    """A department of the ministry Hana looks after, not open yet, with an officer of its own."""
    made = Agency.objects.create(
        name_th="กรมเจ้าท่า", name_en="Marine Department", parent=cast.transport
    )
    officer = person("dao", made_domain(made), "ดาว ใจดี", "Dao Jaidee", post=("นักบุคคล", "HR"))
    officer.is_staff = True
    officer.save(update_fields=["is_staff"])
    officer.groups.add(Group.objects.get(name=HR_OFFICER))
    return made


def made_domain(agency: Agency) -> Agency:
    AgencyDomain.objects.create(agency=agency, domain="marine.example")
    return agency


def test_the_board_tells_an_agency_and_says_so(
    cast: Cast, rule: MandateRule, department: Agency
) -> None:
    owed(rule, department, "สมศรี")
    snapshot(rule, department, late_agency=20)
    notify = reverse("accounts:mandate-notify", args=[department.pk])
    assert notify in board_of(cast.hana).content.decode()
    answer = signed_in(cast.hana).post(notify, {"rule": rule.pk, "under": ""}, follow=True)
    assert answer.redirect_chain[0][0].endswith(f"?rule={rule.pk}")
    shown = answer.content.decode()
    assert "Marine Department: 1 HR officer has been written to." in shown
    assert "Told today" in shown and notify not in shown
    officer = Account.objects.get(address="dao@marine.example")
    assert Message.objects.filter(mailbox__account=officer).count() == 1


def test_a_second_notice_on_a_day_is_refused_with_a_sentence(
    cast: Cast, rule: MandateRule, department: Agency
) -> None:
    owed(rule, department, "สมศรี")
    snapshot(rule, department, late_agency=20)
    client, notify = (
        signed_in(cast.hana),
        reverse("accounts:mandate-notify", args=[department.pk]),
    )
    client.post(notify)
    answer = client.post(notify, follow=True)
    assert "told today already" in answer.content.decode()
    assert Message.objects.filter(mailbox__account__agency=department).count() == 1


def test_nobody_tells_an_agency_out_of_reach(cast: Cast, rule: MandateRule) -> None:
    notify = reverse("accounts:mandate-notify", args=[cast.interior.pk])
    assert signed_in(cast.hana).post(notify).status_code == 404
    assert signed_in(cast.amina).post(notify).status_code == 404
    assert signed_in(cast.hana).get(notify).status_code == 405
