"""What becomes of mail while the portal behind a real Postfix has no room, or dies.

And of what a Postfix without a filter leaves whole.
"""

from __future__ import annotations

import pytest

from mailbox.models import Arrival
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox.postfix.conftest import Behind
from tests.mailbox.postfix.mta import Postfix
from tests.mailbox.postfix.test_inbound import MANY, arrived, named, send
from tests.mailbox.test_lmtp import kept

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_field_is_cut_off_however_many_stand_in_it(
    own_inbound: Postfix, behind: Behind, keyring: StoredKeyring
) -> None:
    # Here, because a Postfix with a filter cuts at 60,000 octets whatever it is told.
    with behind():
        send(own_inbound, MANY)
        arrived(own_inbound, 1)
    assert kept(keyring)[0].endswith(MANY)


def test_while_the_portal_has_no_room_the_mta_keeps_the_letter(
    own_inbound: Postfix, behind: Behind, cast: Cast
) -> None:
    with behind():
        send(own_inbound, named("before"))
        arrived(own_inbound, 1)
    with behind(LMTP_FREE_DISK_MB=str(10**9)):
        send(own_inbound, named("meanwhile"))
        own_inbound.wait_for(lambda: "451 4.3.1 No room" in own_inbound.log(), "nobody was put off")
        assert own_inbound.waiting() == 1 and Arrival.objects.count() == 1
    with behind():
        own_inbound.flush()
        arrived(own_inbound, 2)
        own_inbound.wait_for(lambda: not own_inbound.waiting(), "it stays in the queue")
    assert Arrival.objects.count() == 2


def test_whatever_dies_behind_the_mta_every_letter_arrives(
    own_inbound: Postfix, behind: Behind, keyring: StoredKeyring
) -> None:
    wanted = {str(number) for number in range(20)}
    for round_ in range(2):
        with behind(count=2) as lmtpd:
            for number in range(10):
                send(own_inbound, named(round_ * 10 + number))
            lmtpd.kill()
    with behind():
        own_inbound.flush()
        own_inbound.wait_for(lambda: not own_inbound.waiting(), "letters stay in the queue")
    said = [raw.partition(b"Message-ID: <")[2].partition(b"@")[0].decode() for raw in kept(keyring)]
    assert set(said) == wanted
