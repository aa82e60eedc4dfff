"""Lists: who gets a letter to one, and who may write it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Agency
from mailbox.filing.lists.writers import is_at_or_below
from mailbox.inbound.receiving import Incoming, receive
from mailbox.inbound.recipients import Refusal, find
from mailbox.models import Arrival, DistributionList, Mailbox
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox.door import running
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db

ALL = "all@transport.example"
MTA = "mx.portal.test"
Senders = DistributionList.Senders


@pytest.fixture(autouse=True)
def our_mta(settings: object) -> None:
    settings.AUTHSERV_ID = MTA  # type: ignore[attr-defined]  # the fixture of pytest-django


@pytest.fixture
def group(cast: Cast) -> DistributionList:
    group = DistributionList.objects.create(
        agency=cast.transport, address=ALL, name_th="ทุกคน", senders=Senders.INSIDE
    )
    group.members.set([cast.mailbox_of(cast.amina), cast.mailbox_of(cast.chiara)])
    return group


def letter(author: str, *, proven: bool = True) -> bytes:
    raw = raw_letter().replace(b"Dara <dara@elsewhere.example>", author.encode())
    domain = author.partition("@")[2]
    found = f"dkim=pass header.d={domain}" if proven else "dkim=none"
    return f"Authentication-Results: {MTA}; {found}\r\n".encode() + raw


def take(author: str, *addresses: str, proven: bool = True) -> list[Refusal | None]:
    now = timezone.now()
    return receive(
        letter(author, proven=proven),
        Incoming(author, addresses, [find(one, now=now) for one in addresses]),
        now=now,
        nudge=lambda _: None,
    )


def boxes(*mailboxes: Mailbox) -> set[object]:
    return {one.pk for one in mailboxes}


def test_every_member_gets_it_once_whatever_else_the_letter_was_addressed_to(
    cast: Cast, group: DistributionList
) -> None:
    amina = "amina@transport.example"
    assert take("bruno@transport.example", amina, ALL) == [None, None]
    (arrival,) = Arrival.objects.all()
    assert arrival.mailbox_ids[0] == cast.mailbox_of(cast.amina).pk
    members = boxes(cast.mailbox_of(cast.amina), cast.mailbox_of(cast.chiara))
    assert set(arrival.mailbox_ids) == members and len(arrival.mailbox_ids) == 2


def test_what_nobody_on_a_list_would_get_is_not_said_to_be_kept(
    cast: Cast, group: DistributionList
) -> None:
    Mailbox.objects.filter(account__in=[cast.amina, cast.chiara]).update(is_open=False)
    refused = take("bruno@transport.example", ALL, "hana@transport.example")
    assert refused == [Refusal.NOBODY_ON_LIST, None]
    assert Arrival.objects.get().mailbox_ids == [cast.mailbox_of(cast.hana).pk]


def test_closed_members_are_left_out(cast: Cast, group: DistributionList) -> None:
    Mailbox.objects.filter(account=cast.chiara).update(is_open=False)
    assert take("bruno@transport.example", ALL) == [None]
    assert Arrival.objects.get().mailbox_ids == [cast.mailbox_of(cast.amina).pk]


def test_the_whole_agency_is_whoever_holds_a_post_there_on_the_day(
    cast: Cast, group: DistributionList
) -> None:
    group.whole_agency = True
    group.members.clear()
    group.save()
    assert cast.bruno.official is not None
    cast.bruno.official.assignments.update(valid_to="2020-01-01")
    assert take("amina@transport.example", ALL) == [None]
    present = boxes(cast.mailbox_of(cast.amina), cast.mailbox_of(cast.hana))
    assert set(Arrival.objects.get().mailbox_ids) == present


@pytest.mark.parametrize(
    ("senders", "author", "may"),
    [
        (Senders.ANYBODY, "dara@elsewhere.example", True),
        (Senders.INSIDE, "chiara@interior.example", True),
        (Senders.INSIDE, "somebody@interior.example", True),
        (Senders.INSIDE, "dara@elsewhere.example", False),
        (Senders.AGENCY, "bruno@transport.example", True),
        (Senders.AGENCY, "chiara@interior.example", False),
        (Senders.AGENCY, "nobody@transport.example", False),
        (Senders.MEMBERS, "chiara@interior.example", True),
        (Senders.MEMBERS, "bruno@transport.example", False),
    ],
)
def test_who_may_write_to_a_list(
    group: DistributionList, senders: str, author: str, may: bool
) -> None:
    group.senders = senders
    group.save()
    now = timezone.now()
    # The return path may be another than the author; it is the author who counts.
    recipient = find(ALL, now=now)
    incoming = Incoming("bruno@transport.example", [ALL], [recipient])
    (refusal,) = receive(letter(author), incoming, now=now, nudge=lambda _: None)
    assert (refusal is None) == may
    assert Arrival.objects.exists() == may


def test_an_author_nobody_vouches_for_is_refused(group: DistributionList) -> None:
    assert take("bruno@transport.example", ALL, proven=False) == [Refusal.NOT_FOR_LIST]
    assert not Arrival.objects.exists()


def test_a_verdict_with_a_strangers_name_is_none(group: DistributionList, settings: object) -> None:
    settings.AUTHSERV_ID = "mx.another.test"  # type: ignore[attr-defined]
    assert take("bruno@transport.example", ALL) == [Refusal.NOT_FOR_LIST]
    settings.AUTHSERV_ID = ""  # type: ignore[attr-defined]
    assert take("bruno@transport.example", ALL) == [Refusal.NOT_FOR_LIST]


@pytest.mark.parametrize(
    "trick",
    [
        b"From: bruno@transport.example, evil@elsewhere.example\r\n",
        b"From: bruno@transport.example\r\nFrom: evil@elsewhere.example\r\n",
        b"Subject: nobody\r\n",
    ],
)
def test_not_exactly_one_author_is_no_author(group: DistributionList, trick: bytes) -> None:
    results = f"Authentication-Results: {MTA}; dkim=pass header.d=transport.example\r\n"
    now = timezone.now()
    recipient = find(ALL, now=now)
    incoming = Incoming("bruno@transport.example", [ALL], [recipient])
    raw = results.encode() + trick + b"\r\nx\r\n"
    assert receive(raw, incoming, now=now, nudge=lambda _: None) == [Refusal.NOT_FOR_LIST]


def test_agencies_below_count_as_the_agency(cast: Cast) -> None:
    below = Agency.objects.create(name_th="กรม", parent=cast.transport, letter_code="คค ๑")
    assert is_at_or_below(below.pk, cast.transport.pk)
    assert not is_at_or_below(cast.transport.pk, below.pk)
    Agency.objects.filter(pk=cast.transport.pk).update(parent=below)  # by a mistake of somebody
    assert not is_at_or_below(below.pk, cast.interior.pk)


def ends(answers: Sequence[str]) -> list[str]:
    return [answer[:9] for answer in answers]


@pytest.mark.django_db(transaction=True)
def test_at_the_door_a_list_that_refuses_does_not_hold_up_the_others(
    cast: Cast, group: DistributionList, key_set: dict[Role, StoredKeyring], tmp_path: Path
) -> None:
    with running(key_set["lmtp"], tmp_path, AUTHSERV_ID=MTA) as lmtpd:
        caller = lmtpd.call()
        caller.hello()
        for proven, answer in ((False, "550 5.7.1"), (True, "250 2.0.0")):
            caller.say("MAIL FROM:<bruno@transport.example>")
            caller.say("RCPT TO:<hana@transport.example>", f"RCPT TO:<{ALL}>", "DATA")
            caller.send(letter("bruno@transport.example", proven=proven) + b".\r\n")
            assert ends([caller.reply(), caller.reply()]) == ["250 2.0.0", answer]
        # Whether the address exists is no secret, and an MTA asks that way.
        assert caller.say("MAIL FROM:<>", f"RCPT TO:<{ALL}>", "RSET")[1].startswith("250")
        caller.close()
    assert sorted(len(one.mailbox_ids) for one in Arrival.objects.all()) == [1, 3]
