"""Forwarding outside by itself: by an officer's leave alone, once, and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import AgencyDomain
from govmail_portal.errors import PortalError
from mailbox.inbound import permissions
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import (
    Arrival,
    Delivery,
    DistributionList,
    ForwardPermission,
    Mailbox,
    Submission,
)
from mailbox.outbound.envelope import key_for_relay, open_address
from mailbox.outbound.relaying.signing import signed
from mailbox.outbound.work import Work
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.post import counts, raw_letter

pytestmark = pytest.mark.django_db

OUTSIDE = "amina.private@outside.example"
MTA = "mx.portal.test"


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    reader = ReadingProcess(seconds=30)
    yield reader
    reader.close()


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def leave(cast: Cast, amina: Mailbox, now: datetime) -> ForwardPermission:
    return grant(cast, amina, now)


def grant(cast: Cast, box: Mailbox, now: datetime, to: str = OUTSIDE) -> ForwardPermission:
    return permissions.grant(
        box,
        to,
        reason="คำสั่งที่ ๑๒/๒๕๖๙",
        until=now + timedelta(days=30),
        by=cast.hana,
        now=now - timedelta(minutes=1),
    )


def come(
    box: Mailbox, reader: ReadingProcess, raw: bytes, *, sender: str = "dara@elsewhere.example"
) -> None:
    arrival = take_in(
        raw,
        sender=sender,
        mailboxes=[box.pk],
        recipients=[],
        now=timezone.now(),
        nudge=lambda _: None,
    )
    assert file_arrival(Arrival.objects.get(pk=arrival.pk), reader=reader, now=timezone.now())


def work_on(submission: Submission) -> Work:
    return Work.begin(submission, timezone.now())


def test_without_leave_nothing_leaves(amina: Mailbox, reader: ReadingProcess) -> None:
    come(amina, reader, raw_letter())
    assert counts(amina) == {"inbox": (1, 1)}
    assert not Submission.objects.exists()


def test_with_leave_the_letter_goes_on_as_it_came_and_stays_here_too(
    amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission
) -> None:
    raw = raw_letter("ลับเฉพาะ")
    come(amina, reader, raw)
    assert counts(amina) == {"inbox": (1, 1)}
    submission = Submission.objects.get()
    assert submission.is_automatic and submission.due_at is not None
    work = work_on(submission)
    assert work.message.endswith(raw)
    assert b"Delivered-To: amina@transport.example\r\n" in work.message.removesuffix(raw)
    assert work.envelope.sender == "amina@transport.example"
    delivery = Delivery.objects.get()
    assert open_address(delivery, key_for_relay(submission)).address == OUTSIDE


def test_what_is_passed_on_is_never_signed_as_its_authors(
    amina: Mailbox,
    reader: ReadingProcess,
    leave: ForwardPermission,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forged = raw_letter().replace(b"dara@elsewhere.example", b"minister@transport.example")
    come(amina, reader, forged)
    monkeypatch.setattr("mailbox.outbound.domains.signing.signed", lambda *_, **__: b"signed")
    work = work_on(Submission.objects.get())
    assert signed(work) == work.message


def test_what_comes_twice_goes_on_once(
    amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission
) -> None:
    raw = raw_letter(name="one@x.example")
    come(amina, reader, raw)
    come(amina, reader, b"Received: from a by b; now\r\n" + raw)
    assert Submission.objects.count() == 1


def test_a_report_goes_on_without_a_return_path(
    amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission
) -> None:
    come(amina, reader, raw_letter(), sender="")
    assert work_on(Submission.objects.get()).envelope.sender == ""


@pytest.mark.parametrize(
    "circle",
    [
        b"Delivered-To: Amina@transport.example\r\n",
        b"Received: from a by b; now\r\n" * 31,
    ],
)
def test_a_letter_in_a_circle_ends_here(
    amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission, circle: bytes
) -> None:
    come(amina, reader, circle + raw_letter())
    assert counts(amina) == {"inbox": (1, 1)}
    assert not Submission.objects.exists()


def test_spam_is_not_passed_on(
    amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission, settings: object
) -> None:
    settings.AUTHSERV_ID = MTA  # type: ignore[attr-defined]  # the fixture of pytest-django
    ours = f"Authentication-Results: {MTA}; dkim=none\r\nX-Spam: Yes\r\n".encode()
    come(amina, reader, ours + raw_letter())
    assert counts(amina) == {"spam": (1, 1)}
    assert not Submission.objects.exists()


def test_leave_ends_when_it_is_over_or_ended_or_the_mailbox_is_closed(
    cast: Cast, amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission, now: datetime
) -> None:
    ForwardPermission.objects.update(until=now)
    come(amina, reader, raw_letter(name="a@x.example"))
    permissions.end(grant(cast, amina, now), now=now)
    come(amina, reader, raw_letter(name="b@x.example"))
    grant(cast, amina, now)
    Mailbox.objects.filter(pk=amina.pk).update(is_open=False)
    come(amina, reader, raw_letter(name="c@x.example"))
    assert not Submission.objects.exists()


def test_a_new_leave_takes_the_place_of_the_last(
    cast: Cast, amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission, now: datetime
) -> None:
    second = grant(cast, amina, now + timedelta(minutes=1), to="other@outside.example")
    assert list(ForwardPermission.objects.in_force(now + timedelta(hours=1))) == [second]


def test_who_may_see_where_mail_goes(
    amina: Mailbox, leave: ForwardPermission, key_set: dict[Role, StoredKeyring]
) -> None:
    assert permissions.open_for_owner(leave) == OUTSIDE
    with using(key_set["worker"]):
        assert permissions.open_for_worker(leave) == OUTSIDE
    stored = bytes(leave.sealed_address) + bytes(leave.sealed_for_owner)
    assert OUTSIDE.encode() not in stored


def test_an_address_sealed_for_another_mailbox_is_not_used(
    cast: Cast, amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission
) -> None:
    ForwardPermission.objects.update(mailbox=cast.mailbox_of(cast.bruno))
    come(cast.mailbox_of(cast.bruno), reader, raw_letter())
    assert counts(cast.mailbox_of(cast.bruno)) == {"inbox": (1, 1)}
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        *("bruno@transport.example", "all@interior.example", "hana+x@Transport.example"),
        *("no address", "a@b", "ดารา@outside.example", ""),
    ],
)
def test_leave_is_for_addresses_outside_alone(cast: Cast, amina: Mailbox, address: str) -> None:
    DistributionList.objects.create(
        agency=cast.interior, address="all@interior.example", name_th="ทุกคน"
    )
    with pytest.raises(permissions.NotOutside):
        grant(cast, amina, timezone.now(), to=address)


def test_what_has_come_inside_since_is_no_longer_forwarded_to(
    cast: Cast, amina: Mailbox, reader: ReadingProcess, leave: ForwardPermission
) -> None:
    AgencyDomain.objects.create(agency=cast.interior, domain="outside.example")
    come(amina, reader, raw_letter())
    assert counts(amina) == {"inbox": (1, 1)}
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("reason", "days"), [("  ", 1), ("x", 0), ("x", -1)])
def test_leave_needs_a_reason_and_an_end_ahead(
    cast: Cast, amina: Mailbox, now: datetime, reason: str, days: int
) -> None:
    until = now + timedelta(days=days)
    with pytest.raises(PortalError):
        permissions.grant(amina, OUTSIDE, reason=reason, until=until, by=cast.hana, now=now)
