from __future__ import annotations

import pytest

from accounts.models import Agency, AuditEvent, Outcome, ReadinessDay, ReadinessToken
from accounts.readiness import officers
from accounts.readiness.telling import days, statement, tokens
from accounts.tasks import close_readiness_day
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    State,
    agency,
    domain,
    evaluator,
    live,
    officer,
    scanned,
)

pytestmark = pytest.mark.django_db


# --- Days -----------------------------------------------------------------


def test_the_day_that_has_ended_is_written_down_once() -> None:
    mail = domain(agency())
    scanned(mail, {"TR-1": Outcome.FAIL})
    assert days.close_day(NOW)
    assert not days.close_day(NOW)
    kept = ReadinessDay.objects.get()
    assert (f"{kept.day}", kept.state, kept.blocking) == ("2026-11-22", State.NOT_READY, 1)
    assert (kept.stable, kept.secure) == (100, 100)
    assert kept.trustworthy is not None and kept.trustworthy < 100


def test_who_is_stopped_half_way_is_gone_on_with() -> None:
    for _each in range(2):
        scanned(domain(agency()))
    first = days.owed(NOW).first()
    assert first is not None
    days.close(first, NOW)
    assert days.close_day(NOW)
    assert ReadinessDay.objects.count() == 2


def test_an_agency_nobody_has_assessed_has_no_days() -> None:
    agency()
    agency(State.LIVE)
    assert not days.close_day(NOW)


def test_the_night_moves_what_time_alone_moves() -> None:
    mail = domain(agency())
    scanned(mail)
    days.close_day(NOW + 8 * DAY)
    mail.agency.refresh_from_db()
    assert mail.agency.state == State.NOT_READY


def test_one_agency_that_breaks_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, good = (domain(agency()) for _each in range(2))
    for each in (broken, good):
        scanned(each)
    real = days.write_down

    def write_down(of: Agency, *more: object) -> object:
        if of == broken.agency:
            raise RuntimeError("ours")
        return real(of, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(days, "write_down", write_down)
    close_readiness_day()
    assert ReadinessDay.objects.get().agency == good.agency


# --- Keys -----------------------------------------------------------------


def test_a_key_opens_its_agencys_results_until_it_is_revoked() -> None:
    made = agency()
    by = officer(made)
    token, text = tokens.make(made, "Zabbix", by=by, now=NOW)
    assert tokens.agency_of(text, now=NOW) == made
    assert tokens.agency_of(text[:-1], now=NOW) is None
    tokens.revoke(token, by=by, now=NOW)
    assert tokens.agency_of(text, now=NOW) is None
    assert AuditEvent.objects.filter(act__startswith="readiness_token").count() == 2


def test_the_key_itself_is_kept_nowhere() -> None:
    made = agency()
    _token, text = tokens.make(made, "Zabbix", by=officer(made), now=NOW)
    kept = str(list(ReadinessToken.objects.values())) + str(list(AuditEvent.objects.values()))
    assert text not in kept and text.removeprefix(tokens.PREFIX) not in kept


def test_nobody_makes_a_key_for_another_agency() -> None:
    with pytest.raises(officers.NotTheirOfficer):
        tokens.make(agency(), "x", by=officer(agency()), now=NOW)


# --- The public page ------------------------------------------------------


def test_an_agency_shows_its_page_only_where_it_chose_so() -> None:
    made, _mail = live()
    by = officer(made)
    assert not statement.published(made)
    statement.publish(made, thai=" เราพร้อม ", english="", by=by, now=NOW)
    assert statement.published(made) and made.readiness.statement_th == "เราพร้อม"
    statement.withdraw(made, by=by, now=NOW)
    assert not statement.published(made)
    with pytest.raises(officers.NotTheirOfficer):
        statement.publish(made, thai="", english="", by=evaluator(), now=NOW)
