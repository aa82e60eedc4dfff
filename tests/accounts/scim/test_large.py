from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ScimResource
from accounts.scim import compared
from accounts.scim.schemas import model_of
from tests.accounts.scim.clients import Idm, source_of, token_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db

USERS = 10_000


@pytest.fixture
def idm(cast: Cast) -> Idm:
    """The identity system of an agency of a thousand."""
    return agency_of(1_100, cast)


def agency_of(users: int, cast: Cast) -> Idm:
    """An agency's identity system, as if it had told of so many users."""
    idm = Idm(token_of(cast.transport, cast.hana))
    now, source, model = timezone.now(), source_of(cast.transport), model_of("User")
    rows = []
    for number in range(users):
        name = f"User{number:05}"
        document = {"userName": name, "name": {"familyName": f"สกุล{number % 100:02}"}}
        row = ScimResource(
            source=source, kind="User", document=document, created_at=now, changed_at=now
        )
        meta = {"id": str(row.pk), "meta": {"created": compared.moment(now)}}
        row.compared = compared.compared_of(model, document, meta=meta)
        row.unique_name = row.compared["userName"]
        rows.append(row)
    ScimResource.objects.bulk_create(rows, batch_size=2000)
    return idm


def said(idm: Idm, path: str) -> dict[str, Any]:
    answer = idm.ask("GET", path)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)  # type: ignore[no-any-return]


def test_ten_thousand_users_are_paged_and_each_comes_once(cast: Cast) -> None:
    idm = agency_of(USERS, cast)
    by_index: list[str] = []
    for start in range(1, USERS, 500):
        page = said(idm, f"/Users?attributes=userName&count=500&startIndex={start}")
        assert page["totalResults"] == USERS
        by_index += [each["userName"] for each in page["Resources"]]
    assert len(set(by_index)) == len(by_index) == USERS


def test_a_cursor_goes_through_a_filtered_and_sorted_search_once(idm: Idm) -> None:
    asked = '/Users?attributes=userName&count=100&sortBy=userName&filter=userName sw "user00"'
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = said(idm, f"{asked}&cursor={cursor}")
        assert page["totalResults"] == 1000
        names += [each["userName"] for each in page["Resources"]]
        cursor = page.get("nextCursor")
    assert names == [f"User00{number:03}" for number in range(1000)]


def test_no_page_is_larger_than_announced(idm: Idm) -> None:
    assert said(idm, "/Users?count=10000")["itemsPerPage"] == 500


def test_a_page_costs_the_same_number_of_queries_whatever_it_holds(idm: Idm) -> None:
    said(idm, "/Users?count=0")  # the first request of a minute is written down
    counts = []
    for path in ("/Users?count=1", "/Users?count=500", '/Users?filter=name.familyName eq "สกุล07"'):
        with CaptureQueriesContext(connection) as queries:
            said(idm, path)
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 6
