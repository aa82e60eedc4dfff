"""A run in a real browser: it is watched to its end, and what is refused is said in place."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import ScanRun
from mailbox.sealing.keyring import StoredKeyring
from tests.accounts.web.readiness.rows import domain_of, officer_of, run_of
from tests.browser.desk import desk_of
from tests.browser.test_reading import in_thread
from tests.cast import Cast, gather

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    cache.clear()
    return gather()


def test_a_run_is_watched_and_the_page_is_shown_anew_when_it_is_over(
    people: Cast, live_server: LiveServer
) -> None:
    agency = people.transport
    officer = officer_of(agency)
    run = run_of(domain_of(agency))
    under_way = ScanRun.objects.filter(pk=run.pk)
    under_way.update(finished_at=None, stage=ScanRun.Stage.NET, asked=3, to_ask=10)

    with desk_of(officer, live_server.url) as desk:
        page = desk.open(reverse("accounts:readiness-of", args=[agency.pk]))
        expect(page.get_by_text("3 of 10 questions asked")).to_be_visible()
        expect(page.get_by_role("button", name="Test again")).to_be_disabled()
        in_thread(lambda: under_way.update(asked=7))
        expect(page.get_by_text("7 of 10 questions asked")).to_be_visible()
        over = {"finished_at": timezone.now(), "stage": ScanRun.Stage.DONE}
        in_thread(lambda: under_way.update(**over))
        expect(page.get_by_role("progressbar")).to_have_count(0)
        expect(page.get_by_role("button", name="Test again")).to_be_enabled()
        assert desk.strange == []


def test_a_button_pressed_too_soon_is_answered_on_the_page(
    people: Cast, live_server: LiveServer
) -> None:
    domain = domain_of(people.transport)
    run = run_of(domain)
    ScanRun.objects.filter(pk=run.pk).update(
        requested_at=timezone.now(), trigger=ScanRun.Trigger.OFFICER
    )
    with desk_of(officer_of(people.transport), live_server.url) as desk:
        page = desk.open(reverse("accounts:readiness-of", args=[people.transport.pk]))
        page.get_by_role("button", name="Test again").click()
        expect(page.get_by_role("status")).to_contain_text("less than five minutes ago")
        expect(page.locator("#TR-1")).to_be_visible()
        assert desk.strange == []
