"""P11 for mail: every act of a mail officer, in the administration and on their own pages, leaves
an event without any content, and is refused to who has no right to it.

The walk takes every action of every page of mail from the registry, and every address below
/people/mail/ that takes a POST: one without a sample fails it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.audit import chain
from accounts.models import Account, AuditEvent
from accounts.people.roles import HR_OFFICER
from accounts.web.people import acts
from mailbox.models import Gateway, MailDomain
from mailbox.web.people.mail.urls import urlpatterns
from tests.cast import Cast, signed_in
from tests.mailbox.operating.conftest import made_officer
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.domains.keys import domain_of
from tests.promises.mail import rows
from tests.promises.mail.rows import ACTIONS, CANARY, OUTSIDE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_dns(settings: Settings) -> None:
    settings.DNS_RESOLVERS = ["nobody is asked"]
    cache.clear()


@pytest.fixture
def officer(cast: Cast) -> Account:
    """Bruno, as mail officer of the Ministry of Transport, below which there is a gateway more."""
    cast.interior.parent = cast.transport
    cast.interior.save()
    Gateway.objects.create(agency=cast.interior, name="other", host="127.0.0.1")
    # Delegations are a matter of people; all else a mail officer's role has by itself.
    cast.bruno.groups.add(Group.objects.get(name=HR_OFFICER))
    return made_officer(cast.bruno)


def actions() -> list[str]:
    return sorted(
        f"{model._meta.model_name}.{action if isinstance(action, str) else action.__name__}"
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "mailbox"
        for action in page.actions or ()
    )


def asked(action: str, row: Model, cast: Cast) -> tuple[str, dict[str, Any]]:
    """Where an action is posted, and what."""
    model, name = action.split(".")
    more = {"answered": "yes", "reason": "งานค้าง", "agency": cast.interior.pk}
    chosen = {"action": name, "_selected_action": [str(row.pk)]}
    return reverse(f"admin:mailbox_{model}_changelist"), {**chosen, **more}


def told_since(number: int) -> list[AuditEvent]:
    """The events since then: each of the chain's, with a name, and none with content in it."""
    named = dict(acts.labels())
    events = list(AuditEvent.objects.filter(number__gt=number))
    for event in events:
        said = f"{event.object_name} {event.object_id} {event.details}"
        assert event.act in named
        assert CANARY not in said and OUTSIDE not in said, event.act
    assert not list(chain.verify())
    return events


def newest() -> int:
    return AuditEvent.objects.count()


def test_every_action_of_mail_has_a_sample() -> None:
    assert actions() == sorted(ACTIONS)


@pytest.mark.parametrize("action", actions())
def test_every_action_is_done_and_leaves_an_event_without_content(
    cast: Cast, officer: Account, post: Post, now: datetime, action: str
) -> None:
    make, is_done = ACTIONS[action]
    row, before = make(cast, post, now), newest()
    url, values = asked(action, row, cast)
    answer = signed_in(officer).post(url, values)
    assert answer.status_code == 302
    events = told_since(before)
    assert [event.actor for event in events] == [officer] * len(events) != []
    assert is_done(row)


@pytest.mark.parametrize("who", ["amina", "hana", "chiara"])
@pytest.mark.parametrize("action", [each for each in actions() if "delegation" not in each])
def test_every_action_is_refused_to_who_has_no_right(
    cast: Cast, post: Post, now: datetime, action: str, who: str
) -> None:
    """Amina is an official, Hana an HR officer, Chiara the mail officer of another agency."""
    make, _is_done = ACTIONS[action]
    row, account = make(cast, post, now), getattr(cast, who)
    if who == "chiara":
        made_officer(account)
    before, was = newest(), _written(row)
    url, values = asked(action, row, cast)
    signed_in(account).post(url, values)
    assert (told_since(before), _written(row)) == ([], was)


def _written(row: Model) -> dict[str, Any]:
    found: dict[str, Any] = type(row)._default_manager.filter(pk=row.pk).values().get()
    return found


def test_nobody_acts_without_signing_in(cast: Cast, post: Post, now: datetime) -> None:
    for action, (make, _is_done) in ACTIONS.items():
        row = make(cast, post, now) if action.startswith("gateway.") else None
        if row is not None:
            url, values = asked(action, row, cast)
            assert Client().post(url, values).status_code == 302
    assert not AuditEvent.objects.filter(actor=None, act__startswith="gateway").exists()


# --- What is entered ----------------------------------------------------------


def entered(cast: Cast) -> dict[str, dict[str, Any]]:
    """What the forms of mail are answered, by the name of the model."""
    day = timezone.localdate() + timedelta(days=9)
    return {
        "gateway": {
            **{"agency": cast.transport.pk, "name": "g", "order": 1, "host": "127.0.0.1"},
            **{"port": 587, "security": "starttls", "mechanism": "any", "weight": 100},
            **{"most_connections": 10, "username": CANARY, "new_password": CANARY},
            **{"health-TOTAL_FORMS": 0, "health-INITIAL_FORMS": 0},
        },
        "signingkey": {"domain": domain_of(cast.transport).pk, "algorithm": "ed25519-sha256"},
        "maildomain": {
            "domain": domain_of(cast.transport).pk,
            "catch_all_address": cast.amina.address,
        },
        "distributionlist": {
            **{"agency": cast.transport.pk, "address": "all@transport.example"},
            **{"name_th": "ทุกคน", "senders": "inside", "is_open": "on"},
            "members_typed": cast.amina.address,
        },
        "sendingallowance": {
            **{"account": cast.amina.address, "recipients_a_message": 900},
            **{"recipients_a_day": 900, "reason": CANARY, "until_0": day, "until_1": "12:00"},
        },
        "forwardpermission": {
            **{"account": cast.amina.address, "outside": OUTSIDE, "reason": CANARY},
            **{"until_0": day, "until_1": "12:00"},
        },
    }


def forms() -> list[str]:
    """Models of mail that somebody may add to."""
    root = Account(is_superuser=True, is_staff=True, state=Account.State.ACTIVE)
    request: Any = type("Request", (), {"user": root})()
    return sorted(
        str(model._meta.model_name)
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "mailbox" and page.has_add_permission(request)
    )


def test_every_form_of_mail_has_a_sample(cast: Cast) -> None:
    assert forms() == sorted(entered(cast))


@pytest.mark.parametrize("model", forms())
def test_what_is_entered_is_told_and_not_what_it_says(
    cast: Cast, officer: Account, model: str
) -> None:
    values, before = entered(cast)[model], newest()
    answer = signed_in(officer).post(reverse(f"admin:mailbox_{model}_add"), values)
    assert answer.status_code == 302, answer.context["errors"]
    (event,) = told_since(before)
    assert (event.actor, event.agency) == (officer, cast.transport)
    assert cast.amina.address not in str(event.details)


@pytest.mark.parametrize("model", forms())
def test_nothing_is_entered_by_who_has_no_right(cast: Cast, model: str) -> None:
    values, made = entered(cast)[model], admin.site._registry
    page = next(each for each in made.values() if each.opts.model_name == model)
    stranger = made_officer(cast.chiara)
    for account in (cast.amina, cast.hana, stranger):
        signed_in(account).post(reverse(f"admin:mailbox_{model}_add"), values)
    assert not page.model._default_manager.exists()
    assert not AuditEvent.objects.exists()


def test_a_catch_all_that_is_changed_is_told_by_its_field(cast: Cast, officer: Account) -> None:
    domain = MailDomain.objects.create(domain=domain_of(cast.transport))
    url = reverse("admin:mailbox_maildomain_change", args=[domain.pk])
    signed_in(officer).post(url, {"catch_all_address": cast.amina.address})
    (event,) = told_since(0)
    assert (event.act, event.details["fields"]) == ("changed", ["catch_all_address"])
    assert cast.amina.address not in str(event.details)


# --- Their own pages ----------------------------------------------------------

Sent = tuple[list[Any], dict[str, Any]]


def _act(deed: str) -> Callable[[Cast, Post, datetime], Sent]:
    def made(cast: Cast, post: Post, now: datetime) -> Sent:
        row = rows.letter(cast, post, now)
        return [], {"deed": deed, "id": [row.pk], "reason": "x", "to": cast.interior.pk}

    return made


# By the address' name, and what is done where it does several things.
PAGES: dict[str, Callable[[Cast, Post, datetime], Sent]] = {
    "mail-queue-act retry": _act("retry"),
    "mail-queue-act redirect": _act("redirect"),
    "mail-queue-act give_up": _act("give_up"),
    "mail-queue-release": lambda *each: ([], {"id": [rows.held(*each).pk]}),
    "gateway-test": lambda *each: ([rows.gateway(*each).pk], {}),
    "gateway-use": lambda *each: ([rows.gateway(*each).pk], {}),
    "signing-key-new": lambda cast, *_: (
        [domain_of(cast.transport).pk],
        {"algorithm": "ed25519-sha256"},
    ),
    "signing-key-look": lambda *each: ([rows.key(*each).pk], {}),
}
# A look that finds no record changes nothing but when it was.
UNTOLD = {"signing-key-look"}


def test_every_address_of_mail_officers_that_takes_a_post_is_walked(
    cast: Cast, officer: Account, post: Post, now: datetime
) -> None:
    client, samples = signed_in(officer), {"gateway": 1, "domain": 1, "signing_key": 1}
    samples |= {"submission": rows.letter(cast, post, now).pk, "ticket": UUID(int=0)}
    taking = set()
    for each in urlpatterns:
        name = str(each.name)  # type: ignore[union-attr]  # patterns, no resolvers
        wanted = each.pattern.converters
        url = reverse(f"mailbox:{name}", kwargs={one: samples[one] for one in wanted})
        if client.post(url).status_code != 405:
            taking.add(name)
    assert taking == {name.split()[0] for name in PAGES}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_deed_of_the_pages_leaves_an_event_without_content(
    cast: Cast, officer: Account, post: Post, now: datetime, name: str
) -> None:
    arguments, values = PAGES[name](cast, post, now)
    before = newest()
    url = reverse(f"mailbox:{name.split()[0]}", args=arguments)
    assert signed_in(officer).post(url, values).status_code == 302
    events = told_since(before)
    assert (events == []) == (name in UNTOLD)
    assert {event.actor for event in events} <= {officer}


@pytest.mark.parametrize("who", ["amina", "hana", "chiara"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_deed_of_the_pages_is_refused_to_who_has_no_right(
    cast: Cast, post: Post, now: datetime, name: str, who: str
) -> None:
    arguments, values = PAGES[name](cast, post, now)
    before, account = newest(), getattr(cast, who)
    if who == "chiara":
        made_officer(account)
    answer = signed_in(account).post(reverse(f"mailbox:{name.split()[0]}", args=arguments), values)
    # The queue of another agency is there for its own officer, and holds none of these.
    assert answer.status_code == 404 or who == "chiara"
    assert told_since(before) == []
