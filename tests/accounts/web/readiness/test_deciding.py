from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, GateDecision, Waiver
from accounts.people.roles import EVALUATOR
from accounts.readiness import gate, waivers
from tests.accounts.web.readiness.rows import decision_of, domain_of, officer_of, run_of
from tests.cast import Cast, agency, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def new(cast: Cast) -> Agency:
    """An agency that has passed, and waits for a decision."""
    made = agency("กรมใหม่", "New Department", "กม", "new.example")
    Agency.objects.filter(pk=made.pk).update(state="assessing")
    made.refresh_from_db()
    domain, now = domain_of(made), timezone.now()
    run_of(domain, now - timedelta(days=1), but={"TR-1": "fail"})
    run_of(domain, now)
    gate.reckon(made, now)
    return made


@pytest.fixture
def eva(cast: Cast) -> Client:
    return signed_in(officer_of(cast.interior, "eva", EVALUATOR))


@pytest.fixture
def erin(cast: Cast) -> Client:
    return signed_in(officer_of(cast.interior, "erin", EVALUATOR))


def propose(client: Client, agency: Agency) -> str:
    path = reverse("accounts:readiness-decide", args=[agency.pk])
    answer = client.post(path, {"kind": "open", "reason": "ครบทุกข้อ"}, follow=True)
    return answer.content.decode()


def answer(client: Client, name: str, **said: str) -> str:
    path = reverse(f"accounts:readiness-{name}", args=[GateDecision.objects.latest("pk").pk])
    return client.post(path, said, follow=True).content.decode()


def state_of(agency: Agency) -> str:
    agency.refresh_from_db()
    return agency.state


def test_one_proposes_another_agrees_and_the_agency_is_ready(
    new: Agency, eva: Client, erin: Client
) -> None:
    assert "New Department" in eva.get(reverse("accounts:readiness-desk")).content.decode()
    assert "another evaluator must agree" in propose(eva, new)
    assert state_of(new) == "ready_for_decision"
    assert (
        "Agree as the second evaluator"
        not in eva.get(reverse("accounts:readiness-decide", args=[new.pk])).content.decode()
    )
    assert "another evaluator must agree" in answer(eva, "second")
    assert state_of(new) == "ready_for_decision"
    answer(erin, "second")
    assert state_of(new) == "ready"


def test_the_page_shows_what_is_cited_and_what_differs(new: Agency, eva: Client) -> None:
    page = eva.get(reverse("accounts:readiness-decide", args=[new.pk])).content.decode()
    digest = new.checked_domains.get().runs.order_by("-finished_at")[0].digest
    assert digest in page
    assert "Fail → <b>Pass</b>" in page


def test_the_page_says_in_words_what_stands_in_the_way(cast: Cast, eva: Client) -> None:
    made = agency("กรมว่าง", "Empty Department", "กว", "empty.example")
    Agency.objects.filter(pk=made.pk).update(state="not_ready")
    path = reverse("accounts:readiness-decide", args=[made.pk])
    assert "control of a mail domain is not shown yet" in eva.get(path).content.decode()
    run_of(domain_of(made), but={"TR-1": "fail", "ST-3": "unknown"})
    page = eva.get(path).content.decode()
    assert "TR-1 Permitted senders are named (SPF)" in page
    assert "result unknown: ST-3" in page


def test_the_second_refuses_with_a_reason(new: Agency, eva: Client, erin: Client) -> None:
    propose(eva, new)
    assert "Say why" in answer(erin, "refuse", why=" ")
    assert "Refused" in answer(erin, "refuse", why="หลักฐานไม่พอ")
    assert GateDecision.objects.get().ended_why == "หลักฐานไม่พอ"


def test_whoever_proposed_takes_it_back(new: Agency, eva: Client, erin: Client) -> None:
    propose(eva, new)
    assert "Only whoever proposed it" in answer(erin, "take-back")
    assert "Taken back" in answer(eva, "take-back")


def test_an_evaluator_of_the_agency_may_look_and_not_decide(cast: Cast, new: Agency) -> None:
    own = signed_in(officer_of(new, "own", EVALUATOR))
    page = own.get(reverse("accounts:readiness-decide", args=[new.pk])).content.decode()
    assert "You may look" in page
    assert "Propose a decision" not in page
    assert "two evaluators from elsewhere decide" in propose(own, new)
    assert not GateDecision.objects.exists()


def test_a_waiver_is_given_by_two_and_refused_with_a_reason(
    cast: Cast, eva: Client, erin: Client
) -> None:
    domain = domain_of(cast.transport)
    run_of(domain, but={"TR-1": "fail", "TR-2": "fail"})
    until, by = timezone.localdate() + timedelta(days=30), officer_of(cast.transport)
    for code in ("TR-1", "TR-2"):
        said = {"reason": "x", "letter_no": "คค ๑/๑", "expires_on": until}
        waivers.ask(domain, code, by=by, now=timezone.now(), **said)
    first, second = Waiver.objects.order_by("code")
    path = reverse("accounts:readiness-waiver-agree", args=[first.pk])
    eva.post(path)
    assert "Agree as the second" in erin.get(reverse("accounts:readiness-desk")).content.decode()
    erin.post(path)
    eva.post(reverse("accounts:readiness-waiver-end", args=[second.pk]), {"why": "ไม่จำเป็น"})
    assert list(Waiver.objects.in_force(timezone.localdate())) == [first]
    assert Waiver.objects.get(pk=second.pk).ended_why == "ไม่จำเป็น"


def test_a_mail_officer_finds_no_desk(cast: Cast) -> None:
    officer = officer_of(cast.transport)
    decision = decision_of(cast.transport, officer)
    client = signed_in(officer)
    assert client.get(reverse("accounts:readiness-desk")).status_code == 404
    path = reverse("accounts:readiness-decide", args=[cast.transport.pk])
    assert client.get(path).status_code == 404
    for name in ("second", "refuse", "take-back"):
        answered = client.post(reverse(f"accounts:readiness-{name}", args=[decision.pk]))
        assert answered.status_code == 404
