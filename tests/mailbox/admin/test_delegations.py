from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.audit import chain
from accounts.models import AuditEvent
from mailbox.models import Delegation
from tests.cast import Cast, signed_in
from tests.mailbox.people.offices import delegate

pytestmark = pytest.mark.django_db
LIST = reverse("admin:mailbox_delegation_changelist")


def test_an_officer_sees_the_delegations_of_their_own_agencys_mailboxes(cast: Cast) -> None:
    ours = delegate(cast.mailbox_of(cast.amina), cast.chiara)
    theirs = delegate(cast.mailbox_of(cast.chiara), cast.amina)
    client = signed_in(cast.hana)
    page = client.get(LIST).content.decode()

    assert str(ours.pk) in page and str(theirs.pk) not in page
    for given, status in ((ours, 200), (theirs, 404)):
        path = reverse("admin:mailbox_delegation_change", args=[given.pk])
        assert client.get(path).status_code == status


def test_an_officer_ends_a_delegation_and_one_event_says_so(cast: Cast) -> None:
    given = delegate(cast.mailbox_of(cast.amina), cast.bruno)
    signed_in(cast.hana).post(LIST, {"action": "end_now", "_selected_action": [given.pk]})
    event = AuditEvent.objects.get()

    assert Delegation.objects.get(pk=given.pk).ended_by == cast.hana
    assert (event.act, event.actor, event.agency) == (
        "delegation_ended",
        cast.hana,
        cast.transport,
    )
    assert not list(chain.verify())


def test_an_officer_ends_none_of_another_agency(cast: Cast) -> None:
    given = delegate(cast.mailbox_of(cast.chiara), cast.amina)
    signed_in(cast.hana).post(LIST, {"action": "end_now", "_selected_action": [given.pk]})

    assert Delegation.objects.get(pk=given.pk).ended_at is None


def test_nobody_gives_a_delegation_in_the_administration(cast: Cast) -> None:
    client = signed_in(cast.hana)
    given = delegate(cast.mailbox_of(cast.amina), cast.bruno)
    change = reverse("admin:mailbox_delegation_change", args=[given.pk])
    wanted = {"account": cast.hana.pk, "mailbox": cast.mailbox_of(cast.amina).pk}

    assert client.post(reverse("admin:mailbox_delegation_add"), wanted).status_code in (403, 404)
    assert client.post(change, wanted).status_code in (403, 404)
    assert not Delegation.objects.filter(account=cast.hana).exists()


@pytest.mark.parametrize("standing", ["now", "over"])
def test_the_list_can_be_asked_who_has_access_today(cast: Cast, standing: str) -> None:
    now = delegate(cast.mailbox_of(cast.amina), cast.bruno)
    over = delegate(cast.mailbox_of(cast.amina), cast.bruno, ended_at=now.granted_at)
    page = signed_in(cast.hana).get(LIST, {"standing": standing}).content.decode()

    assert (str(now.pk) in page, str(over.pk) in page) == (standing == "now", standing == "over")
