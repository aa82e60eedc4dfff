"""Lists of recipients in the administration: made within reach, with an address that is free."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.people import addresses
from mailbox.models import DistributionList
from tests.cast import Cast, signed_in
from tests.mailbox.operating.conftest import made_officer

pytestmark = pytest.mark.django_db

ADD = reverse("admin:mailbox_distributionlist_add")


@pytest.fixture
def client(cast: Cast) -> Client:
    """Bruno's, as the mail officer of the Ministry of Transport."""
    return signed_in(made_officer(cast.bruno))


def values(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "agency": cast.transport.pk,
        "address": "Planning@transport.example",
        "name_th": "กองแผนงาน",
        "members_typed": f"{cast.amina.address}\n{cast.chiara.address.upper()}",
        "senders": "inside",
        "is_open": "on",
    } | changes


def test_a_list_is_made_with_its_members_and_told(client: Client, cast: Cast) -> None:
    assert client.post(ADD, values(cast)).status_code == 302
    made = DistributionList.objects.get()
    assert made.address == "planning@transport.example"
    assert {each.account for each in made.members.all()} == {cast.amina, cast.chiara}
    event = AuditEvent.objects.get()
    assert (event.act, event.agency) == ("added", cast.transport)
    with pytest.raises(addresses.AddressTaken):
        addresses.must_be_free(made.address, cast.transport)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"address": "amina@transport.example"}, "is somebody"),
        ({"address": "planning@interior.example"}, "mail domain of its agency"),
        ({"members_typed": "nobody@transport.example"}, "no mailboxes of the portal"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    client: Client, cast: Cast, changes: dict[str, str], sentence: str
) -> None:
    assert sentence in client.post(ADD, values(cast, **changes)).content.decode()
    assert not DistributionList.objects.exists()


def test_another_agencys_list_is_neither_made_nor_seen(client: Client, cast: Cast) -> None:
    client.post(ADD, values(cast, agency=cast.interior.pk, address="x@interior.example"))
    assert not DistributionList.objects.exists()
    other = DistributionList.objects.create(
        agency=cast.interior, address="y@interior.example", name_th="ย"
    )
    url = reverse("admin:mailbox_distributionlist_change", args=[other.pk])
    assert client.get(url).status_code == 404


def test_a_list_keeps_its_address_and_is_never_deleted(client: Client, cast: Cast) -> None:
    client.post(ADD, values(cast))
    made = DistributionList.objects.get()
    url = reverse("admin:mailbox_distributionlist_change", args=[made.pk])
    assert cast.amina.address in client.get(url).content.decode()
    changed = values(cast, address="z@transport.example", members_typed=cast.amina.address)
    assert client.post(url, changed).status_code == 302
    made.refresh_from_db()
    assert made.address == "planning@transport.example"
    assert [each.account for each in made.members.all()] == [cast.amina]
    gone = reverse("admin:mailbox_distributionlist_delete", args=[made.pk])
    assert client.post(gone, {"post": "yes"}).status_code in (403, 404)
