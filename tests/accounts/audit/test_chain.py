from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain, facts
from accounts.models import Account, Agency, AuditEvent, Official
from tests.cast import Cast

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def transport(db: None) -> Agency:
    return Agency.objects.create(name_th="กระทรวงคมนาคม", name_en="Ministry of Transport")


@pytest.fixture
def officer(transport: Agency) -> Account:
    return Account.objects.create(address="officer@transport.example", agency=transport)


@pytest.fixture
def seven(transport: Agency, officer: Account) -> list[AuditEvent]:
    return [
        chain.record(f"act {n}", transport, by=officer, now=NOW, details={"n": n}) for n in range(7)
    ]


def verified(*arguments: str) -> str:
    out = StringIO()
    call_command("audit_verify", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def complaint(*arguments: str) -> str:
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("audit_verify", *arguments, stdout=StringIO(), stderr=said)
    return said.getvalue()


def test_an_event_says_who_did_what_to_which_row_when_and_where(
    transport: Agency, officer: Account
) -> None:
    event = chain.record("changed", transport, by=officer, now=NOW, details={"fields": ["state"]})
    event.refresh_from_db()
    assert (event.number, event.actor_name, event.act) == (1, officer.address, "changed")
    assert (event.kind, event.object_id) == ("accounts.agency", str(transport.pk))
    assert (event.object_name, event.agency, event.at) == ("กระทรวงคมนาคม", transport, NOW)
    assert event.details == {"fields": ["state"]}


def test_an_untouched_chain_is_whole(seven: list[AuditEvent]) -> None:
    assert "whole: 7 events" in verified()


@pytest.mark.parametrize(
    "change",
    [
        {"act": "another act"},
        {"actor_name": "else@transport.example"},
        {"actor": None},
        {"object_name": "กรมทางหลวง"},
        {"object_id": "2"},
        {"kind": "accounts.account"},
        {"agency": None},
        {"details": {"n": 33}},
        {"at": datetime(2026, 11, 23, 3, 1, tzinfo=UTC)},
        {"digest": b"\0" * 32},
    ],
)
def test_any_change_of_one_row_is_named(seven: list[AuditEvent], change: dict[str, object]) -> None:
    AuditEvent.objects.filter(number=4).update(**change)
    assert "Event 4 was changed" in complaint()


def test_only_the_changed_event_is_named(seven: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(number=4).update(act="another act")
    (sentence,) = chain.verify()
    assert "another act" in sentence


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([1], "Event 1 is"), ([3], "Event 3 is"), ([2, 3, 4], "Events 2 to 4 are")],
)
def test_removed_events_are_named(seven: list[AuditEvent], numbers: list[int], said: str) -> None:
    AuditEvent.objects.filter(number__in=numbers).delete()
    assert f"{said} missing." in complaint()


def test_two_rows_that_changed_places_are_named(seven: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(number=2).update(number=100)
    AuditEvent.objects.filter(number=3).update(number=2)
    AuditEvent.objects.filter(number=100).update(number=3)
    assert complaint().count("was changed") >= 2


def test_a_forged_event_at_the_end_is_named(seven: list[AuditEvent]) -> None:
    last = AuditEvent.objects.get(number=7)
    last.number = 8
    last.save(force_insert=True)
    assert "Event 8 was changed" in complaint()


def test_what_was_cut_off_the_end_shows_against_a_mark_kept_elsewhere(
    seven: list[AuditEvent], tmp_path: Path
) -> None:
    kept = f"--witness={tmp_path / 'marks'}"
    verified(kept)
    AuditEvent.objects.filter(number__gt=5).delete()
    verified()  # the chain alone cannot know
    assert "Event 7 was once the newest" in complaint(kept)


def test_a_chain_that_grew_agrees_with_its_earlier_marks(
    seven: list[AuditEvent], transport: Agency, tmp_path: Path
) -> None:
    kept = f"--witness={tmp_path / 'marks'}"
    verified(kept)
    chain.record("later", transport, by=None, now=NOW)
    verified(kept)
    assert len((tmp_path / "marks").read_text().splitlines()) == 2


def test_marks_that_cannot_be_read_are_said_so(db: None, tmp_path: Path) -> None:
    (tmp_path / "marks").write_text("nonsense")
    with pytest.raises(CommandError, match="cannot be read"):
        verified(f"--witness={tmp_path / 'marks'}")


def test_an_earlier_secret_key_still_proves_its_events(seven: list[AuditEvent]) -> None:
    from django.conf import settings

    with override_settings(SECRET_KEY="x" * 60, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        verified()
    with override_settings(SECRET_KEY="x" * 60, SECRET_KEY_FALLBACKS=[]):
        assert "Event 1 was changed" in complaint()


def test_an_act_that_is_rolled_back_leaves_no_event_and_no_gap(
    transport: Agency, officer: Account
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        chain.record("first", transport, by=officer, now=NOW)
        raise RuntimeError
    assert chain.record("second", transport, by=officer, now=NOW).number == 1


def test_many_rows_are_one_event_each_at_the_price_of_one(
    transport: Agency, officer: Account, django_assert_max_num_queries: object
) -> None:
    agencies = [transport] * 50
    with django_assert_max_num_queries(6):  # type: ignore[operator]  # a fixture of pytest-django
        chain.record_each("closed", agencies, by=officer, now=NOW)
    assert AuditEvent.objects.count() == 50 and list(chain.verify()) == []


def test_a_list_of_acts_shows_which_of_its_rows_do_not_hold(seven: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(number=4).update(act="another act")
    AuditEvent.objects.filter(number=1).delete()
    assert chain.broken_among(AuditEvent.objects.all()) == {2, 4}


def test_secrets_do_not_enter_the_audit(transport: Agency, officer: Account) -> None:
    details = {"new_password": "canary", "inner": {"bind_secret": "canary"}, "name": "kept"}
    event = chain.record("changed", transport, by=officer, now=NOW, details=details)
    assert "canary" not in str(event.details) and event.details["name"] == "kept"


def test_what_a_person_typed_cannot_stop_the_audit(transport: Agency) -> None:
    transport.name_th = "ก\0" + "ข" * 500
    odd = {
        "nul\0": "\0",
        "half": "\ud800",
        "day": date(2026, 1, 2),
        "lazy": _("agency"),
        "x": 1e400,
    }
    event = chain.record(
        "changed", transport, by=None, now=NOW, details={**odd, "deep": [[[[[1]]]]]}
    )
    event.refresh_from_db()
    assert len(event.object_name) == 300
    assert event.details["day"] == "2026-01-02"
    assert list(chain.verify()) == []


def test_an_event_belongs_to_the_agency_of_whom_it_is_about(cast: Cast) -> None:
    official = cast.amina.official
    assert official is not None
    assignment = official.assignments.get()
    for subject in (cast.amina, official, assignment, assignment.position, cast.transport):
        assert facts.agency_of(subject) == cast.transport.pk, subject
    assert facts.agency_of(Official(given_name_th="ก")) is None


@pytest.mark.django_db(transaction=True)
def test_officers_who_act_at_once_make_one_chain() -> None:
    agency = Agency.objects.create(name_th="กรม")
    failures: list[Exception] = []

    def act() -> None:
        try:
            for _n in range(10):
                chain.record("act", agency, by=None, now=NOW)
        except Exception as error:  # noqa: BLE001  # a thread's error would be lost
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert AuditEvent.objects.count() == 40 and list(chain.verify()) == []
