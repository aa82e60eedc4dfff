"""Leave to forward outside, given and ended by an officer: told, sealed, within reach."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from mailbox.inbound import permissions
from mailbox.models import ForwardPermission
from tests.cast import Cast, signed_in
from tests.mailbox.operating.conftest import made_officer

pytestmark = pytest.mark.django_db

ADD = reverse("admin:mailbox_forwardpermission_add")
LIST = reverse("admin:mailbox_forwardpermission_changelist")


@pytest.fixture
def client(cast: Cast) -> Client:
    """Bruno's, as the mail officer of the Ministry of Transport."""
    return signed_in(made_officer(cast.bruno))


def values(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "account": cast.amina.address,
        "outside": "canary@else.example",
        "reason": "ราชการต่างประเทศ",
        "until_0": timezone.localdate() + timedelta(days=9),
        "until_1": "12:00",
    } | changes


def test_leave_is_given_sealed_and_ended(client: Client, cast: Cast) -> None:
    assert client.post(ADD, values(cast)).status_code == 302
    leave = ForwardPermission.objects.in_force(timezone.now()).get()
    assert (leave.mailbox, leave.granted_by) == (cast.mailbox_of(cast.amina), cast.bruno)
    assert permissions.open_for_worker(leave) == "canary@else.example"
    event = AuditEvent.objects.get()
    assert (event.act, event.object_id, event.agency) == ("added", str(leave.pk), cast.transport)
    url = reverse("admin:mailbox_forwardpermission_change", args=[leave.pk])
    assert "canary" not in client.get(url).content.decode()
    assert "canary" not in str(event.details)
    chosen = {"action": "end_now", "_selected_action": [leave.pk]}
    assert client.post(LIST, chosen).status_code == 302
    assert not ForwardPermission.objects.in_force(timezone.now()).exists()
    assert AuditEvent.objects.latest("number").act == "end_now"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"outside": "bruno@transport.example"}, "no address outside the portal"),
        ({"until_0": "2020-01-01"}, "needs an end that lies ahead"),
        ({"account": "chiara@interior.example"}, "Nobody you look after"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    client: Client, cast: Cast, changes: dict[str, str], sentence: str
) -> None:
    assert sentence in client.post(ADD, values(cast, **changes), follow=True).content.decode()
    assert not ForwardPermission.objects.exists() and not AuditEvent.objects.exists()
