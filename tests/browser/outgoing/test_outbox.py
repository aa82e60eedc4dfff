"""What happens after Send, in a real browser: the notice that waits, and the small editor."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from mailbox import opening
from mailbox.models import Attempt, Delivery, Submission
from mailbox.outbound import drafting
from mailbox.outbound.stationery.signatures import signatures_of
from mailbox.outbound.submission import send
from mailbox.sealing.keyring import StoredKeyring
from tests.browser.desk import desk_of
from tests.cast import Cast, gather

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


def test_the_notice_waits_while_the_mouse_is_on_it_and_sends_at_once_when_asked(
    people: Cast, live_server: LiveServer
) -> None:
    box = people.mailbox_of(people.amina)
    to = ["bruno@transport.example"]
    draft = drafting.start(box, by=people.amina, now=timezone.now(), to=to)
    values = {"subject": "Water", "text": "It has come."}
    drafting.save(draft, values, version=1, now=timezone.now())
    place = reverse("mailbox:draft", args=[draft.pk])
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open(place)
        page.locator("[data-send]").first.click()
        notice = page.locator("[data-undo-wait]")
        with page.expect_response(re.compile("/wait/$")) as waiting:
            notice.hover()
        assert waiting.value.status == 204
        expect(notice).to_be_visible()
        notice.get_by_role("button", name="Send now").click()
        page.wait_for_url(re.compile("/mail/outbox/"))
        assert desk.strange == []
    sent = Submission.objects.get()
    assert sent.due_at == sent.undo_until and sent.due_at is not None
    left = sent.due_at - sent.created_at
    assert left.total_seconds() < settings.UNDO_SECONDS + 60


def test_a_signature_gets_its_form_in_the_small_editor(
    people: Cast, live_server: LiveServer
) -> None:
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open(reverse("mailbox:signatures"))
        page.get_by_role("textbox", name="Name", exact=True).fill("Long")
        text = page.get_by_role("textbox", name="Text", exact=True)
        text.click()
        page.keyboard.type("Amina ")
        page.get_by_role("button", name="Bold").click()
        page.keyboard.type("S.")
        with page.expect_navigation():
            page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The signature is saved.")).to_be_visible()
        assert desk.strange == []
    box = people.mailbox_of(people.amina)
    (kept,) = signatures_of(box, opening.mailbox_key(box))
    assert kept.text == "Amina S." and "<b>S.</b>" in kept.html.for_frame()


def test_a_list_of_tries_stays_open_when_the_page_asks_for_news(
    people: Cast, live_server: LiveServer
) -> None:
    now = timezone.now()
    box = people.mailbox_of(people.amina)
    draft = drafting.start(box, by=people.amina, now=now, to=["emil@else.example"])
    drafting.save(draft, {"subject": "Water", "text": "Come."}, version=1, now=now)
    sent = send(draft, by=people.amina, now=now)
    delivery = sent.deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DEFERRED)
    Attempt.objects.create(
        delivery=delivery, started_at=now, outcome=Attempt.Outcome.DEFERRED, reply_code=451
    )
    with desk_of(people.amina, live_server.url) as desk:
        page = desk.open(reverse("mailbox:submission", args=[sent.pk]))
        page.locator("[data-tries] summary").click()
        page.evaluate("document.querySelector('[data-tries]').dataset.old = 'yes'")
        asked_again = page.locator("[data-tries]:not([data-old])")
        expect(asked_again).to_have_attribute("open", "")
        expect(asked_again.locator("li")).to_be_visible()
        assert desk.strange == []
