"""Which gateways carry an agency's mail."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Agency
from mailbox.models import Gateway
from mailbox.outbound.routing import gateways_for, seal_password
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.gateway import OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast


def gateway(agency: Agency, name: str, **values: Any) -> Gateway:
    return Gateway.objects.create(agency=agency, name=name, host=f"{name}.test", **values)


def hosts(agency: Agency) -> list[str]:
    return [one.host for one in gateways_for(agency) if isinstance(one, SmtpGateway)]


def test_an_agencys_gateways_come_in_their_order(cast: Cast) -> None:
    gateway(cast.transport, "second", order=2)
    gateway(cast.transport, "first", order=1)
    gateway(cast.transport, "unused", order=0, is_enabled=False)
    gateway(cast.interior, "other")
    assert hosts(cast.transport) == ["first.test", "second.test"]


def test_an_agency_without_gateways_uses_its_parents(cast: Cast) -> None:
    office = Agency.objects.create(name_th="สำนัก", parent=cast.transport)
    section = Agency.objects.create(name_th="ฝ่าย", parent=office)
    gateway(cast.transport, "ministry")
    assert hosts(section) == ["ministry.test"]
    gateway(office, "office")
    assert hosts(section) == ["office.test"]


def test_a_circle_of_agencies_ends(cast: Cast) -> None:
    office = Agency.objects.create(name_th="สำนัก", parent=cast.transport)
    Agency.objects.filter(pk=cast.transport.pk).update(parent=office)
    assert gateways_for(Agency.objects.get(pk=office.pk)) == []


def test_a_password_sealed_to_another_gateway_or_key_puts_one_gateway_out_of_reach(
    cast: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    first, second = gateway(cast.transport, "first"), gateway(cast.transport, "second", order=2)
    seal_password(first, "a password")
    Gateway.objects.filter(pk=second.pk).update(
        sealed_password=first.sealed_password, relay_key_id=first.relay_key_id
    )
    with using(key_set["worker"]):
        good, bad = gateways_for(cast.transport)
    assert isinstance(good, SmtpGateway) and good.password == "a password"
    with pytest.raises(OutOfReach) as caught:
        bad.hand_over(b"", sender="", recipients=[], about_to_send=lambda _: None)
    assert caught.value.verdict.reason == Reason.PASSWORD
    with using(key_set["web"]):
        assert hosts(cast.transport) == []
