"""One row of every table of mail that the administration acts on, all of Amina's agency.

Whatever could be content bears the word CANARY: no event may hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Model
from django.utils import timezone

from accounts.models import Account
from mailbox.inbound import permissions
from mailbox.inbound.arrivals import take_in
from mailbox.models import (
    Arrival,
    Delegation,
    ForwardPermission,
    Gateway,
    GatewayHealth,
    SendingAllowance,
    SigningKey,
    Submission,
)
from mailbox.outbound.domains import keys
from mailbox.outbound.gateways import breaker
from mailbox.outbound.relay import relay
from mailbox.outbound.routing import seal_password
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.domains.keys import ED25519, domain_of
from tests.mailbox.outbound.test_relay import through
from tests.mailbox.people.offices import delegate
from tests.mailbox.post import raw_letter

CANARY = "canary"
OUTSIDE = f"{CANARY}@else.example"

Make = Callable[[Cast, Post, datetime], Model]
Check = Callable[[Model], bool]


def letter(cast: Cast, post: Post, now: datetime) -> Submission:
    """One that a gateway has put off, owed to somebody outside."""
    sent = post(to=[OUTSIDE], subject=CANARY, text=CANARY)
    later = FakeGateway(after_data=Verdict(451, f"later, {OUTSIDE}"))
    relay(sent, gateways=through(later), now=now)
    sent.refresh_from_db()
    return sent


def arrival(cast: Cast, post: Post, now: datetime) -> Arrival:
    """One that waits to be filed."""
    return take_in(
        raw_letter(CANARY),
        sender=OUTSIDE,
        mailboxes=[cast.mailbox_of(cast.amina).pk],
        recipients=[cast.amina.address],
        now=now,
        nudge=lambda _: None,
    )


def held(cast: Cast, post: Post, now: datetime) -> Arrival:
    found = arrival(cast, post, now)
    Arrival.objects.filter(pk=found.pk).update(due_at=None, held_at=now, held_reason="timeout")
    return found


def gateway(cast: Cast, post: Post, now: datetime) -> Gateway:
    """One that rests, with a password."""
    row = Gateway.objects.create(agency=cast.transport, name="g", host="127.0.0.1")
    seal_password(row, CANARY)
    breaker.bad(row.pk, Reason.LOGIN, now)
    return row


def key(cast: Cast, post: Post, now: datetime) -> SigningKey:
    """One that waits for its record."""
    return keys.make(domain_of(cast.transport), ED25519, by=None, now=now)


def active_key(cast: Cast, post: Post, now: datetime) -> SigningKey:
    found = key(cast, post, now)
    SigningKey.objects.filter(pk=found.pk).update(state=SigningKey.State.ACTIVE, active_from=now)
    return found


def over_key(cast: Cast, post: Post, now: datetime) -> SigningKey:
    found = key(cast, post, now)
    over = {"state": SigningKey.State.RETIRING, "retires_at": now - timedelta(days=1)}
    SigningKey.objects.filter(pk=found.pk).update(**over)
    return found


def leave(cast: Cast, post: Post, now: datetime) -> ForwardPermission:
    return permissions.grant(
        cast.mailbox_of(cast.amina),
        OUTSIDE,
        reason="x",
        until=now + timedelta(days=9),
        by=cast.bruno,
        now=now,
    )


def allowance(cast: Cast, post: Post, now: datetime) -> SendingAllowance:
    return SendingAllowance.objects.create(
        account=cast.amina,
        recipients_a_message=9_000,
        recipients_a_day=9_000,
        reason="x",
        until=now + timedelta(days=9),
        granted_by=cast.bruno,
    )


def delegation(cast: Cast, post: Post, now: datetime) -> Delegation:
    return delegate(cast.mailbox_of(cast.amina), cast.bruno)


def was_tried_again(row: Model) -> bool:
    found = Submission.objects.get(pk=row.pk)
    return found.due_at is not None and found.due_at <= timezone.now()


def was_given_up(row: Model) -> bool:
    found = Submission.objects.get(pk=row.pk)
    return found.expires_at == found.created_at


def was_redirected(row: Model) -> bool:
    return (
        Submission.objects.get(pk=row.pk).agency
        != Account.objects.get(address__startswith="amina").agency
    )


def is_held(row: Model) -> bool:
    return Arrival.objects.get(pk=row.pk).held_at is not None


def is_tested(row: Model) -> bool:
    """Whether a ticket for it is out."""
    return cache.get(f"gateway-tried:{row.pk}") is not None


def is_used_again(row: Model) -> bool:
    return GatewayHealth.objects.get(pk=row.pk).state == GatewayHealth.State.CLOSED


def was_looked_for(row: Model) -> bool:
    return SigningKey.objects.get(pk=row.pk).seen_at is not None


def has_successor(row: Model) -> bool:
    return SigningKey.objects.exclude(pk=row.pk).exists()


def signs_no_more(row: Model) -> bool:
    return SigningKey.objects.get(pk=row.pk).state == SigningKey.State.RETIRING


def is_retired(row: Model) -> bool:
    return SigningKey.objects.get(pk=row.pk).state == SigningKey.State.RETIRED


def has_ended(row: Model) -> bool:
    return type(row)._default_manager.get(pk=row.pk).ended_at is not None  # type: ignore[attr-defined]


# By "model.action": a row that is ready for it, and whether it was done.
ACTIONS: dict[str, tuple[Make, Check]] = {
    "submission.retry": (letter, was_tried_again),
    "submission.redirect": (letter, was_redirected),
    "submission.give_up": (letter, was_given_up),
    "arrival.try_again": (held, lambda row: not is_held(row)),
    "arrival.hold": (arrival, is_held),
    "gateway.test": (gateway, is_tested),
    "gateway.use_again": (gateway, is_used_again),
    "signingkey.look_now": (key, was_looked_for),
    "signingkey.make_successor": (active_key, has_successor),
    "signingkey.withdraw": (active_key, signs_no_more),
    "signingkey.say_over": (over_key, is_retired),
    "forwardpermission.end_now": (leave, has_ended),
    "sendingallowance.end_now": (allowance, has_ended),
    "delegation.end_now": (delegation, has_ended),
}
