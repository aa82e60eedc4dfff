from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from accounts.models import AuditEvent, AvailabilityDay, CheckedDomain, TestLetter
from accounts.probing.ground import Ground
from accounts.probing.observations import Observations
from accounts.readiness.scanning import availability, ownership
from accounts.readiness.scanning.subjects import subject_of
from accounts.readiness.subject import Subject
from tests.accounts.readiness.scanning.gatherer import seen
from tests.accounts.readiness.scene import DAY, NOW, State, agency, domain, scanned

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def counted(of: CheckedDomain) -> list[tuple[str, str, int, int, int]]:
    rows = AvailabilityDay.objects.filter(domain=of).order_by("day", "service")
    return [(f"{each.day}", each.service, each.up, each.down, each.unknown) for each in rows]


def up(name: str, role: str, hosts: Sequence[str], ground: Ground) -> dict[str, str]:
    return {"smtp": "up", "https": "down" if hosts[1:] else "unknown"}


# --- Availability ---------------------------------------------------------


def test_each_hour_is_asked_once_and_counted_by_service(ground: Ground) -> None:
    mail = domain(agency())
    for minutes in (0, 10, 60, 119, 120):
        availability.probe_due(NOW + timedelta(minutes=minutes), most=9, ground=ground, ask=up)
    assert counted(mail) == [("2026-11-23", "https", 0, 0, 3), ("2026-11-23", "smtp", 3, 0, 0)]


def test_a_day_in_thailand_ends_at_its_midnight(ground: Ground) -> None:
    mail = domain(agency())
    midnight = NOW.replace(hour=17)
    CheckedDomain.objects.filter(pk=mail.pk).update(hosts=["www.a.go.th"])
    for moment in (midnight - HOUR, midnight):
        availability.probe_due(moment, most=9, ground=ground, ask=up)
    assert [day for day, service, *_rest in counted(mail) if service == "smtp"] == [
        "2026-11-23",
        "2026-11-24",
    ]


def test_what_was_taken_off_the_list_is_not_asked(ground: Ground) -> None:
    mail = domain(agency())
    CheckedDomain.objects.filter(pk=mail.pk).update(removed_at=NOW)
    assert availability.probe_due(NOW, most=9, ground=ground, ask=up) == 0


def test_a_run_is_judged_by_the_last_fourteen_days_and_no_more() -> None:
    mail = domain(agency())
    for days in (14, 13, 0):
        availability.note(mail, {"smtp": "up", "https": "nonsense"}, NOW - days * DAY)
    assert subject_of(mail, NOW).availability == (
        ("2026-11-10", "smtp", 1, 0, 0),
        ("2026-11-23", "smtp", 1, 0, 0),
    )


# --- The subject ----------------------------------------------------------


def test_the_subject_of_a_run_survives_being_kept() -> None:
    mail = domain(agency())
    mail.hosts, mail.selectors = ["www.a.go.th"], ["s1"]
    availability.note(mail, {"smtp": "up"}, NOW)
    subject = subject_of(mail, NOW)
    assert subject.hosts == (mail.name, "www.a.go.th")
    assert Subject.from_json(subject.to_json()) == subject


def test_a_letter_that_is_on_its_way_takes_nothing_away_from_the_one_before() -> None:
    mail = domain(agency())
    kind = TestLetter.Kind.SIGNED
    for days, answered in ((3, True), (2, True), (1, False)):
        at = NOW - days * DAY
        TestLetter.objects.create(
            domain=mail,
            kind=kind,
            made_at=at,
            answered_at=at if answered else None,
            facts={"days": days},
        )
    assert subject_of(mail, NOW).signed == {"days": 2}
    assert subject_of(mail, NOW).saraban is None


def test_a_parked_domain_has_no_web_servers() -> None:
    assert subject_of(domain(agency(), role="parked"), NOW).hosts == ()


# --- Control --------------------------------------------------------------


@pytest.fixture
def unverified() -> CheckedDomain:
    made = domain(agency(), is_verified=False)
    scanned(made)
    return made


def shown(of: CheckedDomain, *records: str, **facts: object) -> Observations:
    return Observations([seen("dns", f"{of.challenge_name} TXT", records=list(records), **facts)])


def test_control_is_shown_once_the_record_stands_and_told_once(unverified: CheckedDomain) -> None:
    for days in range(3):
        assert ownership.note(
            unverified, shown(unverified, unverified.challenge_record), NOW + days * DAY
        )
    unverified.refresh_from_db()
    unverified.agency.refresh_from_db()
    assert unverified.verified_at == NOW + 2 * DAY
    assert unverified.agency.state == State.READY_FOR_DECISION
    assert AuditEvent.objects.filter(act="domain_verified").count() == 1


def test_a_record_of_another_domain_or_a_part_of_it_shows_nothing(
    unverified: CheckedDomain,
) -> None:
    other = domain(agency())
    for record in (other.challenge_record, unverified.challenge, "govmail-challenge=", ""):
        assert not ownership.note(unverified, shown(unverified, record), NOW)


def test_a_forged_answer_shows_nothing(unverified: CheckedDomain) -> None:
    forged = shown(unverified, unverified.challenge_record, bogus=True)
    assert not ownership.note(unverified, forged, NOW)


def test_a_record_that_is_gone_does_not_take_back_what_was_shown(
    unverified: CheckedDomain,
) -> None:
    ownership.note(unverified, shown(unverified, unverified.challenge_record), NOW)
    assert not ownership.note(unverified, shown(unverified), NOW + DAY)
    unverified.refresh_from_db()
    assert unverified.verified_at == NOW
