from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Agency, ProvisioningJob, SecondOpinion, TotpDevice
from accounts.people.roles import OPERATOR
from accounts.provisioning import queue
from tests.cast import PASSWORD, Cast, signed_in

ACCOUNTS = "/admin/accounts/account/"
OPINIONS = "/admin/accounts/secondopinion/"


def act(client: Client, action: str, *accounts: Account) -> int:
    chosen = [str(account.pk) for account in accounts]
    answer = client.post(ACCOUNTS, {"action": action, "_selected_action": chosen})
    return answer.status_code


@pytest.fixture
def operator(cast: Cast) -> Account:
    account = cast.chiara
    account.is_staff = True
    account.save()
    account.groups.add(Group.objects.get(name=OPERATOR))
    return account


def test_for_an_official_the_administration_does_not_exist(cast: Cast) -> None:
    client = signed_in(cast.amina)
    for path in ("/admin/", "/admin/login/", ACCOUNTS):
        assert client.get(path).status_code == 404


def test_hr_looks_after_people_of_its_own_agency_only(cast: Cast) -> None:
    client = signed_in(cast.hana)
    page = client.get(ACCOUNTS).content.decode()
    assert cast.amina.address in page
    assert cast.chiara.address not in page
    assert client.get(f"{ACCOUNTS}{cast.amina.pk}/change/").status_code == 200
    answer = client.get(f"{ACCOUNTS}{cast.chiara.pk}/change/")
    assert answer.status_code in (302, 404)
    assert cast.chiara.address not in client.get("/admin/").content.decode()


def test_hr_reaches_no_gateway_and_no_second_factor(cast: Cast) -> None:
    client = signed_in(cast.hana)
    assert client.get("/admin/mailbox/gateway/").status_code == 404
    act(client, "reset_second_factor", cast.amina)
    assert TotpDevice.objects.filter(user=cast.amina).exists()


def test_operators_reach_gateways_and_no_password(cast: Cast, operator: Account) -> None:
    client = signed_in(operator)
    assert client.get("/admin/mailbox/gateway/").status_code == 200
    assert client.get(ACCOUNTS).status_code == 200
    assert client.get(f"{ACCOUNTS}{cast.amina.pk}/password/").status_code == 404


def test_suspending_ends_the_sessions_at_once_and_activating_opens_again(cast: Cast) -> None:
    amina, hana = signed_in(cast.amina), signed_in(cast.hana)
    inside = reverse("accounts:security")
    assert act(hana, "suspend", cast.amina) == 302
    assert amina.get(inside).status_code == 302
    assert act(hana, "activate", cast.amina) == 302
    assert signed_in(cast.amina).get(inside).status_code == 200


def test_resetting_the_second_factor_ends_the_sessions_and_the_next_sign_in_enrols(
    cast: Cast, operator: Account
) -> None:
    amina = signed_in(cast.amina)
    chosen = {"action": "reset_second_factor", "_selected_action": [cast.amina.pk]}
    asked = {**chosen, "answered": "yes", "reason": "โทรศัพท์หาย"}
    assert signed_in(cast.hana).post(ACCOUNTS, asked).status_code == 302
    opinion = SecondOpinion.objects.get()
    agreed = {"action": "agree", "_selected_action": [opinion.pk]}
    assert signed_in(operator).post(OPINIONS, agreed).status_code == 302
    assert amina.get(reverse("accounts:security")).status_code == 302
    fresh = Client()
    fresh.post(reverse("account_login"), {"login": cast.amina.address, "password": PASSWORD})
    answer = fresh.get(reverse("accounts:second-factor"))
    assert answer["Location"] == reverse("accounts:enrol")


def test_hr_cannot_make_itself_or_others_more_powerful(cast: Cast) -> None:
    client = signed_in(cast.hana)
    for account in (cast.hana, cast.amina):
        client.post(
            f"{ACCOUNTS}{account.pk}/change/",
            {
                "address": account.address,
                "agency": account.agency_id,
                "state": "active",
                "language": "en",
                "is_staff": "on",
                "is_superuser": "on",
            },
        )
        account.refresh_from_db()
        assert not account.is_superuser
    assert not cast.amina.is_staff


def add(client: Client, agency: Agency, address: str) -> HttpResponse:
    """Fill in the page of a new account; a state is not asked for, and not taken."""
    return client.post(
        f"{ACCOUNTS}add/",
        {
            "address": address,
            "agency": agency.pk,
            "state": "active",
            "language": "th",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )


def test_hr_creates_a_request_that_approval_and_the_queue_make_an_account(cast: Cast) -> None:
    client = signed_in(cast.hana)
    answer = add(client, cast.transport, "New.Person@transport.example")
    assert answer.status_code == 302, answer.content.decode()
    made = Account.objects.get(address="new.person@transport.example")
    assert made.state == Account.State.REQUESTED and not made.is_active
    assert act(client, "activate", made) == 302
    made.refresh_from_db()
    assert made.state == Account.State.REQUESTED
    assert act(client, "approve", made) == 302
    queue.work(ProvisioningJob.objects.get(account=made), now=timezone.now())
    made.refresh_from_db()
    assert made.is_active and made.check_password(PASSWORD)
    people = signed_in(cast.amina).get("/people/find/", {"q": "new.person"}).json()["people"]
    assert [each["address"] for each in people] == [made.address]


def test_hr_creates_no_account_in_another_agencys_domain(cast: Cast) -> None:
    answer = add(signed_in(cast.hana), cast.transport, "minister@interior.example")
    assert "mail domain of its agency" in answer.content.decode()
    assert not Account.objects.filter(address__startswith="minister").exists()


def test_no_form_gives_an_account_to_another_holder(cast: Cast) -> None:
    values = {"official": cast.bruno.official_id, "agency": cast.interior.pk, "language": "en"}
    signed_in(cast.hana).post(f"{ACCOUNTS}{cast.amina.pk}/change/", values)
    holder, agency = cast.amina.official_id, cast.amina.agency_id
    cast.amina.refresh_from_db()
    assert (cast.amina.official_id, cast.amina.agency_id) == (holder, agency)


def test_operators_set_an_agencys_policies_and_hr_only_reads_them(
    cast: Cast, operator: Account
) -> None:
    path = f"/admin/accounts/agency/{cast.transport.pk}/change/"
    values = {
        "name_th": cast.transport.name_th,
        "kind": "ministry",
        "state": "live",
        "forced_signature": "กระทรวงคมนาคม",
        "shows_opened": "on",
        "incident_address": "cert@transport.example",
        "domains-TOTAL_FORMS": "0",
        "domains-INITIAL_FORMS": "0",
        "codes-TOTAL_FORMS": "0",
        "codes-INITIAL_FORMS": "0",
    }
    assert signed_in(cast.hana).get(path).status_code == 200
    assert signed_in(cast.hana).post(path, values).status_code == 404
    cast.transport.refresh_from_db()
    assert not cast.transport.forced_signature
    assert signed_in(operator).post(path, values).status_code == 302
    cast.transport.refresh_from_db()
    assert cast.transport.forced_signature == "กระทรวงคมนาคม" and cast.transport.shows_opened
    assert cast.transport.incident_address == "cert@transport.example"


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_list_searches_and_every_form_opens(
    cast: Cast, operator: Account, language: str
) -> None:
    operator.is_superuser = True
    operator.language = language
    operator.save()
    client = signed_in(operator)
    for model in (
        "agency",
        "agencydomain",
        "orgunit",
        "official",
        "position",
        "assignment",
        "account",
    ):
        path = f"/admin/accounts/{model}/"
        assert client.get(path, {"q": "a"}).status_code == 200, model
        assert client.get(f"{path}add/").status_code == 200, model
    found = client.get(
        "/admin/autocomplete/",
        {
            "term": "คมนาคม",
            "app_label": "accounts",
            "model_name": "account",
            "field_name": "agency",
        },
    )
    assert len(found.json()["results"]) == 1
