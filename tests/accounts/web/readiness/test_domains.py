from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import CheckedDomain, PlanOfAction, ScanRun, Waiver
from tests.accounts.web.readiness.rows import domain_of, officer_of, run_of
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(cast: Cast) -> Client:
    return signed_in(officer_of(cast.transport))


def add(client: Client, cast: Cast, name: str) -> str:
    path = reverse("accounts:readiness-add", args=[cast.transport.pk])
    answer = client.post(path, {"name": name, "role": "mail"}, follow=True)
    return answer.content.decode()


def test_a_domain_is_added_shown_with_its_challenge_and_tested_at_once(
    cast: Cast, officer: Client
) -> None:
    page = add(officer, cast, "somebody@Mot.Example")
    domain = CheckedDomain.objects.get()
    assert domain.name == "mot.example"
    assert domain.challenge_record in page
    assert ScanRun.objects.get().domain == domain
    assert "is being tested" in page


def test_what_is_no_domain_is_said_beside_the_form_and_kept(cast: Cast, officer: Client) -> None:
    page = add(officer, cast, "not a domain")
    assert "This is no domain" in page
    assert 'value="not a domain"' in page
    assert not CheckedDomain.objects.exists()


def test_what_an_officer_says_of_a_domain_is_kept(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    said = {
        "role": "mail",
        "hosts": "www",
        "selectors": "s1\ns2",
        "incident_contact": "https://transport.example/incident",
        "no_forwarding": "on",
    }
    officer.post(reverse("accounts:readiness-domain", args=[domain.pk]), said)
    domain.refresh_from_db()
    assert domain.selectors == ["s1", "s2"]
    assert domain.no_forwarding_at is not None
    assert domain.incident_contact.endswith("/incident")


def test_a_domain_is_taken_off_the_list(cast: Cast, officer: Client) -> None:
    domain_of(cast.transport)
    other = domain_of(cast.transport, "other.example")
    officer.post(reverse("accounts:readiness-remove", args=[other.pk]))
    assert [each.name for each in CheckedDomain.objects.kept()] == ["transport.example"]


def test_pressing_twice_says_to_wait(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    path = reverse("accounts:readiness-test", args=[domain.pk])
    officer.post(path)
    ScanRun.objects.update(finished_at="2026-11-01T00:00Z", stage="done")
    answer = officer.post(path)
    assert answer.status_code == 429
    assert "less than five minutes ago" in answer.content.decode()


def test_what_a_button_is_refused_for_is_said_on_its_page(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    path = reverse("accounts:readiness-test", args=[domain.pk])
    officer.post(path)
    ScanRun.objects.update(finished_at=timezone.now(), stage="done")
    page = f"{reverse('accounts:readiness-of', args=[cast.transport.pk])}?domain={domain.pk}"
    told = officer.post(path, headers={"referer": f"http://testserver{page}"})
    assert (told.status_code, told["Location"]) == (302, page)
    assert "less than five minutes ago" in officer.get(page).content.decode()
    stranger = officer.post(path, headers={"referer": f"http://else.example{page}"})
    assert stranger.status_code == 429


def test_a_day_is_promised_in_the_readers_era(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    run_of(domain, but={"SE-6": "fail"})
    path = reverse("accounts:readiness-plan", args=[domain.pk, "SE-6"])
    officer.post(path, {"promised_on": "1 ต.ค. 2570", "owner": "กองไอที"})
    assert f"{PlanOfAction.objects.get().promised_on}" == "2027-10-01"


def test_a_waiver_that_is_too_long_is_refused_beside_the_form(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    run_of(domain, but={"TR-1": "fail"})
    path = reverse("accounts:readiness-waiver", args=[domain.pk, "TR-1"])
    said = {"letter_no": "คค ๑/๑", "expires_on": "2030-01-01", "reason": "x"}
    assert "180 days from now at most" in officer.post(path, said).content.decode()
    assert not Waiver.objects.exists()


def test_a_rule_that_there_is_not_has_no_page(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    for name in ("readiness-rule", "readiness-plan", "readiness-waiver"):
        path = reverse(f"accounts:{name}", args=[domain.pk, "TR-99"])
        assert officer.get(path).status_code == 404
