"""Letters from inside to an agency's list: filed for its members, never by the gateway."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mailbox.models import Delivery, DistributionList, Message, Submission
from mailbox.outbound.envelope import key_for_relay
from mailbox.outbound.relay import relay
from mailbox.outbound.sending.listed import forget_known
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post

pytestmark = pytest.mark.django_db(transaction=True)

ALL = "all@transport.example"
Senders = DistributionList.Senders


@pytest.fixture
def group(cast: Cast) -> DistributionList:
    forget_known()
    group = DistributionList.objects.create(
        agency=cast.transport, address=ALL, name_th="ทุกคน", senders=Senders.INSIDE
    )
    group.members.set([cast.mailbox_of(cast.bruno), cast.mailbox_of(cast.chiara)])
    return group


def relayed(submission: Submission, now: datetime, gateway: FakeGateway) -> dict[str, Any]:
    assert key_for_relay(submission)
    relay(submission, gateways=lambda _: [gateway], now=now)
    return dict(Delivery.objects.values_list("state", "reply_code"))


def addresses() -> set[str]:
    found = Message.objects.filter(is_own=False).values_list("mailbox__account__address", flat=True)
    return {str(address) for address in found}


def test_members_have_it_and_the_gateway_sees_nothing_of_it(
    cast: Cast, group: DistributionList, post: Post, now: datetime
) -> None:
    gateway = FakeGateway()
    states = relayed(post(to=[ALL, "dara@elsewhere.example"]), now, gateway)
    assert addresses() == {"bruno@transport.example", "chiara@interior.example"}
    assert gateway.offered == [["dara@elsewhere.example"]]
    assert set(states) == {Delivery.State.FILED, Delivery.State.RELAYED}


def test_who_may_not_write_to_it_is_told_and_the_others_have_their_letter(
    cast: Cast, group: DistributionList, post: Post, now: datetime
) -> None:
    DistributionList.objects.update(senders=Senders.MEMBERS)
    states = relayed(post(to=[ALL, "hana@transport.example"]), now, FakeGateway())
    # Amina has a notice from the portal that the list refused hers.
    assert addresses() == {"hana@transport.example", "amina@transport.example"}
    assert states == {Delivery.State.FAILED: 550, Delivery.State.FILED: None}


def test_a_closed_list_is_an_address_like_any_other(
    cast: Cast, group: DistributionList, post: Post, now: datetime
) -> None:
    DistributionList.objects.update(is_open=False)
    gateway = FakeGateway()
    assert relayed(post(to=[ALL]), now, gateway) == {Delivery.State.RELAYED: 250}
    assert gateway.offered == [[ALL]]


def test_who_writes_to_a_list_with_nobody_on_it_is_told_so(
    cast: Cast, group: DistributionList, post: Post, now: datetime
) -> None:
    group.members.clear()
    assert relayed(post(to=[ALL]), now, FakeGateway()) == {Delivery.State.FAILED: 550}
    assert addresses() == {"amina@transport.example"}, "a notice from the portal"
