from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Agency, Assignment, Official, OrgUnit, Position
from accounts.people import directory, offices
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

PHONE, OFFICE_PHONE = "02 123 4567", "02 999 0000"


@pytest.fixture
def planning(cast: Cast) -> OrgUnit:
    """The planning division, with Amina its director, who has a telephone of her own."""
    unit = OrgUnit.objects.create(
        agency=cast.transport, name_th="กองแผนงาน", name_en="Planning Division", phone=OFFICE_PHONE
    )
    Position.objects.filter(assignments__official__account=cast.amina).update(
        unit=unit, is_head_of_unit=True
    )
    Official.objects.filter(account=cast.amina).update(phone=PHONE)
    return unit


def page(who: Account, name: str, *arguments: int, **query: str) -> str:
    answer = signed_in(who).get(reverse(f"accounts:{name}", args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def post_of(account: Account) -> Position:
    return Position.objects.get(assignments__official__account=account)


@pytest.mark.parametrize(
    "query", ["อามีนา", "saengthong", "Director of Planning", "transport amina"]
)
def test_a_person_is_found_by_anybody_in_thai_and_english(
    cast: Cast, planning: OrgUnit, query: str
) -> None:
    found = page(cast.chiara, "directory", q=query)
    assert cast.amina.address in found
    assert PHONE in found


@pytest.mark.parametrize("query", ["กองแผน", "planning division", "คมนาคม แผนงาน"])
def test_an_office_is_found_with_its_telephone(cast: Cast, planning: OrgUnit, query: str) -> None:
    found = page(cast.chiara, "directory", q=query)
    assert reverse("accounts:directory-office", args=[planning.pk]) in found
    assert OFFICE_PHONE in found


def test_an_agency_is_found_by_its_letter_code(cast: Cast) -> None:
    assert reverse("accounts:directory-agency", args=[cast.interior.pk]) in page(
        cast.amina, "directory", q="มท"
    )


@pytest.mark.parametrize("hider", ["person", "agency"])
def test_a_person_or_an_agency_hides_a_telephone_but_never_the_office(
    cast: Cast, planning: OrgUnit, hider: str
) -> None:
    if hider == "person":
        Official.objects.filter(account=cast.amina).update(hides_phone=True)
    else:
        Agency.objects.filter(pk=cast.transport.pk).update(hides_phones=True)
    pages = [
        page(cast.chiara, "directory", q="อามีนา"),
        page(cast.chiara, "directory-office", planning.pk),
        page(cast.chiara, "directory-post", post_of(cast.amina).pk),
        page(cast.chiara, "directory-agency", cast.transport.pk),
    ]
    assert not any(PHONE in each for each in pages)
    assert all(cast.amina.address in each for each in pages[:3])
    assert OFFICE_PHONE in pages[1]
    assert OFFICE_PHONE in pages[2]


def test_a_post_shows_who_holds_it_today_and_who_acts_until_when(
    cast: Cast, planning: OrgUnit
) -> None:
    today = timezone.localdate()
    post = post_of(cast.amina)
    acting = Assignment(position=post, kind=Assignment.Kind.ACTING, official=cast.bruno.official)
    acting.valid_from, acting.valid_to = today, today + timedelta(days=30)
    acting.save()
    past = Assignment(position=post, official=cast.hana.official, valid_to=today - timedelta(1))
    past.save()
    shown = page(cast.chiara, "directory-post", post.pk)
    assert shown.index("Amina Saengthong") < shown.index("Bruno Wongsakul") < shown.index("Acting")
    assert "until" in shown
    assert "Hana Jaidee" not in shown


def test_who_has_no_account_yet_is_named_but_has_no_address(cast: Cast, planning: OrgUnit) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(state=Account.State.RESERVED)
    shown = page(cast.chiara, "directory-post", post_of(cast.amina).pk)
    assert "Amina Saengthong" in shown
    assert cast.amina.address not in shown


def test_an_office_that_is_no_more_is_not_found(cast: Cast, planning: OrgUnit) -> None:
    planning.valid_to = timezone.localdate() - timedelta(days=1)
    planning.save()
    assert OFFICE_PHONE not in page(cast.chiara, "directory", q="กองแผนงาน")


def test_the_mailbox_of_a_post_is_found_as_a_person_is(cast: Cast, planning: OrgUnit) -> None:
    account = Account.objects.create(
        address="saraban@transport.example",
        agency=cast.transport,
        position=Position.objects.create(agency=cast.transport, title_th="งานสารบรรณกลาง"),
        state=Account.State.ACTIVE,
    )
    directory.list_again([account])
    assert account.address in page(cast.chiara, "directory", q="สารบรรณ")
    answer = signed_in(cast.chiara).get(reverse("accounts:find"), {"q": "สารบรรณ"})
    assert [each["address"] for each in json.loads(answer.content)["people"]] == [account.address]


def test_nothing_found_says_so_and_no_query_shows_the_ministries(cast: Cast) -> None:
    assert "Nobody and no office matches" in page(cast.amina, "directory", q="ไม่มีใครชื่อนี้")
    assert "Ministry of Interior" in page(cast.amina, "directory")


@pytest.mark.parametrize(
    "query", ["\0", "%", "_____", "' OR 1=1", "<script>alert(1)</script>", "ก" * 500]
)
def test_a_strange_query_finds_nothing_and_breaks_nothing(cast: Cast, query: str) -> None:
    found = page(cast.amina, "directory", q=query)
    assert cast.chiara.address not in found
    assert "<script>alert" not in found


def test_a_script_gets_only_what_was_found(cast: Cast) -> None:
    client = signed_in(cast.amina)
    headers = {"HX-Request": "true", "HX-Target": "found"}
    answer = client.get(reverse("accounts:directory"), {"q": "chiara"}, headers=headers)
    assert answer.content.decode().lstrip().startswith('<div class="grid" id="found"')


def test_units_in_a_circle_do_not_hold_up_a_page(cast: Cast, planning: OrgUnit) -> None:
    below = OrgUnit.objects.create(agency=cast.transport, name_th="กลุ่ม", parent=planning)
    OrgUnit.objects.filter(pk=planning.pk).update(parent=below)
    page(cast.amina, "directory-office", planning.pk)


def test_an_office_costs_the_same_number_of_queries_for_any_number_of_posts(
    cast: Cast, planning: OrgUnit
) -> None:
    counts = []
    for _more in range(2):
        client = signed_in(cast.amina)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("accounts:directory-office", args=[planning.pk]))
        counts.append(len(queries))
        for number in range(5):
            post = Position.objects.create(
                agency=cast.transport, unit=planning, title_th=f"{number}"
            )
            Assignment.objects.create(position=post, official=cast.bruno.official)
    assert counts[0] == counts[1]


def test_more_posts_than_a_page_shows_are_said_to_be_more(
    cast: Cast, planning: OrgUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offices, "MOST_POSTS", 2)
    made = [Position(agency=cast.transport, unit=planning, title_th=f"{n}") for n in range(3)]
    Position.objects.bulk_create(made)
    assert "Only the first posts are shown" in page(cast.amina, "directory-office", planning.pk)
