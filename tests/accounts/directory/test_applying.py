"""Carrying out a plan: who agrees, what each verdict does, and what happens in between."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.directory import applying, carrying_out, plan
from accounts.directory.applying import (
    ImportUnderWay,
    NotWaiting,
    PlanOutdated,
    SecondOfficerNeeded,
)
from accounts.models import (
    Account,
    Assignment,
    AuditEvent,
    ImportBatch,
    Official,
    PersonnelOrder,
    Source,
    SourceRecord,
)
from accounts.people import national_id
from govmail_portal.errors import NotYours
from tests.accounts.directory.people import (
    NOW,
    imported,
    official,
    other_officer,
    planned,
    record,
    row,
    verdicts,
)
from tests.cast import Cast

pytestmark = pytest.mark.django_db

State = ImportBatch.State
LATER = NOW + timedelta(days=1)


@pytest.fixture
def large(cast: Cast) -> ImportBatch:
    """A plan above the thresholds, which Hana has approved."""
    everybody = [record(number) for number in range(1, 5)]
    imported(cast, *everybody)
    leavers = [record(number, leaves="ลาออก") for number in (1, 2)]
    batch = planned(cast, *leavers, *everybody[2:], now=LATER)
    return applying.approve(batch, by=cast.hana, now=LATER)


# --- Who agrees -----------------------------------------------------------


def test_a_small_import_takes_one_officer(cast: Cast) -> None:
    batch = applying.approve(planned(cast, record(1)), by=cast.hana, now=NOW)
    assert (batch.state, batch.due_at) == (State.APPROVED, NOW)


def test_a_large_one_waits_for_a_second(large: ImportBatch) -> None:
    assert (large.state, large.due_at) == (State.AWAITING_SECOND, None)


def test_whoever_approved_is_no_second_officer(cast: Cast, large: ImportBatch) -> None:
    with pytest.raises(SecondOfficerNeeded):
        applying.second(large, by=cast.hana, now=LATER)


def test_another_officer_releases_it(cast: Cast, large: ImportBatch) -> None:
    applying.second(large, by=other_officer(cast), now=LATER)
    assert large.state == State.APPROVED


def test_nothing_happens_before_the_second_officer(large: ImportBatch) -> None:
    applying.apply(large, now=LATER)
    assert official("k1").account.state != Account.State.LEAVING
    assert large.state == State.AWAITING_SECOND


def test_the_portal_alone_may_not_approve_a_large_one(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    leavers = [record(number, leaves="ลาออก") for number in (1, 2)]
    batch = planned(cast, *leavers, now=LATER)
    with pytest.raises(SecondOfficerNeeded):
        applying.approve(batch, by=None, now=LATER)


def test_an_officer_of_another_agency_may_not_approve(cast: Cast) -> None:
    batch = planned(cast, record(1))
    with pytest.raises(NotYours):
        applying.approve(batch, by=cast.chiara, now=NOW)


def test_two_imports_of_an_agency_are_not_carried_out_at_once(cast: Cast) -> None:
    directory = Source.objects.create(agency=cast.transport, kind=Source.Kind.LDAP, name="x")
    first, same_source = planned(cast, record(1)), planned(cast, record(1))
    other = plan.make(directory, [record(2)], by=cast.hana, now=NOW, reads_all=True)
    applying.approve(first, by=cast.hana, now=NOW)
    for batch in (same_source, other):
        with pytest.raises(ImportUnderWay, match="Another import of this agency"):
            applying.approve(batch, by=cast.hana, now=NOW)
    applying.apply(first, now=NOW)
    assert applying.approve(other, by=cast.hana, now=NOW).state == State.APPROVED


def test_a_plan_from_before_another_import_is_outdated(cast: Cast) -> None:
    old = planned(cast, record(1))
    imported(cast, record(1), now=LATER)
    with pytest.raises(PlanOutdated):
        applying.approve(old, by=cast.hana, now=LATER)


def test_what_was_withdrawn_cannot_be_approved(cast: Cast) -> None:
    batch = applying.withdraw(planned(cast, record(1)), by=cast.hana, now=NOW)
    with pytest.raises(NotWaiting):
        applying.approve(batch, by=cast.hana, now=NOW)


def test_every_step_is_recorded(cast: Cast) -> None:
    imported(cast, record(1))
    acts = AuditEvent.objects.filter(kind="accounts.importbatch").values_list("act", flat=True)
    assert list(acts.order_by("number")) == ["import_approved", "import_applied"]


# --- What each verdict does -----------------------------------------------


def test_a_joiner_has_a_post_an_address_and_a_place_in_the_queue(cast: Cast) -> None:
    imported(cast, record(1, given_name_en="Somchai", family_name_en="Jaidee"))
    account = official("k1").account

    assert account.agency == cast.transport
    assert account.address.startswith("somchai.")
    assert account.provisioning_jobs.count() == 1
    assert official("k1").assignments.get().position.unit.name_th == "กองแผนงาน"


def test_the_proposed_address_is_taken_where_it_may_be(cast: Cast) -> None:
    imported(cast, record(1, proposed_address="chief@transport.example"))
    assert official("k1").account.address == "chief@transport.example"


def test_a_proposed_address_of_somebody_is_not_given_twice(cast: Cast) -> None:
    batch = imported(cast, record(1, proposed_address=cast.amina.address))

    assert official("k1").account.address != cast.amina.address
    assert "Choose another one" in row(batch, 1).words


def test_a_change_is_written(cast: Cast) -> None:
    imported(cast, record(1))
    imported(cast, record(1, family_name_th="รักไทย", phone="02 1"), now=LATER)
    assert (official("k1").family_name_th, official("k1").phone) == ("รักไทย", "02 1")


def test_a_move_ends_one_post_and_begins_another(cast: Cast) -> None:
    imported(cast, record(1))
    imported(cast, record(1, position_number="p99"), now=LATER)
    held = official("k1").assignments.on(LATER.date()).get()
    assert held.position.position_number == "p99"


def test_after_a_move_the_same_file_changes_nothing(cast: Cast) -> None:
    moved = record(1, position_number="", unit=("กองคลัง", "กลุ่ม ก"), position_th="นักบัญชี")
    imported(cast, record(1))
    imported(cast, moved, now=LATER)
    assert verdicts(planned(cast, moved, now=LATER + timedelta(days=1))) == ["same"]


def test_after_a_renamed_post_the_same_file_changes_nothing(cast: Cast) -> None:
    renamed = record(1, position_th="นักวิชาการ", position_en="Academic", unit=("กองคลัง",))
    imported(cast, record(1))
    imported(cast, renamed, now=LATER)
    assert verdicts(planned(cast, renamed, now=LATER + timedelta(days=1))) == ["same"]


def test_a_leaver_has_an_order(cast: Cast) -> None:
    imported(cast, record(1))
    imported(cast, record(1, leaves="เกษียณ", leaves_on=date(2027, 9, 30)), now=LATER)
    order = PersonnelOrder.objects.get(official=official("k1"))
    assert (order.kind, order.effective_on) == ("retired", date(2027, 10, 1))


def test_after_a_leave_the_same_file_changes_nothing(cast: Cast) -> None:
    leaver = record(1, leaves="ลาออก", leaves_on=date(2027, 1, 1))
    imported(cast, record(1))
    imported(cast, leaver, now=LATER)
    assert verdicts(planned(cast, leaver, now=LATER + timedelta(days=1))) == ["same"]


def test_missing_twice_leaves_by_an_order(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    imported(cast, record(1), now=LATER)
    imported(cast, record(1), now=LATER + timedelta(days=1))
    assert PersonnelOrder.objects.get(official=official("k2")).details["why"] == "absent"


def test_an_acting_post_stands_beside_the_own(cast: Cast) -> None:
    acting = record(
        2,
        key="k1",
        kind="acting",
        position_number="p7",
        position_th="ผู้อำนวยการกอง",
        valid_to=date(2027, 3, 31),
    )
    imported(cast, record(1), acting)
    held = official("k1").assignments.on(NOW.date())
    assert set(held.values_list("kind", flat=True)) == {"substantive", "acting"}


def test_nobody_gives_themselves_another_post_by_a_file(cast: Cast) -> None:
    hana = cast.hana.official
    assert hana is not None
    source = planned(cast).source
    SourceRecord.objects.create(source=source, key="k1", official=hana, seen_at=NOW)
    own = record(1, kind="additional", position_number="p9", position_th="ปลัดกระทรวง")
    batch = imported(cast, own, now=LATER, reads_all=False)

    assert "nobody does so for themselves" in row(batch, 1).words
    assert hana.assignments.count() == 1


@pytest.mark.parametrize(("by_itself", "moved"), [(True, False), (False, True)])
def test_no_source_gives_an_officer_a_post_unasked(
    cast: Cast, by_itself: bool, moved: bool
) -> None:
    hana = cast.hana.official
    assert hana is not None
    SourceRecord.objects.create(source=planned(cast).source, key="k1", official=hana, seen_at=NOW)
    batch = planned(cast, record(1, position_number="p9"), now=LATER, reads_all=False)
    applying.approve(batch, by=None if by_itself else other_officer(cast), now=LATER)
    applying.apply(batch, now=LATER)

    assert ("an officer must agree" in row(batch, 1).words) == by_itself
    assert hana.assignments.filter(position__position_number="p9").exists() == moved


def test_a_suspension_holds_though_rows_between_say_nothing_of_it(cast: Cast) -> None:
    imported(cast, record(1))
    opened = {"state": Account.State.ACTIVE, "first_signed_in_at": NOW}
    Account.objects.filter(official=official("k1")).update(**opened)
    imported(cast, record(1, leaves="พักราชการ"), now=LATER)
    imported(cast, record(1, phone="02 1"), now=LATER + timedelta(days=1))
    assert official("k1").account.state == Account.State.SUSPENDED
    back = record(1, phone="02 1", leaves="ปฏิบัติราชการ")
    imported(cast, back, now=LATER + timedelta(days=2))
    assert official("k1").account.state == Account.State.ACTIVE


def test_somebody_of_another_agency_waits_for_both_sides(cast: Cast) -> None:
    chiara = cast.chiara.official
    assert chiara is not None
    SourceRecord.objects.create(source=planned(cast).source, key="k1", official=chiara, seen_at=NOW)
    imported(cast, record(1), now=LATER)
    order = PersonnelOrder.objects.get(official=chiara)
    assert (order.kind, order.state) == ("transferred", PersonnelOrder.State.AWAITING_SECOND)


# --- What happens in between ----------------------------------------------


def test_carrying_out_twice_is_carrying_out_once(cast: Cast) -> None:
    batch = imported(cast, record(1), record(2))
    before = Official.objects.count()
    applying.apply(batch, now=LATER)
    assert Official.objects.count() == before


def test_a_row_that_fails_spoils_no_other(cast: Cast) -> None:
    cast.transport.domains.all().delete()
    imported(cast, record(1))
    batch = ImportBatch.objects.get()

    assert batch.state == State.APPLIED
    assert batch.counts["failed"] == 1
    assert "no mail domain" in row(batch, 1).words
    assert not SourceRecord.objects.exists()


def test_a_row_nobody_thought_of_spoils_no_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = carrying_out._join

    def stumbles(deed: carrying_out.Deed) -> Official:
        if deed.row.number == 1:
            raise RuntimeError
        return join(deed)

    monkeypatch.setattr(carrying_out, "_join", stumbles)
    assert verdicts(imported(cast, record(1), record(2))) == ["error", "join"]


def test_whatever_changed_since_the_plan_is_not_overwritten(cast: Cast) -> None:
    imported(cast, record(1))
    batch = planned(cast, record(1, phone="02 1"), now=LATER)
    Official.objects.filter(pk=official("k1").pk).update(phone="02 999")
    applying.approve(batch, by=cast.hana, now=LATER)
    applying.apply(batch, now=LATER)

    assert official("k1").phone == "02 999"
    assert "Changed by somebody else" in row(batch, 1).words


@pytest.fixture
def half_done(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> ImportBatch:
    """Six rows to join; the worker was killed after the first piece of two."""
    monkeypatch.setattr(applying, "PIECE", 2)
    batch = planned(cast, *(record(number) for number in range(1, 7)))
    applying.approve(batch, by=cast.hana, now=NOW)
    return applying.apply(batch, now=NOW, most=2)


def test_a_killed_worker_leaves_whole_rows_and_a_due_batch(half_done: ImportBatch) -> None:
    assert (half_done.state, half_done.applied_rows) == (State.APPLYING, 2)
    assert ImportBatch.objects.due(NOW).get() == half_done
    assert SourceRecord.objects.count() == 2


def test_another_worker_goes_on(half_done: ImportBatch) -> None:
    applying.apply(half_done, now=LATER)

    assert (half_done.state, half_done.applied_rows) == (State.APPLIED, 6)
    assert SourceRecord.objects.count() == 6


def test_withdrawn_while_it_runs_no_further_row_begins(cast: Cast, half_done: ImportBatch) -> None:
    applying.withdraw(half_done, by=cast.hana, now=LATER)
    applying.apply(half_done, now=LATER)

    assert (half_done.state, half_done.applied_rows) == (State.WITHDRAWN, 2)
    assert SourceRecord.objects.count() == 2


def test_only_one_worker_claims_a_batch(cast: Cast) -> None:
    batch = applying.approve(planned(cast, record(1)), by=cast.hana, now=NOW)
    assert [batch.claim(NOW, applying.LEASE), batch.claim(NOW, applying.LEASE)] == [True, False]


def test_every_assignment_of_a_first_import_is_the_officials_own(cast: Cast) -> None:
    imported(cast, *(record(number) for number in range(1, 4)))
    kinds: Any = Assignment.objects.filter(official__source_records__isnull=False)
    assert set(kinds.values_list("kind", flat=True)) == {Assignment.Kind.SUBSTANTIVE}


def test_a_worker_killed_within_a_piece_leaves_nobody_half_done(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = carrying_out.joining.join
    before = Official.objects.count()

    def killed(one: Official, **more: Any) -> Account:
        join(one, **more)
        raise SystemExit

    batch = applying.approve(planned(cast, record(1), record(2)), by=cast.hana, now=NOW)
    monkeypatch.setattr(carrying_out.joining, "join", killed)
    with pytest.raises(SystemExit):
        applying.apply(batch, now=NOW)

    assert Official.objects.count() == before
    monkeypatch.setattr(carrying_out.joining, "join", join)
    assert applying.apply(batch, now=LATER).applied_rows == 2


def test_whom_another_source_told_of_meanwhile_does_not_join_twice(cast: Cast) -> None:
    batch = planned(cast, record(1, national_id="1101700230708"))
    Official.objects.create(national_id_digest=national_id.digest("1101700230708"))
    applying.approve(batch, by=cast.hana, now=NOW)
    applying.apply(batch, now=NOW)
    assert "Changed by somebody else" in row(batch, 1).words
