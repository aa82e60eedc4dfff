"""The page of the gateways: for mail officers within reach, with a trial that anybody can read."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Agency
from accounts.people.roles import MAIL_OFFICER
from mailbox import tasks
from mailbox.models import Gateway, GatewayHealth
from mailbox.outbound.gateways import breaker, trial
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast, signed_in
from tests.mailbox.smtp.servers import RecordingServer


def made_mail_officer(account: Account) -> Client:
    account.is_staff = True
    account.language = "en"
    account.save(update_fields=["is_staff", "language"])
    account.groups.add(Group.objects.get(name=MAIL_OFFICER))
    client = signed_in(account)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def officer(cast: Cast) -> Client:
    """Bruno, as a mail officer of the Ministry of Transport."""
    return made_mail_officer(cast.bruno)


def gateway(agency: Agency, name: str, port: int = 25) -> Gateway:
    return Gateway.objects.create(
        agency=agency, name=name, host="127.0.0.1", port=port, security="loopback"
    )


def test_an_officer_sees_the_gateways_within_reach_and_how_each_stands(
    cast: Cast, officer: Client
) -> None:
    gateway(cast.interior, "strange one")
    below = Agency.objects.create(name_th="สำนัก", parent=cast.transport)
    gateway(below, "office's")
    failed = gateway(cast.transport, "failed one")
    breaker.bad(failed.pk, Reason.LOGIN, timezone.now())
    shown = officer.get(reverse("mailbox:gateways")).content.decode()
    assert "strange one" not in shown
    assert shown.index("failed one") < shown.index("office&#x27;s")
    assert "did not accept the portal" in shown and "Again from" in shown
    assert "Nothing sent yet" in shown


def test_a_trial_is_shown_step_by_step_once_a_worker_has_been_there(
    cast: Cast, officer: Client, key_set: dict[Role, StoredKeyring]
) -> None:
    with RecordingServer(rules={"postmaster": "550 5.1.1 <b>No</b>"}) as server:
        row = gateway(cast.transport, "ours", server.port)
        answer = officer.post(reverse("mailbox:gateway-test", args=[row.pk]))
        page = answer["Location"]
        assert "every 1s" in officer.get(page).content.decode()
        with using(key_set["worker"]):
            tasks.try_gateway(page.rstrip("/").rpartition("/")[2])
    part = officer.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" not in part and "<html" not in part
    assert "EHLO" in part and "Name a recipient" in part
    assert "&lt;b&gt;No&lt;/b&gt;" in part and "can be used" in part and "notice--warning" in part


def test_a_trial_that_no_worker_takes_up_says_so(
    cast: Cast, officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = gateway(cast.transport, "ours")
    long_ago = timezone.now() - trial.TOO_LONG * 2
    ticket = trial.ask(row, by=cast.bruno, now=long_ago)
    shown = officer.get(reverse("mailbox:gateway-trial", args=[row.pk, ticket])).content.decode()
    assert "every 1s" not in shown and "No worker has taken this up" in shown


def test_a_ticket_opens_only_the_page_of_its_gateway(cast: Cast, officer: Client) -> None:
    row, other = gateway(cast.transport, "ours"), gateway(cast.transport, "other")
    strange = gateway(cast.interior, "strange")
    ticket = trial.ask(row, by=cast.bruno, now=timezone.now())
    for wrong in (other, strange):
        page = reverse("mailbox:gateway-trial", args=[wrong.pk, ticket])
        assert officer.get(page).status_code == 404
    assert officer.post(reverse("mailbox:gateway-test", args=[strange.pk])).status_code == 404
    assert officer.post(reverse("mailbox:gateway-test", args=[2**70])).status_code == 404


def test_use_again_now_ends_the_rest(cast: Cast, officer: Client) -> None:
    row = gateway(cast.transport, "ours")
    breaker.bad(row.pk, Reason.LOGIN, timezone.now())
    officer.post(reverse("mailbox:gateway-use", args=[row.pk]))
    assert GatewayHealth.objects.get().state == GatewayHealth.State.CLOSED


def test_for_officials_and_hr_there_are_no_such_pages(cast: Cast) -> None:
    row = gateway(cast.transport, "ours")
    for who in (cast.amina, cast.hana):
        client = signed_in(who)
        assert client.get(reverse("mailbox:gateways")).status_code == 404
        assert client.post(reverse("mailbox:gateway-test", args=[row.pk])).status_code == 404


def test_a_trial_says_at_which_step_it_ended(
    cast: Cast, officer: Client, key_set: dict[Role, StoredKeyring]
) -> None:
    row = gateway(cast.transport, "away", 1)
    page = officer.post(reverse("mailbox:gateway-test", args=[row.pk]))["Location"]
    with using(key_set["worker"]):
        tasks.try_gateway(page.rstrip("/").rpartition("/")[2])
    shown = officer.get(page).content.decode()
    assert "It ended at: Connect" in shown and "notice--danger" in shown
