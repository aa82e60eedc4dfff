"""Gateways in the administration: findable, and a password that never comes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AuditEvent
from accounts.people.roles import OPERATOR
from mailbox.models import Delivery, Gateway, GatewayHealth, Submission
from mailbox.outbound import drafting
from mailbox.outbound.gateways import breaker
from mailbox.outbound.gateways.opening import ready
from mailbox.outbound.submission import send
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.gateway import SmtpGateway
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast, signed_in
from tests.mailbox.smtp.servers import Authority


@pytest.fixture
def operator(cast: Cast) -> Client:
    """Bruno, as an operator."""
    made_operator(cast.bruno)
    return signed_in(cast.bruno)


def made_operator(account: Account) -> None:
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=OPERATOR))


def fields(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "agency": cast.transport.pk,
        "name": "ประตูหลัก",
        "order": 1,
        "is_enabled": "on",
        "host": "mail.transport.example",
        "port": 587,
        "security": "starttls",
        "tls_name": "",
        "ca_certificates": Authority.new().pem,
        "username": "portal",
        "mechanism": "any",
        "weight": 100,
        "most_connections": 10,
        "domains": "",
        "health-TOTAL_FORMS": 0,
        "health-INITIAL_FORMS": 0,
        "new_password": "a secret for the gateway",
        **changes,
    }


ADD = "admin:mailbox_gateway_add"
LIST = "admin:mailbox_gateway_changelist"


def page_of(gateway: Gateway) -> str:
    return reverse("admin:mailbox_gateway_change", args=[gateway.pk])


def test_a_password_goes_in_sealed_to_the_relay_and_never_comes_out(
    cast: Cast, operator: Client, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["web"]):
        answer = operator.post(reverse(ADD), fields(cast))
        assert answer.status_code == 302, answer.content.decode()
        gateway = Gateway.objects.get()
        shown = operator.get(page_of(gateway)).content.decode()
    assert b"a secret" not in bytes(gateway.sealed_password or b"")
    assert "mail.transport.example" in shown and "a secret" not in shown
    gateway.refresh_from_db()
    with using(key_set["worker"]):
        usable = ready(gateway)
    assert isinstance(usable, SmtpGateway)
    assert (usable.username, usable.password) == ("portal", "a secret for the gateway")


def test_an_empty_password_field_changes_nothing_and_forgetting_is_asked_for(
    cast: Cast, operator: Client
) -> None:
    operator.post(reverse(ADD), fields(cast))
    gateway = Gateway.objects.get()
    operator.post(page_of(gateway), fields(cast, new_password="", host="mx.transport.example"))
    gateway.refresh_from_db()
    assert (gateway.host, gateway.sealed_password is not None) == ("mx.transport.example", True)
    operator.post(page_of(gateway), fields(cast, new_password="", forget_password="on"))
    gateway.refresh_from_db()
    assert (gateway.sealed_password, gateway.relay_key_id) == (None, "")


@pytest.mark.parametrize(
    "changes",
    [{"ca_certificates": "not a certificate"}, {"new_password": "รหัส"}, {"port": 0}],
)
def test_what_cannot_work_is_refused_in_the_form(
    cast: Cast, operator: Client, changes: dict[str, Any]
) -> None:
    assert operator.post(reverse(ADD), fields(cast, **changes)).status_code == 200
    assert not Gateway.objects.exists()


def test_gateways_are_found_by_agency_and_host(cast: Cast, operator: Client) -> None:
    operator.post(reverse(ADD), fields(cast))
    for word, found in (("คมนาคม", True), ("mail.transport", True), ("มหาดไทย", False)):
        shown = operator.get(reverse(LIST), {"q": word}).content.decode()
        assert ("ประตูหลัก" in shown) is found


def test_an_hr_officer_finds_no_gateways(cast: Cast, operator: Client) -> None:
    assert operator.get(reverse(LIST)).status_code == 200
    assert signed_in(cast.hana).get(reverse(LIST)).status_code == 404


def test_operators_see_states_and_codes_but_neither_addresses_nor_subjects(
    cast: Cast, operator: Client
) -> None:
    now: datetime = timezone.now()
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    values = {"to": ["canary@else.example"], "subject": "canary subject", "text": "canary"}
    drafting.save(draft, values, version=1, now=now)
    submission = send(draft, by=cast.amina, now=now)
    Delivery.objects.update(state=Delivery.State.FAILED, reply_code=550)
    pages = [
        reverse("admin:mailbox_submission_changelist"),
        reverse("admin:mailbox_delivery_changelist"),
        reverse("admin:mailbox_submission_change", args=[submission.pk]),
        reverse("admin:mailbox_delivery_change", args=[submission.deliveries.get().pk]),
    ]
    for page in pages:
        answer = operator.get(page)
        shown = answer.content.decode()
        assert answer.status_code == 200
        assert str(submission.pk) in shown
        assert "canary" not in shown and "amina@" not in shown
        operator.post(page, {"state": "relayed"})
    assert "550" in operator.get(pages[1]).content.decode()
    assert Submission.objects.get().deliveries.get().state == Delivery.State.FAILED


def test_the_administration_shows_health_and_ends_a_rest(cast: Cast, operator: Client) -> None:
    operator.post(reverse(ADD), fields(cast))
    gateway = Gateway.objects.get()
    breaker.bad(gateway.pk, Reason.CERTIFICATE, timezone.now())
    assert "certificate" in operator.get(page_of(gateway)).content.decode()
    chosen = {"action": "use_again", "_selected_action": [gateway.pk]}
    operator.post(reverse(LIST), chosen)
    assert GatewayHealth.objects.get().state == GatewayHealth.State.CLOSED
    assert AuditEvent.objects.filter(act="gateway_used_again").count() == 1


def test_a_test_from_the_administration_leads_to_its_transcript(
    cast: Cast, operator: Client
) -> None:
    operator.post(reverse(ADD), fields(cast))
    gateway = Gateway.objects.get()
    answer = operator.post(reverse(LIST), {"action": "test", "_selected_action": [gateway.pk]})
    assert answer["Location"].startswith(f"/people/mail/gateways/{gateway.pk}/test/")
    assert operator.get(answer["Location"]).status_code == 200


def test_a_changed_gateway_is_used_again_at_once(cast: Cast, operator: Client) -> None:
    operator.post(reverse(ADD), fields(cast))
    gateway = Gateway.objects.get()
    breaker.bad(gateway.pk, Reason.LOGIN, timezone.now())
    answer = operator.post(page_of(gateway), fields(cast, new_password="the right one"))
    assert answer.status_code == 302, answer.context["errors"]
    assert GatewayHealth.objects.get().state == GatewayHealth.State.CLOSED


def test_domains_are_kept_in_small_letters_and_once(cast: Cast, operator: Client) -> None:
    operator.post(reverse(ADD), fields(cast, domains="MOT.go.th, mot.go.th ,dlt.go.th"))
    assert Gateway.objects.get().domains == ["mot.go.th", "dlt.go.th"]
    assert operator.post(reverse(ADD), fields(cast, domains="not a domain")).status_code == 200
    assert Gateway.objects.count() == 1
