from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, ReadinessDay
from accounts.people.roles import EVALUATOR
from accounts.web.readiness import board
from tests.accounts.web.readiness.rows import domain_of, officer_of, run_of
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
BOARD = "/people/readiness/"


@pytest.fixture
def eva(cast: Cast) -> Client:
    return signed_in(officer_of(cast.interior, "eva", EVALUATOR))


def test_an_officer_of_one_agency_lands_on_its_page(cast: Cast) -> None:
    answer = signed_in(officer_of(cast.transport)).get(BOARD)
    assert answer["Location"] == reverse("accounts:readiness-of", args=[cast.transport.pk])


def test_an_officer_with_agencies_below_sees_these_alone(cast: Cast) -> None:
    Agency.objects.create(name_th="กรมล่าง", name_en="Lower Department", parent=cast.transport)
    page = signed_in(officer_of(cast.transport)).get(BOARD).content.decode()
    assert "Lower Department" in page
    assert "Ministry of Interior" not in page
    own = reverse("accounts:readiness-of", args=[cast.transport.pk])
    assert f'button--primary" href="{own}"' in page


def test_an_evaluator_sees_every_agency_with_its_scores(cast: Cast, eva: Client) -> None:
    today = timezone.localdate()
    for weeks, score in ((0, 83), (4, 70)):
        day = today - timedelta(weeks=weeks)
        ReadinessDay.objects.create(
            agency=cast.transport, day=day, state="live", stable=score, dmarc="enforce"
        )
    page = eva.get(BOARD).content.decode()
    assert "Ministry of Transport" in page
    assert "Ministry of Interior" in page
    assert "83" in page
    assert "+13" in page
    assert "p=quarantine" in page


def test_a_plan_whose_day_is_over_stands_on_the_board(cast: Cast, eva: Client) -> None:
    domain = domain_of(cast.transport)
    run_of(domain, but={"SE-6": "fail"})
    yesterday = timezone.localdate() - timedelta(days=1)
    domain.plans.create(
        code="SE-6",
        promised_on=yesterday,
        owner="กองไอที",
        set_by=cast.hana,
        set_at=timezone.now(),
    )
    page = eva.get(BOARD).content.decode()
    assert "กองไอที" in page


def test_the_list_is_narrowed_and_goes_on_by_name(
    cast: Cast, eva: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "SHOWN", 1)
    Agency.objects.filter(pk=cast.interior.pk).update(state="suspended")
    first = eva.get(BOARD)
    assert first.context["last"] == cast.transport
    second = eva.get(f"{BOARD}?after={cast.transport.pk}")
    assert [line.agency for line in second.context["lines"]] == [cast.interior]
    assert second.context["last"] is None
    narrowed = eva.get(f"{BOARD}?state=suspended")
    assert [line.agency for line in narrowed.context["lines"]] == [cast.interior]
    assert eva.get(f"{BOARD}?state=nonsense").status_code == 404
    assert eva.get(f"{BOARD}?under=999999").status_code == 404


def test_for_officials_and_hr_there_is_no_board(cast: Cast) -> None:
    for account in (cast.amina, cast.hana):
        client = signed_in(account)
        assert client.get(BOARD).status_code == 404
        assert BOARD not in client.get(reverse("accounts:mandate-board")).content.decode()


def test_the_rail_shows_mail_officers_and_evaluators_the_way(cast: Cast, eva: Client) -> None:
    board = reverse("accounts:mandate-board")
    officer = signed_in(officer_of(cast.transport)).get(board).content.decode()
    evaluator = eva.get(board).content.decode()
    assert f'href="{BOARD}"' in officer
    assert f'href="{BOARD}decide/"' not in officer
    assert f'href="{BOARD}decide/"' in evaluator


def test_the_report_is_thai_with_thai_digits_and_the_hash(cast: Cast) -> None:
    run = run_of(domain_of(cast.transport), but={"TR-1": "fail"})
    client = signed_in(officer_of(cast.transport))
    path = reverse("accounts:readiness-report", args=[cast.transport.pk])
    page = client.get(path).content.decode()
    assert "รายงานหลักฐานความพร้อม" in page
    assert "ฉบับที่ ๑" in page
    assert run.digest in page
    assert "?all" in page
    assert "Pass" not in page
