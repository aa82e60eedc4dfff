from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.directory import applying, ldap_source, sync
from accounts.ldap import errors
from accounts.models import ImportBatch, Official, Source, SourceRecord
from accounts.people import standing
from tests import slapd
from tests.accounts.ldap.conftest import UNIT
from tests.accounts.ldap.proxies import Cut
from tests.cast import Cast
from tests.slapd import BASE, Directory

pytestmark = pytest.mark.django_db
State = ImportBatch.State
MALEE, SOMSAK = (slapd.name_of(uid, UNIT) for uid in ("malee", "somsak"))


@pytest.fixture
def source(cast: Cast, small: Directory) -> Source:
    made = Source.objects.create(
        agency=cast.transport,
        kind=Source.Kind.LDAP,
        name="directory",
        settings=small.settings(),
    )
    ldap_source.seal_password(made, slapd.PASSWORD)
    return made


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Moments an hour apart: what was done before is outside of the overlap."""
    begun = timezone.now()
    hours = iter(range(1, 100))
    return lambda: begun + timedelta(hours=next(hours))


def read(source: Source, now: datetime, **how: Any) -> ImportBatch:
    source.refresh_from_db()
    return sync.sync(source, now=now, **how)


def joined(source: Source, now: datetime) -> ImportBatch:
    """Read and carry out the first plan: Malee, Somsak and Wanna join."""
    return read(source, now, carry_out=True)


def verdicts(batch: ImportBatch) -> dict[str, int]:
    return dict(Counter(batch.rows.exclude(verdict="same").values_list("verdict", flat=True)))


def everything() -> tuple[list[Any], list[Any], list[Any]]:
    """What must stay as it is when nothing is changed."""
    people = Official.objects.order_by("pk").values_list("pk", "given_name_th", "phone")
    records = SourceRecord.objects.order_by("pk").values_list("key", "absences", "has_left")
    batches = ImportBatch.objects.order_by("pk").values_list("pk", "state")
    return list(people), list(records), list(batches)


Clock = Callable[[], datetime]


def test_the_first_reading_is_a_plan_and_changes_nobody(source: Source, clock: Clock) -> None:
    before = Official.objects.count()
    batch = read(source, clock())
    assert (batch.state, verdicts(batch)) == (State.PLANNED, {"join": 3})
    assert Official.objects.count() == before


def test_carried_out_people_have_thai_names_titles_posts_and_units(
    source: Source, clock: Clock
) -> None:
    assert joined(source, clock()).state == State.APPLIED
    malee = Official.objects.get(given_name_th="มาลี")
    assert (malee.title_th, malee.family_name_th) == ("นางสาว", "ศรีสุข")
    assert malee.held_position is not None
    assert malee.held_position.title_th == "เศรษฐกร"
    assert malee.held_position.unit is not None
    assert malee.held_position.unit.name_th == UNIT


def test_a_second_reading_reads_only_what_changed_and_settles_itself(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    batch = read(source, clock())
    assert not batch.reads_all
    assert [row.parsed["given_name_th"] for row in batch.rows.all()] == ["วรรณา"]
    assert (verdicts(batch), batch.state) == ({}, State.APPLIED)


def test_a_change_is_found_by_its_stamp(source: Source, small: Directory, clock: Clock) -> None:
    joined(source, clock())
    small.change(MALEE, telephoneNumber="02 123 4567")
    batch = read(source, clock(), carry_out=True)
    assert (batch.reads_all, verdicts(batch)) == (False, {"change": 1})
    assert Official.objects.get(given_name_th="มาลี").phone == "02 123 4567"


def test_a_new_name_and_uid_is_the_same_person(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    malee = Official.objects.get(given_name_th="มาลี")
    small.change(MALEE, givenName="มาลีวรรณ", mail="other@agency.test")
    small.rename(MALEE, "uid=maleewan")
    batch = read(source, clock(), carry_out=True)
    assert verdicts(batch) == {"change": 1}
    malee.refresh_from_db()
    assert malee.given_name_th == "มาลีวรรณ"


def test_an_entry_moved_to_another_unit_moves_the_person(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    small.rename(MALEE, "uid=malee", under=f"ou=กองคลัง,{BASE}")
    batch = read(source, clock())
    assert verdicts(batch) == {"move": 1}


def test_a_renamed_unit_is_seen_though_its_people_bear_no_new_stamp(
    source: Source, small: Directory
) -> None:
    yesterday = timezone.now() - timedelta(hours=10)
    joined(source, yesterday)
    assert not read(source, yesterday + timedelta(hours=1)).reads_all
    small.rename(f"ou={UNIT},{BASE}", "ou=กองยุทธศาสตร์")
    batch = read(source, yesterday + timedelta(hours=2))
    assert batch.reads_all
    assert verdicts(batch) == {"move": 3}


def test_a_deleted_uid_made_anew_is_somebody_else(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    small.delete(MALEE)
    small.add(*slapd.person("malee", "มาลี", "ศรีสุข", unit=UNIT, title="เศรษฐกร"))
    batch = read(source, clock(), everybody=True)
    assert verdicts(batch) == {"join": 1, "absent": 1}


def test_missing_once_is_not_having_left_and_missing_twice_is(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    small.delete(MALEE)
    small.delete(SOMSAK)
    first = read(source, clock(), everybody=True)
    assert (verdicts(first), first.state) == ({"absent": 2}, State.APPLIED)
    tomorrow = clock() + timedelta(days=1)
    second = read(source, tomorrow, everybody=True, carry_out=True)
    assert (verdicts(second), second.state) == ({"leave": 2}, State.PLANNED)
    assert second.why_second  # two of three are more than five in a hundred


def test_who_was_missing_once_and_is_back_is_counted_anew(source: Source, clock: Clock) -> None:
    joined(source, clock())
    source.settings["filter"] = "(&(objectClass=inetOrgPerson)(!(uid=malee)))"
    source.save()
    read(source, clock(), everybody=True)
    malee = source.records.get(official__given_name_th="มาลี")
    assert malee.absences == 1
    source.settings["filter"] = ""
    source.save()
    batch = read(source, clock(), everybody=True)
    malee.refresh_from_db()
    assert (batch.state, batch.applied_rows, malee.absences) == (State.APPLIED, 3, 0)


def test_those_whom_the_filter_of_leavers_names_leave_at_once(
    source: Source, small: Directory, clock: Clock
) -> None:
    source.settings["leavers"] = "(employeeType=retired)"
    source.save()
    joined(source, clock())
    small.change(MALEE, employeeType="retired")
    batch = read(source, clock())
    assert verdicts(batch) == {"leave": 1}


def test_what_was_planned_and_never_carried_out_is_planned_again(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    small.change(MALEE, telephoneNumber="021234567")
    first = read(source, clock())
    second = read(source, clock())
    first.refresh_from_db()
    assert (first.state, second.state) == (State.WITHDRAWN, State.PLANNED)
    assert verdicts(second) == {"change": 1}


def test_a_plan_that_waits_for_a_second_officer_is_not_replaced(
    source: Source, small: Directory, clock: Clock, cast: Cast
) -> None:
    joined(source, clock())
    for name in (MALEE, SOMSAK):
        small.change(name, employeeType="retired")
    source.settings["leavers"] = "(employeeType=retired)"
    source.save()
    batch = read(source, clock(), everybody=True)
    applying.approve(batch, by=cast.hana, now=clock())
    assert batch.state == State.AWAITING_SECOND
    with pytest.raises(sync.LastOneOpen):
        read(source, clock())


def test_a_directory_that_goes_away_in_mid_page_changes_nothing(
    source: Source, small: Directory, clock: Clock
) -> None:
    for number in range(600):
        small.add(*slapd.person(f"more{number}", "สมใจ", f"ดีงาม{number}", unit=UNIT))
    before = everything()
    with Cut(small.plain, after=10**9, then=small.kill) as whole:
        source.settings["port"] = whole.port
        assert len(ldap_source.read(ldap_source.access_to(source)).records) == 603
    # The same again, but slapd is killed, and the wire cut, shortly before the second page ends.
    with Cut(small.plain, after=whole.carried - 5_000, then=small.kill) as cut:
        source.settings["port"] = cut.port
        source.save()
        with pytest.raises(errors.DirectoryAway):
            read(source, clock(), carry_out=True)
    assert cut.was_cut
    assert everything() == before
    source.refresh_from_db()
    assert "ไม่ตอบ" in source.last_error or "does not answer" in source.last_error
    assert source.reading_until is None


def test_referrals_that_lead_in_a_circle_lead_nowhere(
    source: Source, small: Directory, clock: Clock
) -> None:
    for name, other in (("east", "west"), ("west", "east")):
        elsewhere = f"ldap://127.0.0.1:{small.plain}/ou={other},{BASE}"
        kinds = ["referral", "extensibleObject"]
        small.add(f"ou={name},{BASE}", {"objectClass": kinds, "ou": name, "ref": elsewhere})
    assert verdicts(read(source, clock())) == {"join": 3}
    source.settings["base"] = f"ou=east,{BASE}"
    source.save()
    before = everything()
    with pytest.raises(errors.SentElsewhere):
        read(source, clock(), everybody=True)
    source.refresh_from_db()
    assert source.last_error == str(errors.SentElsewhere.message)
    assert everything() == before


@pytest.mark.parametrize("filter", ["(uid=malee)(uid=*)", "(uid=*", "(uid=malee\0)", "*)(uid=*"])
def test_a_filter_that_reaches_beyond_itself_reads_nobody(
    source: Source, clock: Clock, filter: str
) -> None:
    before = everything()
    # Not saved: the form refuses it, and PostgreSQL keeps no NUL.
    source.settings["filter"] = filter
    with pytest.raises(errors.FilterBroken):
        sync.sync(source, now=clock())
    assert everything() == before


def test_a_reading_withdrawn_while_it_is_compared_is_not_carried_out(
    source: Source, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, fill = clock(), sync.plan.fill

    def withdrawn(batch: ImportBatch, *args: Any, **more: Any) -> ImportBatch:
        applying.withdraw(ImportBatch.objects.get(pk=batch.pk), by=None, now=now)
        return fill(batch, *args, **more)

    monkeypatch.setattr(sync.plan, "fill", withdrawn)
    batch = read(source, now, carry_out=True)
    assert (batch.state, batch.rows.count()) == (State.WITHDRAWN, 0)
    assert not Official.objects.filter(given_name_th="มาลี").exists()


def test_a_directory_that_shows_nobody_changes_nothing(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    before = everything()
    source.settings["filter"] = "(employeeType=nobody)"
    source.save()
    with pytest.raises(sync.DirectoryEmpty):
        read(source, clock(), everybody=True)
    assert everything() == before


def test_an_entry_that_is_no_text_spoils_no_other(
    source: Source, small: Directory, clock: Clock
) -> None:
    broken, values = slapd.person("broken", "x", "y", unit=UNIT)
    small.add(broken, {**values, "jpegPhoto": b"\xff\xd8\xff\xe0"})
    source.settings["map"] = "grade = jpegPhoto"
    source.save()
    batch = read(source, clock())
    assert verdicts(batch) == {"join": 3, "error": 1}


def test_two_readings_at_once_are_one(source: Source, clock: Clock) -> None:
    now = clock()
    assert source.claim(now, sync.LEASE)
    with pytest.raises(sync.BeingRead):
        read(source, now)
    batch = read(source, now + sync.LEASE)
    assert batch.state == State.PLANNED


def test_a_suspended_account_is_not_opened_by_the_directory(
    source: Source, small: Directory, clock: Clock
) -> None:
    joined(source, clock())
    account = Official.objects.get(given_name_th="มาลี").account
    standing.suspend(account, now=clock(), by=None)
    small.change(MALEE, telephoneNumber="021234567")
    read(source, clock(), carry_out=True)
    account.refresh_from_db()
    assert account.state == account.State.SUSPENDED


def test_the_command_shows_a_plan_and_with_apply_carries_it_out(
    source: Source, clock: Clock
) -> None:
    out = StringIO()
    call_command("sync_directory", source.pk, stdout=out)
    assert "มาลี ศรีสุข" in out.getvalue()
    assert not Official.objects.filter(given_name_th="มาลี").exists()
    call_command("sync_directory", source.pk, "--apply", stdout=StringIO())
    assert Official.objects.filter(given_name_th="มาลี").exists()


def test_the_command_says_which_directory_failed_and_reads_the_others(
    source: Source, small: Directory, cast: Cast
) -> None:
    away = Source.objects.create(
        agency=cast.interior, kind="ldap", name="away", settings=small.settings(port=1)
    )
    out, said = StringIO(), StringIO()
    with pytest.raises(CommandError, match=str(away.pk)):
        call_command("sync_directory", stdout=out, stderr=said)
    assert said.getvalue().strip()
    assert source.batches.get().state == State.PLANNED


def test_by_the_clock_only_what_is_due_is_read(source: Source, clock: Clock) -> None:
    call_command("sync_directory", "--due", stdout=StringIO())
    assert not source.batches.exists()
    source.settings["every_hours"] = 4
    source.due_at = timezone.now()
    source.save()
    call_command("sync_directory", "--due", stdout=StringIO())
    source.refresh_from_db()
    assert source.batches.get().state == State.PLANNED
    assert source.due_at is not None
    assert source.due_at > timezone.now() + timedelta(hours=3)


def test_two_readers_at_the_same_time_make_one_plan(source: Source, transactional_db: None) -> None:
    from django.db import connection

    answers: list[str] = []

    def reader() -> None:
        try:
            sync.sync(Source.objects.get(pk=source.pk), now=timezone.now())
            answers.append("planned")
        except sync.BeingRead:
            answers.append("being read")
        finally:
            connection.close()

    threads = [threading.Thread(target=reader) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("planned") >= 1
    assert source.batches.filter(state=State.PLANNED).count() == 1
