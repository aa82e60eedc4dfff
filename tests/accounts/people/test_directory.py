from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import Account, DirectoryEntry
from accounts.people import directory
from tests.cast import Cast, signed_in


def found(query: str, cast: Cast) -> list[str]:
    return [each.address.split("@")[0] for each in directory.find(query, by=cast.amina)]


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("อามี", ["amina"]),
        ("AMINA", ["amina"]),
        ("saeng", ["amina"]),
        ("แสงทอง", ["amina"]),
        ("am", ["amina"]),
        ("director plan", ["amina"]),
        ("แผนงาน", ["amina"]),
        ("transport civil", ["bruno"]),
        ("คมนาคม โยธา", ["bruno"]),
        ("มท", ["chiara"]),
        ("chiara@interior.ex", ["chiara"]),
        ("chiara transport", []),
        ("mina", ["amina"]),
        ("in", ["chiara"]),
        ("", []),
        ("  ", []),
        ("%", []),
        ("___", []),
    ],
)
def test_people_are_found_by_name_post_agency_and_address(
    cast: Cast, query: str, who: list[str]
) -> None:
    assert found(query, cast) == who


def test_ones_own_agency_comes_first(cast: Cast) -> None:
    assert found("example", cast)[-1] == "chiara"
    assert {*found("example", cast)} == {"amina", "bruno", "hana", "chiara"}


def test_only_active_accounts_are_found(cast: Cast) -> None:
    Account.objects.filter(pk=cast.bruno.pk).update(state=Account.State.SUSPENDED)
    assert found("bruno", cast) == []


def test_who_retires_later_this_year_is_found_until_then(cast: Cast) -> None:
    last = timezone.now() + timedelta(days=100)
    Account.objects.filter(pk=cast.bruno.pk).update(state=Account.State.LEAVING, valid_to=last)
    assert found("bruno", cast) == ["bruno"]
    Account.objects.filter(pk=cast.bruno.pk).update(valid_to=timezone.now())
    assert found("bruno", cast) == []


def test_a_name_typed_decomposed_is_the_same_name(cast: Cast) -> None:
    cast.amina.official.family_name_th = "งามลํา"  # type: ignore[union-attr]  # she has one
    cast.amina.official.save()  # type: ignore[union-attr]  # she has one
    directory.list_again([Account.objects.get(pk=cast.amina.pk)])
    assert found("งามลำ", cast) == ["amina"]


def test_a_person_is_shown_in_the_readers_language(cast: Cast) -> None:
    with translation.override("th"):
        thai = directory.find("amina", by=cast.bruno)[0]
    assert (thai.name, thai.position, thai.code) == ("อามีนา แสงทอง", "ผู้อำนวยการกองแผนงาน", "คค")
    with translation.override("en"):
        english = directory.find("amina", by=cast.bruno)[0]
    assert (english.name, english.agency) == ("Amina Saengthong", "Ministry of Transport")


def test_the_page_answers_json_with_at_most_ten(cast: Cast) -> None:
    client = signed_in(cast.amina)
    people = client.get("/people/find/", {"q": "bruno"}).json()["people"]
    assert people == [
        {
            "name": "Bruno Wongsakul",
            "position": "Civil engineer",
            "agency": "Ministry of Transport",
            "code": "คค",
            "address": "bruno@transport.example",
        }
    ]


def test_finding_costs_the_same_queries_however_many_are_found(cast: Cast) -> None:
    counts = set()
    for query in ("amina", "example"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found(query, cast)
        counts.add(len(queries))
    assert len(counts) == 1


def test_a_large_directory_is_searched_by_its_index(cast: Cast) -> None:
    accounts = Account.objects.bulk_create(
        Account(
            address=f"p{n}@transport.example", agency=cast.transport, state="active", password="!"
        )
        for n in range(3000)
    )
    directory.list_again(accounts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_directoryentry")
        # Three thousand rows are read as quickly without it; a hundred thousand are not.
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = DirectoryEntry.objects.filter(
        pieces__contains=sorted(directory.pieces_of("p2718"))
    ).explain()
    assert "directory_pieces" in plan
    assert found("p2718", cast) == ["p2718"]
