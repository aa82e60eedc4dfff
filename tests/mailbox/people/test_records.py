"""A key whose record has gone from DNS: its mail officers are told, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Account, AuditEvent
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys
from mailbox.people import records
from tests.cast import Cast
from tests.mailbox.operating.conftest import made_officer
from tests.mailbox.outbound.domains.conftest import nothing_known, resolver
from tests.mailbox.outbound.domains.keys import RSA, in_dns, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver
from tests.mailbox.outbound.returning.conftest import in_inbox

__all__ = ["nothing_known", "resolver"]


def gone(key: SigningKey, resolver: Resolver, at: datetime) -> None:
    resolver.records.clear()
    keys.look(key, by=None, now=at)


def subjects(cast: Cast, account: Account) -> list[str]:
    return [one.subject for one in in_inbox(cast.mailbox_of(account))]


def acts() -> list[str]:
    told = AuditEvent.objects.filter(act__startswith="key_record").order_by("number")
    return list(told.values_list("act", flat=True))


def test_its_mail_officers_are_told_once_with_the_record_to_paste(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    officer, stranger = made_officer(cast.bruno), made_officer(cast.chiara)
    Account.objects.filter(pk=officer.pk).update(language="en")
    key = in_use(cast.transport, RSA, resolver, now)
    assert records.tell(now) == 0
    gone(key, resolver, now)
    assert [records.tell(now + timedelta(days=day)) for day in range(3)] == [1, 0, 0]

    (notice,) = in_inbox(cast.mailbox_of(officer))
    assert notice.subject == "The record of a key of transport.example is not in DNS"
    assert dns.name_of(key) in notice.text and dns.record_of(key) in notice.text
    assert not subjects(cast, stranger) and not subjects(cast, cast.amina)
    assert acts() == ["key_record_gone"]
    key.refresh_from_db()
    assert key.state == SigningKey.State.ACTIVE


def test_what_came_back_and_goes_again_is_told_again(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    officer = made_officer(cast.bruno)
    key = in_use(cast.transport, RSA, resolver, now)
    gone(key, resolver, now)
    assert records.tell(now) == 1
    in_dns(key, resolver)
    keys.look(key, by=None, now=now)
    assert records.tell(now + timedelta(days=1)) == 0
    gone(key, resolver, now)
    assert records.tell(now + timedelta(days=2)) == 1
    assert len(subjects(cast, officer)) == 2
    assert acts() == ["key_record_gone", "key_record_back", "key_record_gone"]


def test_a_moments_lapse_and_a_silent_dns_are_no_news(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    officer = made_officer(cast.bruno)
    key = in_use(cast.transport, RSA, resolver, now)
    gone(key, resolver, now)
    in_dns(key, resolver)
    assert records.tell(now) == 0
    SigningKey.objects.update(seen=SigningKey.Seen.AWAY)
    assert records.tell(now) == 0
    assert not acts() and not subjects(cast, officer)


def test_another_key_in_its_place_is_told_as_such_in_thai(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    officer = made_officer(cast.bruno)
    key = in_use(cast.transport, RSA, resolver, now)
    resolver.records[dns.name_of(key)] = ["v=DKIM1; k=rsa; p=AAAA"]
    keys.look(key, by=None, now=now)
    assert records.tell(now) == 1
    (notice,) = in_inbox(cast.mailbox_of(officer))
    assert "transport.example" in notice.text and dns.record_of(key) in notice.text


def test_without_an_officer_of_its_own_the_agency_aboves_are_told(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    officer = made_officer(cast.chiara)
    cast.transport.parent = cast.interior
    cast.transport.save()
    gone(in_use(cast.transport, RSA, resolver, now), resolver, now)
    assert records.tell(now) == 1
    assert len(subjects(cast, officer)) == 1


def test_a_key_that_signs_no_more_is_nobodys_worry(
    cast: Cast, resolver: Resolver, now: datetime
) -> None:
    made_officer(cast.bruno)
    key = in_use(cast.transport, RSA, resolver, now)
    keys.withdraw(key, by=None, now=now)
    gone(key, resolver, now)
    assert records.tell(now) == 0 and not acts()
