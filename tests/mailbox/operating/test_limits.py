"""How many recipients a letter and a day may have: by role, more by an officer's allowance."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Account, AuditEvent, Position
from mailbox.models import DistributionList, Draft, Mailbox, SendingAllowance, SentOnDay, Submission
from mailbox.outbound.sending import limits
from mailbox.outbound.sending.limits import Limits, TooManyRecipients, TooManyToday
from mailbox.outbound.submission import send, undo
from tests.cast import Cast, gather, signed_in
from tests.mailbox.outbound.conftest import Write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(settings: Any) -> None:
    settings.RECIPIENTS_A_MESSAGE, settings.RECIPIENTS_A_DAY = 3, 5
    settings.OFFICE_RECIPIENTS_A_MESSAGE, settings.OFFICE_RECIPIENTS_A_DAY = 7, 9


def people(count: int) -> list[str]:
    return [f"p{number}@else.example" for number in range(count)]


def counted() -> list[int]:
    return list(SentOnDay.objects.values_list("recipients", flat=True))


def test_a_letter_to_too_many_stays_a_draft_and_says_why(
    write: Write, cast: Cast, now: datetime
) -> None:
    draft = write(to=people(2), bcc=["x@else.example", "y@else.example"])
    with pytest.raises(TooManyRecipients, match="may have 3 recipients; this one has 4,"):
        send(draft, by=cast.amina, now=now)
    assert not Submission.objects.exists() and counted() == []
    assert Draft.objects.unsent().filter(pk=draft.pk).exists()


def test_a_list_counts_as_its_members_and_is_given_back_as_such(
    write: Write, cast: Cast, now: datetime
) -> None:
    group = DistributionList.objects.create(
        agency=cast.transport, address="team@transport.example", name_th="ทีม", senders="inside"
    )
    group.members.set([cast.mailbox_of(cast.bruno), cast.mailbox_of(cast.hana)])
    sent = send(write(to=["Team@transport.example", *people(1)]), by=cast.amina, now=now)
    assert counted() == [3]
    with pytest.raises(TooManyRecipients, match="this one has 4, each member of a list counted"):
        send(write(to=["team@transport.example", *people(2)]), by=cast.amina, now=now)
    undo(sent, by=cast.amina, now=now)
    assert counted() == [0]
    DistributionList.objects.update(is_open=False)
    send(write(to=["team@transport.example"]), by=cast.amina, now=now)
    assert counted() == [1]


def test_a_day_has_its_limit_and_the_next_begins_anew(
    write: Write, cast: Cast, now: datetime
) -> None:
    noon = now.replace(hour=5)  # 12:00 in Thailand
    send(write(to=people(3)), by=cast.amina, now=noon)
    with pytest.raises(TooManyToday, match="5 recipients a day, and has written to 3 today"):
        send(write(to=people(3)), by=cast.amina, now=noon)
    send(write(to=people(2)), by=cast.amina, now=noon)
    # 23:30 in Thailand, then midnight.
    with pytest.raises(TooManyToday):
        send(write(to=people(1)), by=cast.amina, now=noon.replace(hour=16, minute=30))
    send(write(to=people(3)), by=cast.amina, now=noon.replace(hour=17, minute=0))
    assert sorted(counted()) == [3, 5]


def test_what_is_called_back_is_given_back(write: Write, cast: Cast, now: datetime) -> None:
    for _ in range(4):
        sent = send(write(to=people(3)), by=cast.amina, now=now)
        undo(sent, by=cast.amina, now=now)
    assert counted() == [0]


def test_an_office_may_write_to_more(cast: Cast, now: datetime) -> None:
    assert limits.limits_of(cast.bruno, now) == Limits(3, 5)
    cast.bruno.position = Position.objects.create(agency=cast.transport, title_th="สารบรรณ")
    assert limits.limits_of(cast.bruno, now) == Limits(7, 9)


def test_an_allowance_gives_more_until_it_ends(
    write: Write, cast: Cast, officer: Account, now: datetime
) -> None:
    allowance = SendingAllowance.objects.create(
        account=cast.amina,
        recipients_a_message=4,
        recipients_a_day=2,
        reason="x",
        until=now + timedelta(days=1),
    )
    assert limits.limits_of(cast.amina, now) == Limits(4, 5)
    send(write(to=people(4)), by=cast.amina, now=now)
    assert limits.limits_of(cast.amina, now + timedelta(days=1)) == Limits(3, 5)
    allowance.ended_at = now
    allowance.save()
    assert limits.limits_of(cast.amina, now) == Limits(3, 5)


def test_an_officer_gives_and_ends_an_allowance_within_reach(
    cast: Cast, officer: Account, now: datetime
) -> None:
    client, url = signed_in(officer), reverse("admin:mailbox_sendingallowance_add")
    values = {
        "account": cast.amina.address.upper(),
        "recipients_a_message": 50,
        "recipients_a_day": 100,
        "reason": "หนังสือเวียน",
        "until_0": (now + timedelta(days=2)).date(),
        "until_1": "12:00",
    }
    strange = {**values, "account": cast.chiara.address}
    assert "Nobody you look after" in client.post(url, strange).content.decode()
    past = {**values, "until_0": "2020-01-01"}
    assert "must lie ahead" in client.post(url, past).content.decode()
    assert client.post(url, values).status_code == 302
    allowance = SendingAllowance.objects.get()
    assert (allowance.account, allowance.granted_by) == (cast.amina, officer)
    assert limits.limits_of(cast.amina, now) == Limits(50, 100)
    chosen = {"action": "end_now", "_selected_action": [allowance.pk]}
    listed = reverse("admin:mailbox_sendingallowance_changelist")
    assert client.post(listed, chosen).status_code == 302
    assert limits.limits_of(cast.amina, now) == Limits(3, 5)
    assert list(AuditEvent.objects.order_by("number").values_list("act", flat=True)) == [
        "added",
        "end_now",
    ]


def test_another_agencys_officer_sees_no_allowance(
    cast: Cast, stranger: Account, now: datetime
) -> None:
    SendingAllowance.objects.create(
        account=cast.amina,
        recipients_a_message=4,
        recipients_a_day=4,
        reason="x",
        until=now + timedelta(days=1),
    )
    page = signed_in(stranger).get(reverse("admin:mailbox_sendingallowance_changelist"))
    assert "amina" not in page.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("keyring")
def test_windows_at_the_same_moment_cannot_both_take_the_last_places(now: datetime) -> None:
    box = Mailbox.objects.get(account=gather().amina)

    def take() -> bool:
        try:
            with transaction.atomic():
                limits.take(box, 1, now)
        except TooManyToday:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(), range(12)))
    assert sum(taken) == 5 and counted() == [5]
