"""An agency from its registration to the open service, to at risk, and back; in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Account, Agency, AgencyReadiness, CheckedDomain, ProvisioningJob
from accounts.people.roles import EVALUATOR
from govmail_portal import dates
from mailbox.sealing.keyring import StoredKeyring
from tests.accounts.provisioning.newcomers import asked_for, newcomer
from tests.accounts.web.readiness.rows import officer_of
from tests.bed.standing import standing
from tests.browser.desk import Desk, desk_of
from tests.browser.readiness import walking
from tests.browser.readiness.walking import NEWCOMER, Clock, Town, rule, th, verdict
from tests.browser.test_reading import in_thread
from tests.cast import Cast, gather

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    cache.clear()
    return gather()


@pytest.fixture
def town(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with standing(tmp_path, [NEWCOMER]) as bed:
        walking.lead_into(bed, settings, monkeypatch)
        yield Town(bed, Clock(monkeypatch))


@dataclass(frozen=True)
class Walk:
    """Who walks: an agency's officer, three evaluators; job: somebody who waits for an account."""

    town: Town
    agency: Agency
    officer: Account
    near: Account
    first: Account
    second: Account
    job: ProvisioningJob
    origin: str

    def desk(self, account: Account) -> AbstractContextManager[Desk]:
        return desk_of(account, self.origin)

    @property
    def page(self) -> str:
        return reverse("accounts:readiness-of", args=[self.agency.pk])

    @property
    def decision(self) -> str:
        return reverse("accounts:readiness-decide", args=[self.agency.pk])

    @property
    def state(self) -> str:
        return in_thread(lambda: Agency.objects.get(pk=self.agency.pk).state)

    @property
    def waiting(self) -> str:
        return in_thread(lambda: ProvisioningJob.objects.get(pk=self.job.pk).state)


@pytest.fixture
def walk(people: Cast, town: Town, live_server: LiveServer) -> Walk:
    """A department of Amina's ministry that nobody has assessed, and who has to do with it."""
    agency = Agency.objects.create(
        parent=people.transport, name_th="กรมทางเดิน", name_en="Department of Walks"
    )
    walk = Walk(
        town=town,
        agency=agency,
        officer=officer_of(people.transport),
        near=officer_of(people.transport, "nid", EVALUATOR),
        first=officer_of(people.interior, "eva", EVALUATOR),
        second=officer_of(people.interior, "erin", EVALUATOR),
        job=asked_for(newcomer(agency), now=timezone.now()),
        origin=live_server.url,
    )
    readers = [each.pk for each in (walk.officer, walk.near, walk.first, walk.second)]
    Account.objects.filter(pk__in=readers).update(language="th")
    return walk


def test_an_agency_walks_from_registration_to_live_to_at_risk_and_back(walk: Walk) -> None:
    _first_day(walk)
    assert walk.state == "not_ready"
    walk.town.pass_days_probed(14)
    walk.town.work()
    assert walk.state == "ready_for_decision"
    _two_decide(walk)
    assert (walk.state, walk.waiting) == ("ready", "waiting_gate")
    _open(walk)
    assert (walk.state, walk.waiting) == ("live", "waiting")
    _decay(walk)
    assert walk.state == "at_risk"
    _recover(walk)
    assert walk.state == "live"
    assert walking.ways_walked() == [
        ("unassessed", "domains_added", "assessing"),
        ("assessing", "blocked", "not_ready"),
        ("not_ready", "passed", "ready_for_decision"),
        ("ready_for_decision", "open", "ready"),
        ("ready", "go_live", "live"),
        ("live", "failing", "at_risk"),
        ("at_risk", "recovered", "live"),
    ]
    # What the night finds is told before it lasts; every other letter is of a move.
    told = ["blocked", "passed", "event", "event", "run", "event", "event"]
    assert walking.notices() == [(kind, 1) for kind in told]
    assert walking.audited() == [*2 * ["gate_moved"], "domain_verified", *5 * ["gate_moved"]]


# --- The stretches of the way ---------------------------------------------


def _first_day(walk: Walk) -> None:
    """Named, measured, shown to be its own, mended."""
    town = walk.town
    with walk.desk(walk.officer) as desk:
        page = desk.open(reverse("accounts:readiness"))
        page.get_by_role("link", name=walk.agency.name_th).click()
        page.get_by_role("link", name=th("Add the first domain")).click()
        _name_the_domain(page)
        assert walk.state == "assessing"
        town.work()
        _are(page, "Fail", "TR-2", "TR-5")
        _are(page, "Pass", "ST-1", "SE-1", "TR-1")
        assert walk.state == "not_ready"
        _show_control(page, town)
        _mend_dmarc(page, town)
        _attest(page)
        _exchange_letters(page, town)
        page.get_by_role("button", name=th("Test again")).click()
        _is_said(page, th("This domain was tested less than five minutes ago. Wait a little."))
        town.clock.pass_by(minutes=6)
        _test_again(page, town)
        _are(page, "Pass", "TR-2", "TR-4", "TR-5", "TR-6", "TR-8")
        # What takes two weeks has only begun.
        _are(page, "Not tested", "ST-3")
        # Quarantine is enough to open; rejecting may come later, by a day that is promised.
        _are(page, "Fail", "TR-3")
        _promise(page, "TR-3")
        assert desk.strange == []


def _two_decide(walk: Walk) -> None:
    """One proposes, another agrees; who belongs to the ministry may only look."""
    agree = th("Agree as the second evaluator")
    with walk.desk(walk.first) as desk:
        page = desk.open(reverse("accounts:readiness-desk"))
        page.get_by_role("link", name=walk.agency.name_th).first.click()
        page.locator("input[name=kind][value=open]").check()
        page.get_by_label(th("Reason")).fill("ครบทุกข้อตามหลักฐาน")
        page.get_by_role("button", name=th("Propose")).click()
        expect(page.get_by_role("button", name=th("Take it back"))).to_be_visible()
        expect(page.get_by_role("button", name=agree)).to_have_count(0)
    with walk.desk(walk.near) as desk:
        page = desk.open(walk.decision)
        expect(page.get_by_text(th(_NEAR))).to_be_visible()
        expect(page.get_by_role("button", name=agree)).to_have_count(0)
    assert walk.state == "ready_for_decision"
    with walk.desk(walk.second) as desk:
        page = desk.open(walk.decision)
        page.get_by_role("button", name=agree).click()
        _is_said(page, th("Decided. The agency has been told."))


def _open(walk: Walk) -> None:
    with walk.desk(walk.officer) as desk:
        page = desk.open(walk.page)
        page.get_by_role("button", name=th("Open the service")).click()
        expect(page.locator("#gate")).to_have_text(th("The service is open"))


def _decay(walk: Walk) -> None:
    """The policy is taken back; it counts against the agency when three nights have seen it."""
    walk.town.publish(_dmarc="v=DMARC1; p=none; rua=mailto:dmarc@reports.test")
    for night in range(3):
        assert (night, walk.state) == (night, "live")
        walk.town.clock.pass_by(days=1)
        walk.town.work()


def _recover(walk: Walk) -> None:
    """It is told until when, mends it, and is as it was."""
    with walk.desk(walk.officer) as desk:
        page = desk.open(walk.page)
        expect(page.locator("#gate")).to_have_text(th("Open, but at risk"))
        expect(page.locator(".gate")).to_contain_text(_day_of_grace(walk.agency))
        _are(page, "Fail", "TR-2")
        _mend_dmarc(page, walk.town)
        _test_again(page, walk.town)
        expect(page.locator("#gate")).to_have_text(th("The service is open"))
        _are(page, "Pass", "TR-2")
        page.get_by_role("link", name=th("History")).click()
        expect(page.get_by_role("main")).to_contain_text(th("At risk"))
        expect(desk.open("/").locator(".row")).to_have_count(7)
        assert desk.strange == []


_NEAR = (
    "You belong to this agency, to one above or below it, or hold a post there. You may look; "
    "two evaluators from elsewhere decide."
)


# --- What an officer does -------------------------------------------------


def _name_the_domain(page: Page) -> None:
    page.get_by_label(th("Domain"), exact=True).fill(NEWCOMER.domain)
    page.get_by_text(th("More, where you know it (may be left for later)")).click()
    page.get_by_label(th("Other web servers")).fill(f"www.{NEWCOMER.domain}")
    logins = [f"imap.{NEWCOMER.domain}:143", f"smtp.{NEWCOMER.domain}:587"]
    page.get_by_label(th("Where officials sign in to mail today")).fill(
        "\n".join([*logins, f"https://webmail.{NEWCOMER.domain}/"])
    )
    page.get_by_label(th("DKIM selectors")).fill("s1\ns2")
    page.get_by_role("button", name=th("Add and test")).click()
    _is_said(page, th("The domain is on the list and is being tested."))


def _show_control(page: Page, town: Town) -> None:
    """Asked too soon, it is not there; then the page's own record is placed."""
    page.get_by_role("button", name=th("Look now")).click()
    _is_said(page, "ยังไม่")
    assert page.locator("#challenge-name").inner_text() == f"_govmail-challenge.{NEWCOMER.domain}"
    town.publish(**{"_govmail-challenge": page.locator("#challenge-record").inner_text()})
    page.get_by_role("button", name=th("Look now")).click()
    _is_said(page, th("The record is there: the domain is the agency's."))
    expect(page.locator("#challenge")).to_have_count(0)


def _mend_dmarc(page: Page, town: Town) -> None:
    """Place the very record that the page gives."""
    if not rule(page, "TR-2").evaluate("rule => rule.open"):
        rule(page, "TR-2").locator("summary").click()
    record = page.locator("[id='TR-2-1']").inner_text()
    assert record.startswith("v=DMARC1; p=quarantine")
    town.publish(_dmarc=record)


def _attest(page: Page) -> None:
    checked = page.get_by_label(
        th("No mailbox of this domain passes mail to an address outside by itself")
    )
    back = page.url
    domain = in_thread(lambda: CheckedDomain.objects.get(name=NEWCOMER.domain))
    page.goto(
        page.url.split("/people/")[0] + reverse("accounts:readiness-domain", args=[domain.pk])
    )
    checked.check()
    page.get_by_role("button", name=th("Keep")).click()
    _is_said(page, th("Kept. It counts from the next test on."))
    page.goto(back)


def _exchange_letters(page: Page, town: Town) -> None:
    for act in ("Give me an address to write to", "Send a letter to saraban"):
        page.get_by_role("button", name=th(act)).click()
    usual = town.bed.subject(NEWCOMER.label, timezone.now())
    assert usual.signed is not None and usual.saraban is not None
    walking.answer_letters({"signed": usual.signed, "saraban": usual.saraban})


def _promise(page: Page, code: str) -> None:
    rule(page, code).locator("summary").click()
    rule(page, code).get_by_role("link", name=th("Plan a day")).click()
    by = timezone.localdate() + timedelta(days=60)
    page.get_by_label(th("It will pass by")).fill(f"{by.day}/{by.month}/{by.year + 543}")
    page.get_by_label(th("Who sees to it")).fill("ฝ่ายระบบเครือข่าย")
    page.get_by_role("button", name=th("Promise the day")).click()
    expect(rule(page, code)).to_contain_text("ฝ่ายระบบเครือข่าย")


def _test_again(page: Page, town: Town) -> None:
    page.get_by_role("button", name=th("Test again")).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    town.work()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def _are(page: Page, outcome: str, *codes: str) -> None:
    for code in codes:
        expect(verdict(page, code)).to_contain_text(th(outcome))


def _is_said(page: Page, text: str) -> None:
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


# --- What the rows say ----------------------------------------------------


def _day_of_grace(agency: Agency) -> str:
    """The last day of the grace as a Thai page has it."""
    row = in_thread(lambda: AgencyReadiness.objects.get(agency=agency))
    assert row.grace_until is not None
    return dates.day(row.grace_until, dates.Manner("th"))
