from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    Account,
    Activation,
    Agency,
    AgencyReadiness,
    ImportBatch,
    Official,
    ProvisioningJob,
    Source,
)
from accounts.provisioning import queue
from tests.accounts.provisioning.newcomers import newcomer
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
State = ProvisioningJob.State


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


def waiting(at: Agency, **changes: Any) -> ProvisioningJob:
    job = queue.request(newcomer(at), queue_class=2, must_be_done_by=None, now=timezone.now())
    ProvisioningJob.objects.filter(pk=job.pk).update(**changes)
    job.refresh_from_db()
    return job


def stuck(at: Agency, step: str = "mailbox") -> ProvisioningJob:
    job = waiting(at, state=State.FAILED, due_at=None, words="There is no room.")
    job.steps.create(name=step, order=20, attempts=12, last_error="There is no room.")
    return job


def page(client: Client, **query: str) -> str:
    return client.get(reverse("accounts:requests"), query).content.decode()


def test_an_officer_sees_which_step_an_account_is_stuck_at(cast: Cast, hana: Client) -> None:
    job = stuck(cast.transport)
    seen = page(hana)
    assert job.account.address in seen
    assert "Mailbox and its keys" in seen and "There is no room." in seen


def test_the_queue_can_be_narrowed_to_one_step(cast: Cast, hana: Client) -> None:
    at_mailbox, at_welcome = stuck(cast.transport), stuck(cast.transport, "welcome")
    seen = page(hana, step="welcome")
    assert at_welcome.account.address in seen
    assert at_mailbox.account.address not in seen


@pytest.mark.parametrize("words", ["n", "ที่ สมชาย"])
def test_an_account_is_found_by_name_and_address(cast: Cast, hana: Client, words: str) -> None:
    job = waiting(cast.transport)
    assert job.account.address in page(hana, q=words)
    assert job.account.address not in page(hana, q="nobody of that name")


def test_what_fits_nothing_says_so(cast: Cast, hana: Client) -> None:
    waiting(cast.transport)
    assert "Nothing here fits what you asked for." in page(hana, q="zzz")


def test_an_empty_queue_says_so(hana: Client) -> None:
    assert "No account is being opened." in page(hana)


def test_an_import_shows_how_many_of_its_accounts_are_open(cast: Cast, hana: Client) -> None:
    source = Source.objects.create(agency=cast.transport, name="HR", kind=Source.Kind.FILE)
    batch = ImportBatch.objects.create(source=source, created_at=timezone.now())
    jobs = [waiting(cast.transport), waiting(cast.transport)]
    waiting(cast.transport)
    for number, job in enumerate(jobs):
        batch.rows.create(number=number, official=job.account.official, verdict="join")
    ProvisioningJob.objects.filter(pk=jobs[0].pk).update(
        state=State.DONE, due_at=None, finished_at=timezone.now() - timedelta(days=3)
    )
    assert 'max="2" value="1"' in page(hana, batch=str(batch.pk))


@pytest.mark.parametrize(
    "query", [{"batch": "x"}, {"batch": "9" * 30}, {"state": "'"}, {"q": "\0"}]
)
def test_nonsense_in_the_address_breaks_nothing(hana: Client, query: dict[str, str]) -> None:
    assert hana.get(reverse("accounts:requests"), query).status_code == 200


def test_the_list_renews_itself_only_while_something_waits(cast: Cast, hana: Client) -> None:
    assert "every 3s" not in page(hana)
    waiting(cast.transport)
    assert "every 3s" in page(hana)


def test_htmx_gets_the_moving_part_alone(cast: Cast, hana: Client) -> None:
    answer = hana.get(reverse("accounts:requests"), headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith("<section")


def test_an_officer_has_one_account_tried_again(cast: Cast, hana: Client) -> None:
    job = stuck(cast.transport)
    hana.post(reverse("accounts:request-again", args=[job.pk]))
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.WAITING, 0)


def test_an_officer_has_all_tried_again_within_reach_only(cast: Cast, hana: Client) -> None:
    mine, theirs = stuck(cast.transport), stuck(cast.interior)
    hana.post(reverse("accounts:requests-again"))
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.state, theirs.state) == (State.WAITING, State.FAILED)


def test_an_officer_withdraws_an_approval_with_a_reason(cast: Cast, hana: Client) -> None:
    job = waiting(cast.transport)
    stop = reverse("accounts:request-stop", args=[job.pk])
    hana.post(stop, {"why": " "})
    job.refresh_from_db()
    assert job.state == State.WAITING
    hana.post(stop, {"why": "Wrong person"})
    job.refresh_from_db()
    assert (job.state, job.words) == (State.CANCELLED, "Wrong person")


@pytest.mark.parametrize("name", ["request", "request-again", "request-stop"])
def test_what_is_out_of_reach_does_not_exist(cast: Cast, hana: Client, name: str) -> None:
    address = reverse(f"accounts:{name}", args=[waiting(cast.interior).pk])
    method = hana.get if name == "request" else hana.post
    assert method(address).status_code == 404
    assert hana.get(reverse("accounts:requests")).content.count(b"<tr>") == 0


@pytest.mark.parametrize("name", ["requests", "letters"])
def test_for_an_official_the_pages_do_not_exist(cast: Cast, name: str) -> None:
    assert signed_in(cast.bruno).get(reverse(f"accounts:{name}")).status_code == 404


def test_a_thousand_accounts_in_the_queue_cost_the_page_no_more_queries(
    cast: Cast, hana: Client, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    people = Official.objects.bulk_create(
        Official(given_name_th="ก", family_name_th=str(number)) for number in range(1000)
    )
    accounts = Account.objects.bulk_create(
        Account(address=f"k{number}@x.example", agency=cast.transport, official=each)
        for number, each in enumerate(people)
    )
    ProvisioningJob.objects.bulk_create(
        ProvisioningJob(account=each, agency=cast.transport, requested_at=now, due_at=now)
        for each in accounts
    )
    page(hana)
    with django_assert_max_num_queries(25):
        seen = page(hana)
    assert seen.count("<tr>") == 101
    assert 'max="1000"' in seen


# --- First keys -----------------------------------------------------------


def opened(at: Agency) -> Account:
    return newcomer(at, state=Account.State.ACTIVE)


def test_letters_are_printed_one_a_page_with_a_code_each(cast: Cast, hana: Client) -> None:
    accounts = [opened(cast.transport), opened(cast.transport)]
    answer = hana.post(
        reverse("accounts:print-letters"), {"account": [each.pk for each in accounts]}
    )
    text = answer.content.decode()
    assert text.count("<article") == 2
    assert "บันทึกข้อความ" in text and all(each.address in text for each in accounts)
    assert Activation.objects.filter(printed_by=cast.hana, sealed_code=None).count() == 2


def test_no_letter_is_printed_for_an_account_out_of_reach(cast: Cast, hana: Client) -> None:
    theirs = opened(cast.interior)
    hana.post(reverse("accounts:print-letters"), {"account": [theirs.pk]})
    assert not Activation.objects.exists()


def test_the_list_of_letters_holds_who_has_not_signed_in(cast: Cast, hana: Client) -> None:
    account, theirs = opened(cast.transport), opened(cast.interior)
    seen = hana.get(reverse("accounts:letters")).content.decode()
    assert account.address in seen
    assert theirs.address not in seen
    assert cast.amina.address not in seen.partition("<table")[2]


def test_a_link_is_shown_once_and_opens_the_account(cast: Cast, hana: Client) -> None:
    account = opened(cast.transport)
    seen = hana.post(reverse("accounts:make-link"), {"account": account.pk}).content.decode()
    link = seen.partition('id="link" readonly value="')[2].partition('"')[0]
    assert Client().get(link).status_code == 200


def test_no_link_is_made_for_an_account_out_of_reach(cast: Cast, hana: Client) -> None:
    theirs = opened(cast.interior)
    answer = hana.post(reverse("accounts:make-link"), {"account": theirs.pk})
    assert answer.status_code == 404


def test_a_failure_that_is_no_sentence_is_explained(cast: Cast, hana: Client) -> None:
    job = waiting(cast.transport)
    job.steps.create(name="mailbox", order=20, attempts=1, last_error="OSError")
    assert "Something went wrong inside the portal (OSError)" in page(hana)


def test_what_was_stopped_by_mistake_is_opened_after_all(cast: Cast, hana: Client) -> None:
    job = waiting(cast.transport)
    hana.post(reverse("accounts:request-stop", args=[job.pk]), {"why": "Wrong person."})
    one = reverse("accounts:request", args=[job.pk])
    assert "Have it opened after all" in hana.get(one).content.decode()
    hana.post(reverse("accounts:request-again", args=[job.pk]))

    anew = ProvisioningJob.objects.open().get(account=job.account)
    assert (anew.state, anew.pk == job.pk) == (State.WAITING, False)
    assert "Have it opened after all" in hana.get(one).content.decode()


def test_whom_the_directory_signs_in_is_shown_without_a_key_to_print(
    cast: Cast, hana: Client
) -> None:
    job = waiting(cast.transport, state=State.DONE, due_at=None, finished_at=timezone.now())
    Account.objects.filter(pk=job.account_id).update(state=Account.State.ACTIVE)
    one = reverse("accounts:request", args=[job.pk])
    assert "Print the letter" in hana.get(one).content.decode()
    source = Source.objects.create(
        agency=cast.transport, name="ldap", kind=Source.Kind.LDAP, settings={"signs_in": True}
    )
    source.records.create(key="1", official=job.account.official, seen_at=timezone.now())
    seen = hana.get(one).content.decode()
    assert "No first key is needed" in seen and "Print the letter" not in seen
    assert job.account.address not in hana.get(reverse("accounts:letters")).content.decode()


def test_an_account_at_the_gate_says_which_rules_are_missing(cast: Cast, hana: Client) -> None:
    Agency.objects.filter(pk=cast.transport.pk).update(state=Agency.State.NOT_READY)
    cast.transport.refresh_from_db()
    job = waiting(cast.transport)
    AgencyReadiness.objects.create(
        agency=cast.transport, since=timezone.now(), blocking=["TR-1", "ST-3"]
    )
    seen = hana.get(reverse("accounts:request", args=[job.pk])).content.decode()
    assert job.state == State.WAITING_GATE
    assert "TR-1" in seen and "ST-3" in seen
    # Who has no part in the gate is shown no way to its pages.
    assert "To the readiness page" not in seen
