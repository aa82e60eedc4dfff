from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Account, Agency, CentralGrant
from accounts.people.roles import EVALUATOR
from tests.accounts.provisioning.newcomers import asked_for, newcomer
from tests.accounts.web.readiness.rows import officer_of
from tests.cast import Cast, agency, signed_in

pytestmark = pytest.mark.django_db
PAGE = "accounts:readiness-central"
ASK = "accounts:readiness-central-ask"
SAID = {"letter_no": "นร ๐๕๐๖/ว ๕", "last_day": "", "reason": "ต้องใช้ก่อนหน่วยงานเปิด"}


@pytest.fixture(autouse=True)
def _central_domain(settings: Settings) -> None:
    settings.CENTRAL_DOMAIN = "mail.example"


@pytest.fixture
def waiting(cast: Cast) -> Account:
    """Somebody of an agency that is not ready, whose account waits at the gate."""
    closed = agency("กรมปิด", "Closed Department", "กป", "closed.example")
    Agency.objects.filter(pk=closed.pk).update(state=Agency.State.NOT_READY)
    made = newcomer(closed)
    asked_for(made)
    return made


@pytest.fixture
def eva(cast: Cast) -> Client:
    return signed_in(officer_of(cast.interior, "eva", EVALUATOR))


@pytest.fixture
def erin(cast: Cast) -> Client:
    return signed_in(officer_of(cast.interior, "erin", EVALUATOR))


def ask_for(account: Account, client: Client, **said: str) -> str:
    day = f"31/12/{timezone.localdate().year + 543}"
    path = f"{reverse(ASK)}?official={account.official_id}"
    return client.post(path, SAID | {"last_day": day} | said, follow=True).content.decode()


def answer(client: Client, name: str, **said: str) -> str:
    path = reverse(f"{PAGE}-{name}", args=[CentralGrant.objects.latest("pk").pk])
    return client.post(path, said, follow=True).content.decode()


def test_who_waits_is_found_by_name_with_the_agency(waiting: Account, eva: Client) -> None:
    assert waiting.official is not None
    page = eva.get(reverse(ASK), {"q": waiting.official.family_name_th}).content.decode()
    assert f"?official={waiting.official_id}" in page
    assert "Closed Department" in page


def test_who_is_served_already_or_has_another_name_is_not(
    cast: Cast, waiting: Account, eva: Client
) -> None:
    assert "Nobody has this name" in eva.get(reverse(ASK), {"q": "Amina"}).content.decode()
    path = f"{reverse(ASK)}?official={cast.amina.official_id}"
    assert eva.get(path).status_code == 404
    assert eva.get(f"{reverse(ASK)}?official=x").status_code == 404


def test_one_proposes_another_agrees_and_the_address_is_told(
    waiting: Account, eva: Client, erin: Client
) -> None:
    assert "Another evaluator must agree" in ask_for(waiting, eva)
    grant = CentralGrant.objects.get()
    last = timezone.localtime(grant.until) - timedelta(seconds=1)
    assert (last.month, last.day, last.hour) == (12, 31, 23)
    assert "by yourself: another evaluator answers" in eva.get(reverse(PAGE)).content.decode()

    answer(eva, "second")
    grant.refresh_from_db()
    assert grant.seconded_at is None

    page = answer(erin, "second")
    waiting.refresh_from_db()
    assert waiting.address.endswith("@mail.example")
    assert f"{waiting.address} is being opened" in page
    assert "Closed Department" in page


def test_what_was_typed_is_kept_when_it_is_refused(waiting: Account, eva: Client) -> None:
    page = ask_for(waiting, eva, last_day="1 ม.ค. 2560")
    assert "Leave ends in the future" in page
    assert 'value="นร ๐๕๐๖/ว ๕"' in page
    assert "ต้องใช้ก่อนหน่วยงานเปิด" in page
    assert not CentralGrant.objects.exists()


def test_it_is_refused_with_a_reason_only(waiting: Account, eva: Client, erin: Client) -> None:
    ask_for(waiting, eva)
    answer(erin, "end", why=" ")
    assert CentralGrant.objects.get().ended_at is None
    answer(erin, "end", why="ผิดคน")
    assert CentralGrant.objects.get().ended_why == "ผิดคน"
    assert "None waits." in erin.get(reverse(PAGE)).content.decode()


def test_leave_that_is_over_is_to_be_looked_at_again(
    waiting: Account, eva: Client, erin: Client
) -> None:
    ask_for(waiting, eva)
    answer(erin, "second")
    CentralGrant.objects.update(until=timezone.now() - timedelta(days=1))
    page = eva.get(reverse(PAGE)).content.decode()
    assert "To be looked at again" in page
    assert "over</span>" in page
    assert "No other official has leave." in page


def test_the_desk_counts_what_waits(waiting: Account, eva: Client) -> None:
    desk = reverse("accounts:readiness-desk")
    assert '<span class="count">' not in eva.get(desk).content.decode()
    ask_for(waiting, eva)
    assert '<span class="count">1</span>' in eva.get(desk).content.decode()


def test_without_a_central_domain_the_page_says_so(
    cast: Cast, eva: Client, settings: Settings
) -> None:
    settings.CENTRAL_DOMAIN = ""
    page = eva.get(reverse(PAGE)).content.decode()
    assert "set CENTRAL_DOMAIN" in page
    assert reverse(ASK) not in page


def test_for_others_the_pages_are_not_there(cast: Cast) -> None:
    client = signed_in(officer_of(cast.transport))
    assert client.get(reverse(PAGE)).status_code == 404
    assert client.get(reverse(ASK)).status_code == 404
