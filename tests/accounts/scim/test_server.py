from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, ScimResource, ScimToken
from accounts.scim import tokens
from tests.accounts.scim.clients import BASE, Idm, patch, source_of, token_of, user
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def idm(cast: Cast) -> Idm:
    return Idm(token_of(cast.transport, cast.hana))


def said(answer: Any) -> Any:
    return json.loads(answer.content)


# --- Who may come in ------------------------------------------------------


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic YTpi", "bearer \0"])
def test_without_a_token_there_is_nothing_but_the_list_of_abilities(cast: Cast, token: str) -> None:
    client = Client(headers={"Authorization": token})
    for path in ("/Users", "/Schemas", "/Users/1", "/", "/.search"):
        answer = client.get(f"{BASE}{path}")
        assert answer.status_code in (401, 405), path
    answer = client.get(f"{BASE}/Users")
    assert answer["WWW-Authenticate"] == 'Bearer realm="SCIM"'
    assert client.get(f"{BASE}/ServiceProviderConfig").status_code == 200


def test_a_session_of_the_portal_opens_nothing_here(cast: Cast) -> None:
    assert signed_in(cast.hana).get(f"{BASE}/Users").status_code == 401


def test_a_token_ends_by_its_day_by_hand_and_with_its_source(cast: Cast) -> None:
    idm = Idm(token_of(cast.transport, cast.hana))
    token = ScimToken.objects.get()
    assert idm.ask("GET", "/Users").status_code == 200
    assert tokens.find(idm.token, now=timezone.now() + timedelta(days=1)) is None
    tokens.revoke(token, by=cast.hana, now=timezone.now())
    assert idm.ask("GET", "/Users").status_code == 401
    other = Idm(token_of(cast.transport, cast.hana))
    source = source_of(cast.transport)
    source.is_enabled = False
    source.save()
    assert other.ask("GET", "/Users").status_code == 401


def test_making_and_revoking_a_token_is_written_down_without_the_token(cast: Cast) -> None:
    text = token_of(cast.transport, cast.hana)
    tokens.revoke(ScimToken.objects.get(), by=cast.hana, now=timezone.now())
    tokens.revoke(ScimToken.objects.get(), by=cast.hana, now=timezone.now())
    events = list(AuditEvent.objects.order_by("number").filter(kind="accounts.scimtoken"))
    assert [event.act for event in events] == ["made SCIM token", "revoked SCIM token"]
    assert all(event.agency == cast.transport for event in events)
    kept = bytes(ScimToken.objects.get().digest)
    assert text.encode() not in kept
    assert text not in json.dumps([event.details for event in events])


@pytest.mark.parametrize(
    ("scopes", "days", "error"),
    [
        ([], 1, tokens.NoSuchScope),
        (["everything"], 1, tokens.NoSuchScope),
        (["users.read"], 0, tokens.LivesTooLong),
        (["users.read"], 367, tokens.LivesTooLong),
    ],
)
def test_no_token_is_made_that_may_nothing_or_lives_too_long(
    cast: Cast, scopes: list[str], days: int, error: type[Exception]
) -> None:
    now = timezone.now()
    with pytest.raises(error):
        tokens.make(
            cast.transport,
            name="x",
            scopes=scopes,
            expires_at=now + timedelta(days=days),
            by=cast.hana,
            now=now,
        )
    assert not ScimToken.objects.exists()


def test_a_token_may_what_its_scopes_say_and_no_more(cast: Cast, idm: Idm) -> None:
    made = idm.make("a@transport.example")
    reader = Idm(token_of(cast.transport, cast.hana, ["users.read"]))
    assert reader.ask("GET", f"/Users/{made['id']}").status_code == 200
    assert reader.ask("DELETE", f"/Users/{made['id']}").status_code == 403
    assert reader.ask("POST", "/Users", user("b")).status_code == 403
    assert reader.ask("GET", "/Groups").status_code == 403
    bulk = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "DELETE", "path": f"/Users/{made['id']}"}],
    }
    assert said(reader.ask("POST", "/Bulk", bulk))["Operations"][0]["status"] == "403"
    assert ScimResource.objects.kept().count() == 1


def test_another_agency_sees_and_reaches_nothing(cast: Cast, idm: Idm) -> None:
    made = idm.make("a@transport.example")
    stranger = Idm(token_of(cast.interior, cast.hana))
    path = f"/Users/{made['id']}"
    assert said(stranger.ask("GET", "/Users"))["totalResults"] == 0
    assert said(stranger.ask("GET", "/?filter=userName pr"))["totalResults"] == 0
    assert stranger.ask("GET", path).status_code == 404
    assert stranger.ask("PUT", path, user("stolen")).status_code == 404
    change = patch({"op": "replace", "path": "active", "value": False})
    assert stranger.ask("PATCH", path, change).status_code == 404
    assert stranger.ask("DELETE", path).status_code == 404
    # The other agency's names are no business of this one's.
    assert stranger.ask("POST", "/Users", user("a@transport.example")).status_code == 201
    assert said(idm.ask("GET", path))["userName"] == "a@transport.example"


# --- What is kept ---------------------------------------------------------


def test_thai_names_come_back_as_they_were_said(idm: Idm) -> None:
    name = {"givenName": "ปุ้ย", "familyName": "ณ อยุธยา", "honorificPrefix": "ม.ล."}
    made = idm.make("pui@transport.example", name=name, title="ผู้อำนวยการกอง")
    found = said(idm.ask("GET", '/Users?filter=name.givenName eq "ปุ้ย"'))
    assert found["totalResults"] == 1
    assert found["Resources"][0]["name"] == name
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")


def test_passwords_pictures_and_homes_are_never_taken_in(idm: Idm) -> None:
    homes = [{"locality": "home-canary", "type": "home"}]
    idm.make("a", password="password-canary", addresses=homes, photos=[{"value": "p-canary"}])
    row = ScimResource.objects.get()
    assert "canary" not in json.dumps([row.document, row.compared])


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}',
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a\\u0000b"}',
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "\\ud800"}',
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": {"$ne": ""}}',
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": ""}',
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "%s"}'
        % ("a" * 401),
    ],
)
def test_a_malformed_user_is_refused_with_a_sentence(idm: Idm, body: str) -> None:
    answer = idm.client.generic(
        "POST", f"{BASE}/Users", body.encode(), content_type="application/scim+json"
    )
    assert answer.status_code == 400
    assert said(answer)["detail"]
    assert not ScimResource.objects.exists()


def test_a_user_as_large_as_a_book_is_refused(idm: Idm) -> None:
    assert idm.ask("POST", "/Users", user("a", title="ก" * 70_000)).status_code == 413
    assert idm.ask("POST", "/Users", user("a", title="ก" * 3_000_000)).status_code == 413


@pytest.mark.parametrize(
    "question",
    [
        'userName eq "x\' OR 1=1 --"',
        'userName eq "%\'; DROP TABLE accounts_scimresource; --"',
        'emails[type eq "work\') OR (1=1"]',
    ],
)
def test_what_a_filter_asks_for_is_never_a_command(idm: Idm, question: str) -> None:
    idm.make("a")
    answer = idm.ask("POST", "/Users/.search", search(filter=question))
    assert answer.status_code == 200
    assert said(answer)["totalResults"] == 0
    assert ScimResource.objects.count() == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": "userName eq"},
        {"filter": 'nothing eq "x"'},
        {"filter": 'userName eq "a\0"'},
        {"filter": 'userName[type eq "x"]'},
        {"cursor": "forged"},
        {"sortBy": "nothing"},
    ],
)
def test_a_search_that_means_nothing_is_a_mistake_of_the_client(
    idm: Idm, asked: dict[str, str]
) -> None:
    answer = idm.ask("POST", "/Users/.search", search(**asked))
    assert answer.status_code == 400, answer.content


@pytest.mark.parametrize(
    "question", ["(" * 20_000 + 'userName eq "a"' + ")" * 20_000, "not " * 5_000 + "(userName pr)"]
)
def test_brackets_within_brackets_never_break_the_server(idm: Idm, question: str) -> None:
    answer = idm.ask("POST", "/Users/.search", search(filter=question))
    assert answer.status_code in (200, 400), answer.content


def test_a_request_of_brackets_alone_ends_in_a_sentence(idm: Idm) -> None:
    answer = idm.client.generic(
        "POST", f"{BASE}/Users", b"[" * 100_000, content_type="application/scim+json"
    )
    assert answer.status_code == 400
    assert said(answer)["detail"]


def search(**asked: Any) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], **asked}


# --- Changes --------------------------------------------------------------


def test_of_two_changes_with_one_etag_the_second_is_refused(idm: Idm) -> None:
    made = idm.make("a", title="นักวิชาการ")
    path, etag = f"/Users/{made['id']}", made["meta"]["version"]
    first = patch({"op": "replace", "path": "title", "value": "ผู้อำนวยการ"})
    second = patch({"op": "replace", "path": "title", "value": "ปลัดกระทรวง"})
    assert idm.ask("PATCH", path, first, if_match=etag).status_code in (200, 204)
    assert idm.ask("PATCH", path, second, if_match=etag).status_code == 412
    assert idm.ask("DELETE", path, if_match=etag).status_code == 412
    answer = idm.ask("GET", path)
    assert said(answer)["title"] == "ผู้อำนวยการ"
    assert idm.ask("GET", path, if_none_match=answer["ETag"]).status_code == 304


def test_a_patch_that_fails_half_way_changes_nothing(idm: Idm) -> None:
    made = idm.make("a", title="เดิม")
    operations = patch(
        {"op": "replace", "path": "title", "value": "ใหม่"},
        {"op": "replace", "path": "userName", "value": None},
    )
    assert idm.ask("PATCH", f"/Users/{made['id']}", operations).status_code == 400
    assert said(idm.ask("GET", f"/Users/{made['id']}"))["title"] == "เดิม"


def test_a_failed_operation_of_a_bulk_leaves_the_others_done(idm: Idm) -> None:
    idm.make("taken")
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name)}
        for name in ("one", "taken", "two")
    ]
    bulk = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    }
    answer = said(idm.ask("POST", "/Bulk", bulk))
    assert [each["status"] for each in answer["Operations"]] == ["201", "409", "201"]
    names = set(ScimResource.objects.values_list("unique_name", flat=True))
    assert names == {"taken", "one", "two"}
