from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, CheckedDomain, GateEvent, RuleResult, ScanRun
from accounts.people.roles import EVALUATOR
from accounts.readiness import gate
from tests.accounts.web.readiness.rows import domain_of, officer_of, run_of
from tests.cast import Cast, agency, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(cast: Cast) -> Client:
    return signed_in(officer_of(cast.transport))


def page_of(client: Client, agency: Agency, query: str = "") -> str:
    answer = client.get(reverse("accounts:readiness-of", args=[agency.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_agency_without_a_domain_is_shown_how_to_begin(cast: Cast, officer: Client) -> None:
    page = page_of(officer, cast.transport)
    assert "Three steps to begin" in page
    assert reverse("accounts:readiness-add", args=[cast.transport.pk]) in page


def test_the_page_says_what_fails_and_shows_the_evidence(cast: Cast, officer: Client) -> None:
    run_of(domain_of(cast.transport), but={"TR-1": "fail", "ST-3": "unknown", "SE-6": "partial"})
    page = page_of(officer, cast.transport)
    assert "?all" in page
    assert "verdict--fail" in page
    assert "verdict--unknown" in page
    assert "To mend 2" in page


def test_an_open_agency_is_told_that_it_fails_before_it_is_at_risk(
    cast: Cast, officer: Client
) -> None:
    run_of(domain_of(cast.transport))
    gate.reckon(cast.transport, timezone.now())
    assert "The service is open" in page_of(officer, cast.transport)
    run_of(CheckedDomain.objects.get(), but={"SE-2": "fail"})
    gate.reckon(cast.transport, timezone.now())
    page = page_of(officer, cast.transport)
    assert "Open, but 1 rule that must pass fails" in page
    assert "If the next tests find the same" in page


def test_only_what_is_to_be_mended_is_shown_on_wish(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    run_of(domain, but={"TR-1": "fail"})
    page = page_of(officer, cast.transport, f"?domain={domain.pk}&show=mend")
    assert 'id="TR-1"' in page
    assert 'id="ST-1"' not in page


def test_a_record_is_given_as_a_line_and_as_its_value_alone(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport, verified_at=None)
    run = run_of(domain, but={"TR-1": "fail"})
    facts = {"record": "v=spf1 mx ?all"}
    RuleResult.objects.filter(run=run, rule__code="TR-1").update(reason="spf_neutral", facts=facts)
    page = unescape(page_of(officer, cast.transport))
    assert f'>{domain.name}. IN TXT "v=spf1 mx -all"</code>' in page
    assert ">v=spf1 mx -all</code>" in page
    said = domain.challenge_record
    assert f'>_govmail-challenge.{domain.name}. IN TXT "{said}"</code>' in page
    assert f">{said}</code>" in page
    names = re.findall(r' id="([^"]+)"', page)
    assert sorted(set(names)) == sorted(names)


def test_what_a_server_said_stays_text(cast: Cast, officer: Client) -> None:
    song = "<img src=x onerror=alert(1)>"
    run_of(domain_of(cast.transport), but={"TR-1": "fail"}, said=song)
    page = page_of(officer, cast.transport)
    assert song not in page
    assert "&lt;img src=x" in page


def test_a_run_that_is_under_way_is_told_and_asks_again_by_itself(
    cast: Cast, officer: Client
) -> None:
    domain = domain_of(cast.transport)
    run = run_of(domain)
    ScanRun.objects.filter(pk=run.pk).update(finished_at=None, stage="net", asked=3, to_ask=10)
    assert "3 of 10 questions asked" in page_of(officer, cast.transport)
    path = reverse("accounts:readiness-progress", args=[domain.pk])
    assert "every 2s" in officer.get(path).content.decode()
    ScanRun.objects.filter(pk=run.pk).update(finished_at=timezone.now(), stage="done")
    assert officer.get(path)["HX-Refresh"] == "true"


def test_an_evaluator_looks_and_finds_no_button(cast: Cast) -> None:
    run_of(domain_of(cast.transport), but={"TR-1": "fail"})
    page = page_of(signed_in(officer_of(cast.interior, "eva", EVALUATOR)), cast.transport)
    assert "Rule by rule" in page
    assert "Test again" not in page
    assert "Ask for a waiver" not in page


def test_the_card_names_what_is_in_the_way(cast: Cast, officer: Client) -> None:
    made = agency("กรมใหม่", "New Department", "กม", "new.example")
    Agency.objects.filter(pk=made.pk).update(state="assessing", parent=cast.transport)
    made.refresh_from_db()
    run_of(domain_of(made), but={"TR-1": "fail", "SE-6": "fail"})
    gate.reckon(made, timezone.now())
    page = page_of(officer, made)
    assert "Cannot be opened yet: 1 rule that must pass is in the way" in page
    assert "a day must be promised for: SE-6" in page


def test_the_history_tells_who_and_why(cast: Cast, officer: Client) -> None:
    run_of(domain_of(cast.transport))
    GateEvent.objects.create(
        agency=cast.transport,
        at=timezone.now(),
        before="live",
        after="at_risk",
        cause="failing",
        facts={"rules": ["TR-1"]},
    )
    page = officer.get(reverse("accounts:readiness-history", args=[cast.transport.pk]))
    assert "At risk" in page.content.decode()
    assert "TR-1" in page.content.decode()


def test_a_domain_of_another_agency_cannot_be_chosen(cast: Cast, officer: Client) -> None:
    domain_of(cast.transport)
    strange = domain_of(cast.interior)
    path = reverse("accounts:readiness-of", args=[cast.transport.pk])
    assert officer.get(f"{path}?domain={strange.pk}").status_code == 404


def test_more_rules_to_mend_ask_nothing_more_of_the_database(cast: Cast, officer: Client) -> None:
    run_of(domain_of(cast.transport), but={"TR-1": "fail"})
    page_of(officer, cast.transport)
    with CaptureQueriesContext(connection) as few:
        page_of(officer, cast.transport)
    run_of(cast.transport.checked_domains.get(), but={"TR-1": "fail", "TR-2": "fail"})
    domain_of(cast.transport, "zone.example")
    with CaptureQueriesContext(connection) as many:
        page_of(officer, cast.transport)
    assert len(many) == len(few)
