"""A plan says what would change and changes nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext

from accounts.directory import plan
from accounts.directory.records import PersonRecord, Unreadable
from accounts.models import ImportBatch, ImportRow, Official, SourceRecord
from accounts.people import national_id
from tests.accounts.directory.people import NOW, imported, planned, record, row, verdicts
from tests.cast import Cast

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def test_somebody_new_joins(cast: Cast) -> None:
    batch = planned(cast, record(1))

    assert batch.state == ImportBatch.State.PLANNED
    assert batch.counts["joins"] == 1
    assert row(batch, 1).official is None


def test_a_plan_changes_nobody(cast: Cast) -> None:
    before = Official.objects.count()
    planned(cast, record(1), record(2))
    assert Official.objects.count() == before


def test_the_same_file_again_changes_nothing(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    assert verdicts(planned(cast, record(1), record(2), now=LATER)) == ["same", "same"]


def test_another_name_is_a_change_with_both_sides(cast: Cast) -> None:
    imported(cast, record(1))
    batch = planned(cast, record(1, family_name_th="รักไทย"), now=LATER)

    assert row(batch, 1).diff == {"family_name_th": ["ใจดี", "รักไทย"]}
    assert verdicts(batch) == ["change"]


def test_what_a_source_leaves_empty_says_nothing(cast: Cast) -> None:
    imported(cast, record(1, phone="02 123 4567"))
    assert verdicts(planned(cast, record(1, phone="", title_th=""), now=LATER)) == ["same"]


def test_a_level_alone_names_the_grade_where_one_type_has_it(cast: Cast) -> None:
    batch = planned(cast, record(1, grade="ชำนาญการพิเศษ"), record(2, grade="ระดับสูง"))

    found = [row(batch, number).words for number in (1, 2)]
    assert found[0] == ""
    assert "ระดับสูง" in found[1], "two types have this level"


def test_another_post_is_a_move(cast: Cast) -> None:
    imported(cast, record(1))
    batch = planned(cast, record(1, position_number="p99", unit=("กองคลัง",)), now=LATER)

    assert verdicts(batch) == ["move"]
    assert row(batch, 1).diff["unit"] == [["กองแผนงาน"], ["กองคลัง"]]


def test_a_post_that_is_called_otherwise_moved_nobody(cast: Cast) -> None:
    imported(cast, record(1))
    assert verdicts(planned(cast, record(1, position_th="นักวิชาการ"), now=LATER)) == ["change"]


def test_whoever_is_missing_once_has_not_left(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    assert verdicts(planned(cast, record(1), now=LATER)) == ["same", "absent"]


def test_whoever_is_missing_twice_running_leaves(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    imported(cast, record(1), now=LATER)
    assert verdicts(planned(cast, record(1), now=LATER + timedelta(days=1))) == ["same", "leave"]


def test_being_missing_is_counted_once_a_day(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    imported(cast, record(1), now=LATER)
    again = imported(cast, record(1), now=LATER + timedelta(minutes=5))

    assert verdicts(again) == ["same", "absent"]
    assert SourceRecord.objects.get(key="k2").absences == 1
    assert verdicts(planned(cast, record(1), now=LATER + timedelta(days=1))) == ["same", "leave"]


def test_whoever_came_back_between_is_missing_for_the_first_time_again(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    imported(cast, record(1), now=LATER)
    imported(cast, record(1), record(2), now=LATER + timedelta(days=1))
    batch = planned(cast, record(1), now=LATER + timedelta(days=2))
    assert verdicts(batch) == ["same", "absent"]


def test_an_incremental_reading_says_nothing_of_the_missing(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    assert verdicts(planned(cast, record(1), now=LATER, reads_all=False)) == ["same"]


def test_whoever_stands_in_a_broken_row_is_not_missing(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    batch = planned(cast, record(1), Unreadable(2, {}, "Broken.", "k2"), now=LATER)
    assert verdicts(batch) == ["same", "error"]


def test_nobody_is_missing_while_a_row_does_not_say_whom_it_means(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    batch = planned(cast, record(1), Unreadable(2, {}, "Broken."), now=LATER)
    assert verdicts(batch) == ["same", "error"]


def test_a_leave_code_leaves(cast: Cast) -> None:
    imported(cast, record(1))
    batch = planned(cast, record(1, leaves="ลาออก"), now=LATER)
    assert row(batch, 1).diff["leaves"] == ["", "resigned"]


def test_a_word_that_is_no_leave_code_is_told_of(cast: Cast) -> None:
    imported(cast, record(1))
    batch = planned(cast, record(1, leaves="ไปเที่ยว"), now=LATER)
    assert "ไปเที่ยว" in row(batch, 1).words


def test_a_number_in_two_rows_is_carried_out_in_neither(cast: Cast) -> None:
    batch = planned(cast, record(1), record(2, key="k1"), record(3))

    assert verdicts(batch) == ["error", "error", "join"]
    assert batch.counts["errors"] == 2


def test_units_that_stand_above_each_other_are_told_of(cast: Cast) -> None:
    batch = planned(cast, record(1, unit=("ก", "ข", "ค")), record(2, unit=("ค", "ก")))

    assert verdicts(batch) == ["join", "error"]
    assert "“ค” stands above “ก” here" in row(batch, 2).words


def test_a_unit_above_itself_is_told_of(cast: Cast) -> None:
    assert verdicts(planned(cast, record(1, unit=("ก", "ข", "ก")))) == ["error"]


def test_a_unit_of_a_thousand_levels_is_told_of_at_once(cast: Cast) -> None:
    batch = planned(cast, record(1, unit=tuple(f"กลุ่ม {number}" for number in range(20_000))))
    assert "The unit has 20000 levels" in row(batch, 1).words


def test_an_acting_post_without_a_last_day_is_told_of_before_anybody_agrees(cast: Cast) -> None:
    acting = record(2, key="k1", kind="acting", position_number="p7")
    batch = planned(cast, record(1), acting)
    assert (verdicts(batch), "Say until when" in row(batch, 2).words) == (["join", "error"], True)


def test_unchanged_rows_of_long_ago_are_forgotten_and_their_count_is_kept(cast: Cast) -> None:
    imported(cast, record(1), record(2))
    old = imported(cast, record(1), record(2, phone="02 1"), now=LATER)
    planned(cast, record(1), now=LATER + plan.KEPT + timedelta(hours=1))
    old.refresh_from_db()
    assert (verdicts(old), old.counts["same"]) == (["change"], 1)


def test_a_source_that_takes_a_leave_back_is_told_that_the_order_stands(cast: Cast) -> None:
    imported(cast, record(1))
    imported(cast, record(1, leaves="ลาออก", leaves_on=date(2027, 1, 1)), now=LATER)
    batch = planned(cast, record(1, leaves="ปฏิบัติราชการ"), now=LATER + timedelta(days=1))
    assert "An order of leaving is on file" in row(batch, 1).words


def test_a_source_that_breaks_off_leaves_no_plan(cast: Cast) -> None:
    def broken() -> Iterator[PersonRecord]:
        yield record(1)
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        planned_from(cast, broken())

    assert ImportBatch.objects.get().state == ImportBatch.State.FAILED
    assert not ImportRow.objects.exists()


def planned_from(cast: Cast, records: Iterator[PersonRecord]) -> ImportBatch:
    from accounts.directory.files import uploads

    source = uploads.source_of_files(cast.transport)
    return plan.make(source, records, by=cast.hana, now=NOW, reads_all=True)


def test_a_namesake_is_another_person(cast: Cast) -> None:
    imported(cast, record(1))
    namesake = record(2, given_name_th="สมหญิง", family_name_th="ใจดี")
    assert verdicts(planned(cast, record(1), namesake, now=LATER)) == ["same", "join"]


def test_a_name_alone_finds_nobody_and_says_so(cast: Cast) -> None:
    amina = cast.amina.official
    assert amina is not None
    same = record(1, given_name_th=amina.given_name_th, family_name_th=amina.family_name_th)
    batch = planned(cast, same)

    assert row(batch, 1).official is None
    assert "Somebody of this name is here already" in row(batch, 1).words


def test_name_and_birth_date_find_an_official_whom_no_source_knows(cast: Cast) -> None:
    amina = cast.amina.official
    assert amina is not None
    amina.birth_date = record(1).birth_date
    amina.save(update_fields=["birth_date"])
    same = record(1, given_name_th=amina.given_name_th, family_name_th=amina.family_name_th)

    assert row(planned(cast, same), 1).official == amina


def test_the_national_number_finds_an_official_of_another_agency(cast: Cast) -> None:
    chiara = cast.chiara.official
    assert chiara is not None
    chiara.national_id_digest = national_id.digest("1101700230708")
    chiara.save(update_fields=["national_id_digest"])
    batch = planned(cast, record(1, national_id="1101700230708"))

    assert row(batch, 1).official == chiara
    assert "agency" in row(batch, 1).diff


def test_sentences_are_in_the_language_of_whoever_asked(cast: Cast) -> None:
    cast.hana.language = "th"
    cast.hana.save(update_fields=["language"])
    batch = planned(cast, record(1, given_name_th=""))
    with translation.override("th"):
        expected = gettext("A new official needs a given and a family name in Thai.")
    assert row(batch, 1).words == expected
    assert "Thai" not in expected


def test_one_national_number_in_two_rows_is_one_person(cast: Cast) -> None:
    one, other = (record(number, national_id="1101700230708") for number in (1, 2))
    batch = planned(cast, one, other)

    assert verdicts(batch) == ["join", "error"]
    assert "“k1” means the same official" in row(batch, 2).words


def test_an_order_that_waits_for_its_day_is_not_written_twice(cast: Cast) -> None:
    moved = record(1, position_number="p99", valid_from=date(2027, 4, 1))
    imported(cast, record(1))
    imported(cast, moved, now=LATER)
    assert verdicts(planned(cast, moved, now=LATER + timedelta(days=1))) == ["same"]
