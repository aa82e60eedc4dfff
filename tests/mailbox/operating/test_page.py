"""The queue's page and the administration's: within reach, without content, every deed told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditEvent
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Delivery, Gateway, Submission
from tests.cast import Cast, signed_in
from tests.mailbox.operating.test_deeds import deferred
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import fresh
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db

PAGE = reverse("mailbox:mail-queue")
ACT = reverse("mailbox:mail-queue-act")
ADMIN = reverse("admin:mailbox_submission_changelist")


@pytest.fixture
def letter(post: Post, now: datetime) -> Submission:
    return deferred(post(to=["canary@else.example"], subject="canary"), now)


@pytest.fixture
def held(cast: Cast, now: datetime) -> Arrival:
    arrival = take_in(
        raw_letter("canary"),
        sender="canary@else.example",
        mailboxes=[cast.mailbox_of(cast.amina).pk],
        recipients=[cast.amina.address],
        now=now,
        nudge=lambda _: None,
    )
    Arrival.objects.update(due_at=None, held_at=now, held_reason="timeout")
    return arrival


def shown(client: Client, url: str = PAGE) -> str:
    answer: Any = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_shows_states_and_reasons_and_no_content(
    letter: Submission, held: Arrival, officer: Account
) -> None:
    for url in (PAGE, f"{PAGE}?agency={officer.agency_id}&state=deferred"):
        page = shown(signed_in(officer), url)
        assert str(letter.pk) in page and str(held.pk) in page and "took too long" in page
        assert "Ministry of Transport" in page and "asked to try later" in page
        assert "canary" not in page and "amina" not in page
    assert str(letter.pk) not in shown(signed_in(officer), f"{PAGE}?state=unknown")
    assert str(letter.pk) in shown(signed_in(officer), f"{PAGE}?state=nothing&agency=x")


def test_another_agencys_officer_sees_and_does_nothing(
    letter: Submission, held: Arrival, stranger: Account
) -> None:
    client = signed_in(stranger)
    page = shown(client)
    assert str(letter.pk) not in page and str(held.pk) not in page
    assert str(letter.pk) not in shown(client, ADMIN)
    due_at = letter.due_at
    client.post(ACT, {"deed": "retry", "id": [str(letter.pk)]})
    client.post(reverse("mailbox:mail-queue-release"), {"id": [str(held.pk)]})
    assert fresh(letter).due_at == due_at
    assert Arrival.objects.get().held_at is not None
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("who", ["amina", "hana"])
def test_for_officials_and_hr_the_pages_do_not_exist(cast: Cast, who: str) -> None:
    client = signed_in(getattr(cast, who))
    assert client.get(PAGE).status_code == 404
    for url in (ACT, reverse("mailbox:mail-queue-release")):
        assert client.post(url).status_code == 404


def test_nobody_reaches_no_page_but_the_door(db: None) -> None:
    for url in (PAGE, ACT, reverse("mailbox:mail-queue-release")):
        assert Client().post(url).status_code == 302


def test_trying_again_from_the_page(letter: Submission, officer: Account, now: datetime) -> None:
    answer = signed_in(officer).post(
        ACT, {"deed": "retry", "id": [str(letter.pk), "nonsense"]}, follow=True
    )
    assert "Done for 1 letter." in answer.content.decode()
    again = fresh(letter).due_at
    assert letter.due_at is not None and again is not None and again < letter.due_at


def test_what_takes_a_reason_asks_for_it(letter: Submission, officer: Account) -> None:
    client = signed_in(officer)
    chosen = {"deed": "give_up", "id": [str(letter.pk)]}
    assert "Say why" in client.post(ACT, chosen, follow=True).content.decode()
    assert not AuditEvent.objects.exists()
    client.post(ACT, {**chosen, "reason": "x"})
    assert AuditEvent.objects.get().act == "mail_given_up"
    assert "Given up" in shown(client)


def test_one_letters_page_shows_every_try_and_nobody(
    letter: Submission, officer: Account, stranger: Account, now: datetime
) -> None:
    page = reverse("mailbox:mail-letter", args=[letter.pk])
    seen = shown(signed_in(officer), page)
    assert "Recipient 1" in seen and "451" in seen and "Tries: 1" in seen
    assert "canary" not in seen and "amina" not in seen.lower()
    assert signed_in(stranger).get(page).status_code == 404
    nobodys = reverse("mailbox:mail-letter", args=[UUID(int=1)])
    assert signed_in(officer).get(nobodys).status_code == 404


def test_deeds_from_a_letters_page_lead_back_to_it(letter: Submission, officer: Account) -> None:
    client, page = signed_in(officer), reverse("mailbox:mail-letter", args=[letter.pk])
    chosen = {"deed": "give_up", "id": [str(letter.pk)], "alone": "yes"}
    answer = client.post(ACT, chosen, follow=True)
    assert answer.redirect_chain == [(page, 302)] and "Say why" in answer.content.decode()
    client.post(ACT, {**chosen, "reason": "x"})
    assert "Given up" in shown(client, page)
    Submission.objects.update(due_at=None)
    done = shown(client, page)
    assert "Nothing is owed any more" in done and 'name="deed"' not in done


def test_a_letters_page_needs_few_statements(
    post: Post, officer: Account, now: datetime, django_assert_max_num_queries: Any
) -> None:
    many = deferred(post(to=[f"p{number}@else.example" for number in range(30)]), now)
    client = signed_in(officer)
    page = reverse("mailbox:mail-letter", args=[many.pk])
    shown(client, page)
    with django_assert_max_num_queries(30):
        assert "Recipient 30" in shown(client, page)


def test_redirecting_only_to_gateways_within_reach(
    letter: Submission, officer: Account, cast: Cast
) -> None:
    Gateway.objects.create(agency=cast.interior, name="g", host="127.0.0.1")
    chosen = {"deed": "redirect", "id": [str(letter.pk)], "reason": "x", "to": cast.interior.pk}
    assert signed_in(officer).post(ACT, chosen).status_code == 404
    assert fresh(letter).agency == cast.transport
    cast.interior.parent = cast.transport
    cast.interior.save()
    assert signed_in(officer).post(ACT, chosen).status_code == 302
    assert fresh(letter).agency == cast.interior


def test_a_held_arrival_is_released_from_the_page(
    held: Arrival, officer: Account, now: datetime
) -> None:
    url = reverse("mailbox:mail-queue-release")
    signed_in(officer).post(url, {"id": [str(held.pk)]})
    assert Arrival.objects.get().held_at is None
    assert AuditEvent.objects.get().act == "arrival_released"


@pytest.mark.parametrize("deed", ["retry", "give_up", "redirect"])
def test_every_deed_of_the_administration_leaves_its_event(
    letter: Submission, officer: Account, cast: Cast, deed: str
) -> None:
    Gateway.objects.create(agency=cast.interior, name="g", host="127.0.0.1")
    cast.interior.parent = cast.transport
    cast.interior.save()
    client = signed_in(officer)
    chosen = {"action": deed, "_selected_action": [str(letter.pk)]}
    if deed != "retry":
        assert "reason" in client.post(ADMIN, chosen).content.decode()
        assert not AuditEvent.objects.exists()
    more = {"answered": "yes", "reason": "x", "agency": cast.interior.pk}
    assert client.post(ADMIN, {**chosen, **more}).status_code == 302
    event = AuditEvent.objects.get()
    assert event.actor == officer and event.act.startswith("mail_")


def test_the_administration_shows_letters_and_deliveries(
    letter: Submission, officer: Account
) -> None:
    client = signed_in(officer)
    delivery = Delivery.objects.get()
    for name, row in (("submission", letter), ("delivery", delivery)):
        page = shown(client, reverse(f"admin:mailbox_{name}_change", args=[row.pk]))
        assert "canary" not in page
        assert str(row.pk) in shown(client, reverse(f"admin:mailbox_{name}_changelist"))


def test_a_full_page_needs_few_statements(
    letter: Submission, officer: Account, post: Post, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        post(to=[f"p{number}@else.example"])
    client = signed_in(officer)
    shown(client)
    with django_assert_max_num_queries(32):
        shown(client)
    assert settings.DEBUG is False
