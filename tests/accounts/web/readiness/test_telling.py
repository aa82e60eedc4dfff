from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, AgencyReadiness, ReadinessDay
from accounts.readiness.telling import statement, tokens
from accounts.web.readiness import api
from tests.accounts.web.readiness.rows import domain_of, officer_of, run_of
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
API = "/api/readiness/"


def key_of(agency: Agency) -> str:
    return tokens.make(agency, "nagios", by=officer_of(agency), now=timezone.now())[1]


def ask(key: str, path: str = API, **headers: str) -> Any:
    return Client().get(path, headers={"Authorization": f"Bearer {key}", **headers})


# --- The public page ------------------------------------------------------------


def test_nobody_sees_an_agency_that_has_not_chosen_to_be_seen(cast: Cast) -> None:
    run_of(domain_of(cast.transport))
    assert Client().get(f"/readiness/{cast.transport.pk}/").status_code == 404


def test_the_public_page_tells_state_and_scores_and_nothing_inside(cast: Cast) -> None:
    run_of(domain_of(cast.transport), but={"TR-1": "fail"})
    today = timezone.localdate()
    ReadinessDay.objects.create(agency=cast.transport, day=today, state="live", stable=91)
    words = {"thai": "<b>ข้อความ</b>", "english": "Our words"}
    statement.publish(cast.transport, by=officer_of(cast.transport), now=timezone.now(), **words)
    answer = Client().get(f"/readiness/{cast.transport.pk}/")
    page = answer.content.decode()
    assert "กระทรวงคมนาคม" in page
    assert "91" in page
    assert "&lt;b&gt;" in page
    assert "transport.example" not in page
    assert "TR-1" not in page
    assert "max-age=300" in answer["Cache-Control"]
    assert not answer.cookies
    again = Client().get(answer.request["PATH_INFO"], headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    english = Client().get(f"/readiness/{cast.transport.pk}/en/").content.decode()
    assert "Ministry of Transport" in english
    assert "Our words" in english


def test_an_officer_previews_publishes_and_withdraws(cast: Cast) -> None:
    client = signed_in(officer_of(cast.transport))
    path, page = reverse("accounts:readiness-statement", args=[cast.transport.pk]), "/readiness/"
    said = {"thai": "กำลังปรับปรุง", "english": ""}
    AgencyReadiness.objects.update_or_create(
        agency=cast.transport, defaults={"since": datetime(2026, 3, 1, tzinfo=UTC)}
    )
    preview = client.post(path, said | {"preview": "yes"}).content.decode()
    # Of both pages, each in its language.
    assert "<p>กำลังปรับปรุง</p>" in preview
    assert "ตั้งแต่ 1 มี.ค. 2569" in preview
    assert "since 1 Mar 2026" in preview
    assert client.get(f"{page}{cast.transport.pk}/").status_code == 404
    client.post(path, said)
    assert client.get(f"{page}{cast.transport.pk}/").status_code == 200
    client.post(path, said | {"withdraw": "yes"})
    assert client.get(f"{page}{cast.transport.pk}/").status_code == 404


# --- The results for an agency's monitoring ---------------------------------------


def test_without_its_key_the_door_says_so_in_json(cast: Cast) -> None:
    answer = Client().get(API)
    assert (answer.status_code, answer.json()) == (401, {"error": "no_such_key"})
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert ask("govmail_readiness_x").status_code == 401


def test_the_key_opens_its_own_agencys_results(cast: Cast) -> None:
    run_of(domain_of(cast.transport), but={"TR-1": "fail"})
    run_of(domain_of(cast.interior))
    found = ask(key_of(cast.transport)).json()
    assert found["agency"]["name_en"] == "Ministry of Transport"
    (domain,) = found["domains"]
    assert domain["name"] == "transport.example"
    failed = [rule["code"] for rule in domain["rules"] if rule["outcome"] == "fail"]
    assert failed == ["TR-1"]
    assert {"domain": "transport.example", "rule": "TR-1", "why": "fails"} in found["blocking"]


def test_what_is_known_already_is_not_sent_again(cast: Cast) -> None:
    run_of(domain_of(cast.transport))
    key = key_of(cast.transport)
    first = ask(key)
    again = ask(key, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    run_of(cast.transport.checked_domains.get(), but={"TR-1": "fail"})
    assert ask(key, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_one_domain_is_asked_for_and_a_strange_one_is_not_there(cast: Cast) -> None:
    run_of(domain_of(cast.transport))
    run_of(domain_of(cast.interior))
    key = key_of(cast.transport)
    assert ask(key, f"{API}transport.example/").json()["name"] == "transport.example"
    strange = ask(key, f"{API}interior.example/")
    assert (strange.status_code, strange.json()) == (404, {"error": "no_such_domain"})


def test_a_revoked_key_opens_nothing(cast: Cast) -> None:
    client = signed_in(officer_of(cast.transport))
    path = reverse("accounts:readiness-tokens", args=[cast.transport.pk])
    page = client.post(path, {"name": "nagios"}).content.decode()
    key = "govmail_readiness_" + page.partition(">govmail_readiness_")[2].partition("<")[0]
    assert ask(key).status_code == 200
    assert key not in client.get(path).content.decode()
    token = cast.transport.readiness_tokens.get()
    client.post(reverse("accounts:readiness-token-revoke", args=[token.pk]))
    assert ask(key).status_code == 401


def test_whoever_asks_without_end_is_told_to_wait(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_ASKED", 1)
    monkeypatch.setattr(api, "MOST_WRONG", 1)
    key = key_of(cast.transport)
    # Three, so that two are in one minute wherever it ends.
    assert {ask(key).status_code for _each in range(3)} == {200, 429}
    assert {ask("govmail_readiness_x").status_code for _each in range(3)} == {401, 429}
