from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from mailbox.demo import people
from mailbox.demo.relaying import fates, keys
from mailbox.models import Arrival, Delivery, Folder, Mailbox, SigningKey, Submission
from mailbox.outbound.domains import signing
from mailbox.sealing.keyring import StoredKeyring

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


def test_the_outbox_of_the_demo_has_every_state_that_lasts(keyring: StoredKeyring) -> None:
    people.load_people()
    count = fates.load_fates(NOW)

    states = Counter(Delivery.objects.values_list("state", flat=True))
    passing = {"queued", "sending"}
    assert set(states) == {state.value for state in Delivery.State} - passing
    assert Submission.objects.count() == count
    owed = Submission.objects.filter(due_at__isnull=False)
    assert all(one.due_at is not None and one.due_at > NOW for one in owed)
    # Of what was late, refused, expired or came back, the author has been told.
    inbox = Folder.objects.get(
        mailbox=Mailbox.objects.get(addresses__address="wiphada.c@soc.example"), kind="inbox"
    )
    assert inbox.conversation_count >= 3
    assert Arrival.objects.get().held_reason == "timeout"
    assert fates.load_fates(NOW) == 0


def test_the_demos_letters_are_signed_but_for_a_domain_that_waits_for_dns(
    keyring: StoredKeyring,
) -> None:
    people.load_people()
    keys.load_keys(NOW)
    signing.forget()

    assert [one.algorithm for one in signing.signers_for("soc.example")] == [
        "rsa-sha256",
        "ed25519-sha256",
    ]
    assert not signing.signers_for("chiangmai.example")
    old = SigningKey.objects.get(state=SigningKey.State.RETIRING)
    assert old.domain.domain == "moi.example" and not bytes(old.sealed_key)
    assert len(signing.signers_for("moi.example")) == 2
    assert keys.load_keys(NOW) == 0
