from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from accounts.models import Account, Agency, Official, PersonnelOrder
from accounts.people import orders, retirement
from accounts.people.days import BANGKOK, midnight
from accounts.people.orders import night
from tests.accounts.people.service import NOW, Kind, Told, officer, order, post, serving

SPRING = datetime(2026, 5, 4, 9, 0, tzinfo=BANGKOK)
FIRST_OF_OCTOBER = date(2026, 10, 1)
NIGHT = midnight(FIRST_OF_OCTOBER)


@pytest.mark.parametrize(
    ("born", "last"),
    [
        (date(1949, 10, 1), date(2009, 9, 30)),  # 1 Oct 2492 -> 30 Sep 2552 (dmh.go.th)
        (date(1949, 10, 2), date(2010, 9, 30)),  # 2 Oct 2492 -> 30 Sep 2553 (dmh.go.th)
        (date(1966, 12, 31), date(2027, 9, 30)),  # 31 Dec 2509 -> 30 Sep 2570
        (date(1964, 2, 29), date(2024, 9, 30)),  # 29 Feb 2507 -> 30 Sep 2567
        (date(2040, 2, 29), date(2100, 9, 30)),  # sixty years on there is no 29 February
        (date(1966, 9, 30), date(2026, 9, 30)),
        (date(1966, 10, 1), date(2026, 9, 30)),
        (date(1966, 10, 2), date(2027, 9, 30)),
    ],
)
def test_the_last_day_is_the_end_of_the_year_in_which_sixty_years_are_complete(
    born: date, last: date
) -> None:
    assert retirement.last_day(born) == last


def test_an_explicit_day_wins_over_the_rule() -> None:
    judge = Official(birth_date=date(1960, 1, 1), retires_on=date(2030, 9, 30))
    assert retirement.last_day_of(judge) == date(2030, 9, 30)


def test_nobody_retires_whose_birth_date_is_unknown() -> None:
    assert retirement.last_day_of(Official()) is None


@pytest.fixture
def suda(water: Agency, told: Told) -> Account:
    """Suda was born on 1 October 2509 and retires in 2569."""
    return serving(water, given="Suda", birth_date=date(1966, 10, 1))


def work(now: datetime) -> None:
    while piece := night.claim(now):
        night.carry_out_piece(piece, now=now)


def fresh(account: Account) -> Account:
    return Account.objects.get_queryset().get(pk=account.pk)


def test_the_years_retirements_are_planned_ahead_once(suda: Account, water: Agency) -> None:
    serving(water, given="Young", birth_date=date(1966, 10, 2))
    assert retirement.plan(SPRING) == 1
    assert retirement.plan(SPRING) == 0

    planned = PersonnelOrder.objects.get()
    assert (planned.official, planned.effective_on) == (suda.official, FIRST_OF_OCTOBER)
    assert fresh(suda).state == Account.State.LEAVING


def test_retirements_are_not_planned_a_whole_year_ahead(suda: Account) -> None:
    assert retirement.plan(datetime(2026, 1, 5, 9, 0, tzinfo=BANGKOK)) == 0


def test_an_extension_on_file_keeps_its_official_in_service(suda: Account) -> None:
    retirement.plan(SPRING)
    Official.objects.filter(pk=suda.official_id).update(retires_on=date(2027, 9, 30))
    work(NIGHT)

    assert fresh(suda).is_active_at(NIGHT)
    assert PersonnelOrder.objects.get().effective_on == date(2027, 10, 1)


def test_an_extension_moves_the_window_before_the_night_comes(suda: Account) -> None:
    retirement.plan(SPRING)
    Official.objects.filter(pk=suda.official_id).update(retires_on=date(2026, 12, 31))
    assert retirement.plan(SPRING, officials=[suda.official]) == 1  # type: ignore[list-item]

    assert fresh(suda).valid_to == midnight(date(2027, 1, 1))


def test_an_extension_wins_over_an_order_of_an_officer_too(suda: Account, water: Agency) -> None:
    hana = officer(water, "Hana")
    order(Kind.RETIRED, suda, on=FIRST_OF_OCTOBER, by=hana)
    Official.objects.filter(pk=suda.official_id).update(retires_on=date(2027, 9, 30))
    work(NIGHT)

    assert fresh(suda).is_active_at(NIGHT)


def test_who_retires_early_by_an_officers_order_is_not_kept_by_the_rule(water: Agency) -> None:
    young = serving(water, given="Young", birth_date=date(1975, 1, 1))
    order(Kind.RETIRED, young, on=FIRST_OF_OCTOBER, by=officer(water, "Hana"))
    work(NIGHT)

    assert not fresh(young).is_active_at(NIGHT)


def test_nobody_is_retired_for_a_day_long_past_but_shown_to_officers(
    water: Agency, told: Told
) -> None:
    minister = serving(water, given="Old", birth_date=date(1950, 1, 1))
    assert retirement.plan(NOW) == 0

    assert fresh(minister).is_active_at(NOW + timedelta(days=365))
    assert list(retirement.unexplained(NOW)) == [minister.official]


def test_a_planned_retirement_goes_along_to_another_agency(
    suda: Account, water: Agency, roads: Agency
) -> None:
    """The new account closes at that midnight, too, even if every worker is down."""
    retirement.plan(SPRING)
    desk, hana = post(roads), officer(water, "Hana")
    moved = order(Kind.TRANSFERRED, suda, on=NOW.date(), by=hana, position=desk, to_agency=roads)
    orders.agree(moved, by=officer(roads, "Rung"), now=NOW)

    new = Account.objects.get(official=suda.official)
    assert new.agency == roads and new.valid_to == NIGHT
