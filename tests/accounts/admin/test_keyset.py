from __future__ import annotations

import base64
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from accounts.admin.keyset import Keyset
from accounts.models import Account, AgencyDomain, Official, PersonnelOrder, ProvisioningJob
from tests.cast import Cast, signed_in

ACCOUNTS, JOBS = "/admin/accounts/account/", "/admin/accounts/provisioningjob/"
ORDERS, OFFICIALS = "/admin/accounts/personnelorder/", "/admin/accounts/official/"


@pytest.fixture
def root(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(Keyset, "list_per_page", 2)
    cast.hana.is_superuser = True
    cast.hana.save()
    return signed_in(cast.hana)


def page(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.context["cl"]


def onward(client: Client, path: str, *, query: str = "") -> list[list[Any]]:
    """The rows of every page from the first to the last."""
    found, here = [], page(client, path + query)
    while True:
        found.append([row.pk for row in here.result_list])
        if not here.has_later:
            return found
        here = page(client, path + here.later_url)


def backward(client: Client, path: str, *, query: str = "") -> list[list[Any]]:
    """The same from the last page to the first, by the way back."""
    here = page(client, path + query)
    while here.has_later:
        here = page(client, path + here.later_url)
    found = [[row.pk for row in here.result_list]]
    while here.has_earlier:
        here = page(client, path + here.earlier_url)
        found.append([row.pk for row in here.result_list])
    return found


def job(account: Account, by_day: date | None) -> ProvisioningJob:
    return ProvisioningJob.objects.create(
        account=account,
        agency=account.agency,
        requested_at=timezone.now(),
        must_be_done_by=by_day,
        finished_at=timezone.now(),
    )


def order(official: Official, day: date) -> PersonnelOrder:
    return PersonnelOrder.objects.create(
        official=official, kind="resigned", effective_on=day, recorded_at=timezone.now()
    )


def test_every_row_stands_on_one_page_and_the_way_back_leads_to_the_first(
    cast: Cast, root: Client
) -> None:
    addresses = list(Account.objects.order_by("address").values_list("pk", flat=True))
    pages = onward(root, ACCOUNTS)
    assert [pk for found in pages for pk in found] == addresses
    assert [len(found) for found in pages] == [2, 2]
    assert backward(root, ACCOUNTS) == pages[::-1]


def test_rows_that_are_alike_and_rows_without_a_day_are_neither_lost_nor_repeated(
    cast: Cast, root: Client
) -> None:
    today = date(2026, 11, 23)
    for day in (None, today, None, today + timedelta(1), today, None, today):
        job(cast.amina, day)
    rows = ProvisioningJob.objects.order_by(
        "queue_class", "must_be_done_by", "requested_at", "pk"
    ).values_list("pk", flat=True)
    pages = onward(root, JOBS)
    assert [pk for found in pages for pk in found] == list(rows)
    assert sorted(pk for found in backward(root, JOBS) for pk in found) == sorted(rows)


def test_the_newest_first_goes_on_where_the_page_before_ended(cast: Cast, root: Client) -> None:
    assert cast.amina.official is not None
    days = (3, 1, 1, 2, 1)
    made = [order(cast.amina.official, date(2026, 1, day)) for day in days]
    expected = [made[at].pk for at in (0, 3, 4, 2, 1)]
    assert [pk for found in onward(root, ORDERS) for pk in found] == expected


def test_rows_that_come_and_go_meanwhile_neither_hide_nor_repeat_others(
    cast: Cast, root: Client
) -> None:
    first = page(root, ACCOUNTS)
    seen = [row.address for row in first.result_list]
    Account.objects.create_user("aaron@transport.example", agency=cast.transport)
    ProvisioningJob.objects.all().delete()
    second = page(root, ACCOUNTS + first.later_url)
    assert [row.address for row in second.result_list] == [
        cast.chiara.address,
        cast.hana.address,
    ]
    assert seen == [cast.amina.address, cast.bruno.address]


def test_a_cursor_tells_nobody_whose_row_it_is_beside(cast: Cast, root: Client) -> None:
    cursor = parse_qs(page(root, ACCOUNTS).later_url[1:])["p"][0]
    plain = base64.urlsafe_b64decode(cursor)
    assert b"bruno" not in plain
    assert "bruno" not in cursor


@pytest.mark.parametrize("cursor", ["2", "x" * 200, "%00", "é"])
def test_a_cursor_that_nobody_gave_begins_at_the_beginning(
    cast: Cast, root: Client, cursor: str
) -> None:
    assert page(root, f"{ACCOUNTS}?p={cursor}").result_list[0] == cast.amina


def test_a_cursor_of_another_order_begins_at_the_beginning(cast: Cast, root: Client) -> None:
    other = page(root, ACCOUNTS).later_url
    assert not page(root, JOBS + other).has_earlier


def test_search_and_filter_go_along_from_page_to_page(cast: Cast, root: Client) -> None:
    job(cast.amina, None)
    found = onward(root, ACCOUNTS, query="?q=transport&state__exact=active")
    assert [len(each) for each in found] == [2, 1]
    last = page(root, ACCOUNTS + page(root, f"{ACCOUNTS}?q=transport").later_url)
    assert (last.query, last.has_later) == ("transport", False)


def test_a_search_finds_a_row_once_however_often_it_fits(cast: Cast, root: Client) -> None:
    AgencyDomain.objects.create(agency=cast.transport, domain="transport.test")
    found = page(root, "/admin/accounts/agency/?q=transport").result_list
    assert [row.pk for row in found] == [cast.transport.pk]


def test_only_columns_with_an_index_sort(cast: Cast, root: Client) -> None:
    plain = page(root, ACCOUNTS)
    names = [getattr(each, "__name__", each) for each in plain.sortable_by]
    assert names == ["address"]
    columns = [getattr(each, "__name__", each) for each in plain.list_display]
    by_state = page(root, f"{ACCOUNTS}?o=-{columns.index('state')}")
    assert [term.path for term in by_state.terms] == ["address"]
    turned = page(root, f"{ACCOUNTS}?o=-{columns.index('address')}")
    assert turned.result_list[0] == cast.hana


def test_the_page_says_more_than_and_offers_all_without_counting(cast: Cast, root: Client) -> None:
    shown = root.get(ACCOUNTS).content.decode()
    assert "More than 2" in shown
    assert "Choose all of this list" in shown
    assert 'rel="next"' in shown and 'rel="prev"' not in shown
    last = root.get(ACCOUNTS + page(root, ACCOUNTS).later_url).content.decode()
    assert 'rel="prev"' in last and 'rel="next"' not in last
    assert "2 on this page" in last
    assert "1 in all" in root.get(f"{ACCOUNTS}?q=amina").content.decode()


def test_an_action_on_all_of_a_list_goes_over_its_pages(cast: Cast, root: Client) -> None:
    chosen = {"action": "suspend", "_selected_action": [cast.amina.pk], "select_across": "1"}
    root.post(f"{ACCOUNTS}?is_staff__exact=0", chosen)
    suspended = Account.objects.filter(state=Account.State.SUSPENDED)
    assert set(suspended) == {cast.amina, cast.bruno, cast.chiara}


def test_a_choice_while_typing_offers_the_first_and_nothing_beyond(
    cast: Cast, root: Client
) -> None:
    Official.objects.bulk_create(Official(given_name_th=f"ซ้ำ {n}") for n in range(25))
    asked = "?app_label=accounts&model_name=account&field_name=official&term=ซ้ำ"
    found = root.get(f"/admin/autocomplete/{asked}").json()
    assert (len(found["results"]), found["pagination"]["more"]) == (20, False)
    beyond = root.get(f"/admin/autocomplete/{asked}&page=2").json()
    assert beyond["results"] == []


def test_what_happened_to_a_row_stands_with_the_latest_first(cast: Cast, root: Client) -> None:
    official = cast.amina.official
    assert official is not None
    for said in ("first", "second"):
        LogEntry.objects.create(
            user=cast.hana,
            content_type=ContentType.objects.get_for_model(Official),
            object_id=str(official.pk),
            action_flag=2,
            change_message=said,
        )
    shown = root.get(f"{OFFICIALS}{official.pk}/history/").content.decode()
    assert 0 < shown.index("second") < shown.index("first")
