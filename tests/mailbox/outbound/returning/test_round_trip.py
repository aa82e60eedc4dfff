"""Out by a gateway, back by the real door: each process with the keys of its own role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone

from mailbox.inbound.arrivals import file_arrival
from mailbox.models import Arrival, Delivery
from mailbox.outbound.outbox import deliveries_of
from mailbox.outbound.relay import relay
from mailbox.outbound.returning.arrived import reading_process
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.gateway import AboutToSend
from mailbox.smtp.verdicts import Verdict
from tests.cast import Cast, gather
from tests.fakes import FakeGateway
from tests.mailbox.door import Lmtpd, running
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.returning.conftest import in_inbox, report_on

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State


class Noting(FakeGateway):
    """Takes everything, and notes the return path."""

    def __init__(self) -> None:
        super().__init__()
        self.senders: list[str] = []

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        self.senders.append(sender)
        return super().hand_over(
            message, sender=sender, recipients=recipients, about_to_send=about_to_send
        )


@pytest.fixture
def cast(transactional_db: None, keyring: StoredKeyring) -> Cast:
    return gather()


@pytest.fixture
def lmtpd(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path) -> Iterator[Lmtpd]:
    with running(key_set["lmtp"], tmp_path) as found:
        yield found


def replies(lmtpd: Lmtpd, raw: bytes, to: str) -> tuple[str, list[str]]:
    """What the door says to a recipient, and after the message, from a server's empty path."""
    caller = lmtpd.call()
    caller.hello()
    _mail, rcpt = caller.say("MAIL FROM:<>", f"RCPT TO:<{to}>")
    after = caller.deliver(raw, to) if rcpt.startswith("250") else []
    caller.close()
    return rcpt, after


def test_a_report_finds_its_way_back_to_the_one_it_is_about(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring], lmtpd: Lmtpd
) -> None:
    sent = post(to=["emil@else.example", "dara@else.example"], subject="Water")
    gateway = Noting()
    with using(key_set["worker"]):
        relay(sent, gateways=lambda asked: [gateway], now=now)
    (path,) = set(gateway.senders)
    local, _at, domain = path.partition("@")
    assert domain == "transport.example" and local.startswith("r+")
    sent.refresh_from_db()
    assert sent.due_at is None and sent.sealed_key_for_relay is None

    forged = f"{local[:-1]}{'a' if local[-1] != 'a' else 'q'}@{domain}"
    assert replies(lmtpd, report_on("emil@else.example"), forged)[0].startswith("550 5.")
    rcpt, after = replies(lmtpd, report_on("emil@else.example"), path.upper())
    assert rcpt.startswith("250") and after[0].startswith("250")
    arrival = Arrival.objects.get()
    assert arrival.returned_to == sent.pk and arrival.mailbox_ids == []
    with using(key_set["worker"]):
        assert file_arrival(arrival, reader=reading_process(), now=timezone.now())

    assert not Arrival.objects.exists()
    found = {view.address: view.state for view in deliveries_of(sent, cast.amina)}
    assert found == {"emil@else.example": State.BOUNCED, "dara@else.example": State.RELAYED}
    (notice,) = in_inbox(cast.mailbox_of(cast.amina))
    assert "emil@else.example" in notice.text and "dara" not in notice.text


def test_a_letter_bears_the_same_path_at_every_try(
    post: Post, now: datetime, key_set: dict[Role, StoredKeyring], cast: Cast
) -> None:
    gateway = Noting()
    gateway.answers["emil"] = Verdict(451, "Later")
    sent = post(to=["emil@else.example", "dara@else.example"])
    with using(key_set["worker"]):
        for _ in range(2):
            relay(sent, gateways=lambda asked: [gateway], now=now)
            Delivery.objects.owed().update(due_at=now)
            type(sent).objects.filter(pk=sent.pk).update(due_at=now)
            sent.refresh_from_db()
    assert len(gateway.senders) == 2 and len(set(gateway.senders)) == 1
