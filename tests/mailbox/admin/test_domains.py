"""Domains in the administration: keys within reach, and none of their private halves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Account, AgencyDomain, AuditEvent
from accounts.people.roles import MAIL_OFFICER
from mailbox.models import MailDomain, SigningKey
from mailbox.outbound.domains import dns, keys, signing
from tests.cast import Cast, signed_in
from tests.mailbox.outbound.domains.keys import RSA, domain_of, in_dns, in_use
from tests.mailbox.outbound.domains.resolvers import Resolver

LIST = reverse("admin:mailbox_signingkey_changelist")
ADD = reverse("admin:mailbox_signingkey_add")
State = SigningKey.State


@pytest.fixture
def resolver(settings: Settings) -> Iterator[Resolver]:
    with Resolver() as running:
        settings.DNS_RESOLVERS = [running.address]
        yield running
    signing.forget()


def made_mail_officer(account: Account) -> Client:
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=MAIL_OFFICER))
    return signed_in(account)


@pytest.fixture
def officer(cast: Cast) -> Client:
    """Bruno looks after the mail of his own agency."""
    return made_mail_officer(cast.bruno)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def page_of(key: SigningKey) -> str:
    return reverse("admin:mailbox_signingkey_change", args=[key.pk])


def done(client: Client, action: str, *chosen: SigningKey, **more: str) -> list[str]:
    """Do it to these, and return what is said."""
    sent = {"action": action, "_selected_action": [str(key.pk) for key in chosen], **more}
    answer: Any = client.post(LIST, sent, follow=True)
    assert answer.status_code == 200
    return [str(each) for each in answer.context["messages"]]


def test_a_key_is_made_and_its_record_is_there_to_paste(cast: Cast, officer: Client) -> None:
    sent = {"domain": domain_of(cast.transport).pk, "algorithm": RSA.value}
    answer = officer.post(ADD, sent)
    assert answer.status_code == 302, answer.content.decode()
    key = SigningKey.objects.get()
    shown = officer.get(page_of(key)).content.decode()
    assert dns.name_of(key) in shown and key.public_key in shown.replace("&#x3D;", "=")
    assert (key.state, bool(key.sealed_key)) == (State.NEW, True)
    event = AuditEvent.objects.get(kind="mailbox.signingkey")
    assert (event.act, event.actor, event.agency) == ("key_made", cast.bruno, cast.transport)
    # A second one would wait beside it.
    assert officer.post(ADD, sent).status_code == 200


def test_dns_is_looked_into_and_what_was_found_is_said(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    key = keys.make(domain_of(cast.transport), RSA, by=None, now=now)
    (missing,) = done(officer, "look_now", key)
    in_dns(key, resolver)
    (good,) = done(officer, "look_now", key)
    key.refresh_from_db()
    assert key.selector in missing and missing != good
    assert key.state == State.ACTIVE


def test_the_next_key_is_made_while_this_one_signs(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    done(officer, "make_successor", key)
    states = dict(SigningKey.objects.values_list("pk", "state"))
    assert states.pop(key.pk) == State.ACTIVE
    assert list(states.values()) == [State.NEW]


def test_a_key_is_withdrawn_after_a_question(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    asked: Any = officer.post(LIST, {"action": "withdraw", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert (asked.status_code, key.state) == (200, State.ACTIVE)
    done(officer, "withdraw", key, answered="yes")
    key.refresh_from_db()
    assert (key.state, bytes(key.sealed_key)) == (State.RETIRING, b"")
    assert AuditEvent.objects.filter(act="key_withdrawn", actor=cast.bruno).count() == 1
    (refused,) = done(officer, "say_over", key)
    key.refresh_from_db()
    assert refused and key.state == State.RETIRING


def test_nothing_of_a_key_is_typed_or_deleted(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    key = in_use(cast.transport, RSA, resolver, now)
    officer.post(page_of(key), {"selector": "forged", "state": "retired"})
    officer.post(reverse("admin:mailbox_signingkey_delete", args=[key.pk]), {"post": "yes"})
    assert SigningKey.objects.get().selector == key.selector


def test_another_agencys_keys_do_not_exist(
    cast: Cast, officer: Client, resolver: Resolver, now: datetime
) -> None:
    theirs = in_use(cast.interior, RSA, resolver, now)
    assert officer.get(page_of(theirs)).status_code == 404
    assert theirs.selector not in officer.get(LIST).content.decode()
    done(officer, "withdraw", theirs, answered="yes")
    sent = {"domain": domain_of(cast.interior).pk, "algorithm": "ed25519-sha256"}
    assert officer.post(ADD, sent).status_code == 200
    assert SigningKey.objects.get().state == State.ACTIVE


def test_an_hr_officer_finds_no_keys(cast: Cast) -> None:
    hana = signed_in(cast.hana)
    assert hana.get(reverse("admin:index")).status_code == 200
    assert hana.get(LIST).status_code == 404


def test_mail_for_nobody_goes_where_the_officer_says(cast: Cast, officer: Client) -> None:
    domain = domain_of(cast.transport)
    add = reverse("admin:mailbox_maildomain_add")
    sent = {"domain": domain.pk, "catch_all_address": cast.amina.address.upper()}
    assert officer.post(add, sent).status_code == 302
    mail = MailDomain.objects.get()
    assert mail.catch_all == cast.mailbox_of(cast.amina)
    told = AuditEvent.objects.get(kind="mailbox.maildomain")
    assert "@" not in str(told.details)

    page = reverse("admin:mailbox_maildomain_change", args=[mail.pk])
    assert cast.amina.address in officer.get(page).content.decode()
    stranger = officer.post(page, {"catch_all_address": cast.chiara.address})
    mail.refresh_from_db()
    assert stranger.status_code == 200 and mail.catch_all is not None
    assert officer.post(page, {"catch_all_address": ""}).status_code == 302
    mail.refresh_from_db()
    assert mail.catch_all is None


def test_a_domain_is_kept_as_mail_will_ask_for_it(cast: Cast) -> None:
    typed = AgencyDomain(agency=cast.interior, domain=" Sub.Interior.Example. ")
    typed.full_clean()
    assert typed.domain == "sub.interior.example"
    again = AgencyDomain(agency=cast.transport, domain="INTERIOR.example")
    with pytest.raises(ValidationError):
        again.full_clean()
