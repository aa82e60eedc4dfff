"""The pages of mail officers in a real browser: for everybody, by keys, and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Account
from mailbox.models import Submission
from mailbox.outbound import drafting
from mailbox.outbound.gateways import trial
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from mailbox.sealing.keyring import StoredKeyring
from mailbox.smtp.verdicts import Reason, Verdict, because
from tests.browser.desk import desk_of
from tests.browser.test_accessibility import serious
from tests.cast import Cast, gather
from tests.fakes import FakeGateway
from tests.mailbox.operating.conftest import made_officer
from tests.mailbox.outbound.test_relay import through
from tests.promises.mail import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    cache.clear()
    return gather()


@pytest.fixture
def officer(people: Cast) -> Account:
    return made_officer(people.bruno)


def post_of(people: Cast) -> Callable[..., Submission]:
    """Amina writes and sends; what is returned is due for a minute."""

    def post(**values: Any) -> Submission:
        now = timezone.now()
        draft = drafting.start(people.mailbox_of(people.amina), by=people.amina, now=now)
        drafting.save(draft, values, version=draft.version, now=now)
        draft.refresh_from_db()
        earlier = now - timedelta(seconds=settings.UNDO_SECONDS + 60)
        return send(draft, by=people.amina, now=earlier)

    return post


def ticket_of(people: Cast, gateway: Any, by: Account) -> str:
    """A test of a gateway that has come as far as its greeting."""
    ticket = trial.ask(gateway, by=by, now=timezone.now())
    steps = [
        {"name": "connect", "said": "127.0.0.1 port 25", "answered": "", "seconds": 0, "ok": True},
        {"name": "greeting", "said": "", "answered": "554 no", "seconds": 1.2, "ok": False},
    ]
    key = f"gateway-trial:{ticket}"
    cache.set(key, cache.get(key) | {"steps": steps}, 600)
    return ticket


def test_every_page_of_mail_officers_can_be_used_by_everybody(
    people: Cast, officer: Account, live_server: LiveServer
) -> None:
    post, now = post_of(people), timezone.now()
    letter = rows.letter(people, post, now)
    rows.held(people, post, now)
    rows.active_key(people, post, now)
    gateway = rows.gateway(people, post, now)
    ticket = ticket_of(people, gateway, officer)
    places = [
        reverse("mailbox:mail-queue"),
        reverse("mailbox:mail-letter", args=[letter.pk]),
        reverse("mailbox:gateways"),
        reverse("mailbox:gateway-trial", args=[gateway.pk, ticket]),
        reverse("mailbox:domains"),
    ]
    found, lost = {}, []
    with desk_of(officer, live_server.url) as desk:
        for place in places:
            page = desk.open(place)
            found[place] = serious(page)
            if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                lost.append(place)
        assert desk.strange == []

    assert {place: what for place, what in found.items() if what} == {}
    assert lost == [], "wider than a phone"


def test_a_letter_with_every_outcome_can_be_followed_by_everybody(
    people: Cast, live_server: LiveServer
) -> None:
    gateway = FakeGateway(
        a=Verdict(550, "5.1.1 Nobody"),
        b=Verdict(451, "4.7.1 Later"),
        c=because(Reason.LOST_AFTER, in_doubt=True),
    )
    to = [people.chiara.address, *(f"{name}@else.example" for name in "abcd")]
    letter = post_of(people)(subject="Water", text="x", to=to)
    assert relay(letter, gateways=through(gateway), now=timezone.now())
    states = set(letter.deliveries.values_list("state", flat=True))
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open(reverse("mailbox:submission", args=[letter.pk]))
        for summary in page.locator("[data-tries] summary").all():
            summary.click()
        found = serious(page)
        found += serious(desk.open(reverse("mailbox:outbox", args=[letter.mailbox_id])))
        assert desk.strange == []

    assert states == {"filed", "relayed", "failed", "deferred", "unknown"}
    assert found == []


def test_the_empty_pages_say_so(people: Cast, officer: Account, live_server: LiveServer) -> None:
    with desk_of(officer, live_server.url) as desk:
        page = desk.open(reverse("mailbox:mail-queue"))
        for words in ("Nothing is owed", "No letter waits", "No arrival is held"):
            expect(page.get_by_text(words)).to_be_visible()
        found = serious(page)
        page = desk.open(reverse("mailbox:gateways"))
        expect(page.get_by_text("No gateway has been entered")).to_be_visible()
        found += serious(page)

    assert found == []


def _focused(page: Page) -> str:
    said: str = page.evaluate(
        "() => document.activeElement.name || document.activeElement.textContent.trim()"
    )
    return said


def test_a_letter_is_tried_again_by_keys_alone(
    people: Cast, officer: Account, live_server: LiveServer
) -> None:
    letter = rows.letter(people, post_of(people), timezone.now())
    with desk_of(officer, live_server.url) as desk:
        page = desk.open(reverse("mailbox:mail-queue"))
        page.locator("#asked-state").focus()
        seen = []
        for _ in range(8):
            page.keyboard.press("Tab")
            seen.append(_focused(page))
            if seen[-1] == "id":
                page.keyboard.press("Space")
            if seen[-1] == "deed":
                break
        page.keyboard.press("Enter")
        expect(page.get_by_text("Done for 1 letter.")).to_be_visible()
    assert seen[:2] == ["Show", "id"]
    assert rows.was_tried_again(letter)


def test_without_scripts_letters_and_gateways_are_looked_after(
    people: Cast, officer: Account, live_server: LiveServer
) -> None:
    post, now = post_of(people), timezone.now()
    letter = rows.letter(people, post, now)
    arrival, gateway = rows.held(people, post, now), rows.gateway(people, post, now)
    rows.active_key(people, post, now)
    with desk_of(officer, live_server.url, scripts=False) as desk:
        page = desk.open(reverse("mailbox:mail-letter", args=[letter.pk]))
        page.get_by_text("Tries: 1").click()
        expect(page.get_by_text("Deferred")).to_be_visible()
        page.locator("#act-reason").fill("งานค้าง")
        page.get_by_role("button", name="Give up").click()
        expect(page.get_by_text("Done for 1 letter.")).to_be_visible()
        page = desk.open(reverse("mailbox:mail-queue"))
        page.get_by_label(f"Choose arrival {arrival.pk}").check()
        page.get_by_role("button", name="Try the chosen ones again").click()
        expect(page.get_by_text("No arrival is held.")).to_be_visible()
        page = desk.open(reverse("mailbox:gateways"))
        page.get_by_role("button", name="Use again now: g").click()
        expect(page.get_by_text("used again from now on")).to_be_visible()
        page.get_by_role("button", name="Test this gateway: g").click()
        expect(page.get_by_role("link", name="Look again")).to_be_visible()
        page = desk.open(reverse("mailbox:domains"))
        expect(page.get_by_role("button", name="Copy", exact=False)).to_have_count(0)
        expect(page.locator(".domain__record code").first).to_be_visible()
    assert rows.was_given_up(letter) and rows.is_used_again(gateway)
