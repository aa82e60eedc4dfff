"""P6: every URL with an id, walked from the URLconf, is 404 for whoever may not see it.

A pattern whose arguments have no sample here fails the walk, so that a new view
cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.middleware import OPEN_TO_ALL, SECOND_STEP
from accounts.models import Account
from accounts.signing_in import sessions
from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Delivery, Gateway, SenderChoice
from mailbox.opening import mailbox_key
from mailbox.outbound import drafting
from mailbox.outbound.composing import uploads
from mailbox.outbound.enclosures import attach, attach_picture
from mailbox.outbound.stationery import signatures, templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.outbound.submission import send
from mailbox.reading import labels
from mailbox.reading.deeds import jobs
from mailbox.reading.lists import List
from mailbox.reading.senders import choices
from mailbox.searching.recent import remember
from mailbox.web.answers import passes
from tests.accounts.provisioning.newcomers import used_link
from tests.cast import PASSWORD, Cast, person, signed_in
from tests.mailbox.orders import give_rule
from tests.mailbox.people.offices import delegate
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db

DOORS = ("/account/login/", "/account/second-factor/")


# An argument in a route, as a regular expression's group or in angle brackets.
_ARGUMENT = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """One pattern of the URLconf: its name, its text and its arguments' names."""

    name: str
    route: str
    arguments: tuple[str, ...]

    def filled(self, samples: dict[str, Any]) -> str:
        """The path with Amina's things in it; the test fails where one has no sample."""
        missing = [each for each in self.arguments if each not in samples]
        assert not missing, f"{self.name} ({self.route}) takes {missing}: add a sample to P6."
        path = _ARGUMENT.sub(lambda found: str(samples[found[1] or found[2]]), self.route)
        return "/" + re.sub(r"[\^$]", "", path)


def addresses() -> list[Address]:
    return [
        Address(
            ":".join([*spaces, pattern.name or "nameless"]),
            route,
            tuple(path or regex for regex, path in _ARGUMENT.findall(route)),
        )
        for pattern, route, spaces in _patterns(get_resolver())
    ]


def _patterns(
    resolver: URLResolver, route: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[tuple[URLPattern, str, tuple[str, ...]]]:
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            deeper = (*spaces, each.namespace) if each.namespace else spaces
            yield from _patterns(each, here, deeper)
        else:
            yield each, here, spaces


# Pages about people belong to officers, not to an official: test_p6_people walks them. An
# agency's public page and its own key's results know no session (tests/accounts/web/readiness).
ABOUT_PEOPLE = ("people/", "scim/", "readiness/", "api/readiness/")
WITH_ID = [
    each
    for each in addresses()
    if each.arguments
    and not each.name.startswith("admin:")
    and not each.route.startswith(ABOUT_PEOPLE)
]
ADMIN = [each for each in addresses() if each.name.startswith("admin:")]
CLOSED = [
    each
    for each in addresses()
    if each.name not in OPEN_TO_ALL | SECOND_STEP
    and not (each.arguments and each.route.startswith(ABOUT_PEOPLE))
]


@pytest.fixture
def aminas(cast: Cast) -> dict[str, Any]:
    """One of everything that is Amina's, by the name the URLs give it."""
    now = timezone.now()
    message = letter(text="http://192.0.2.1/", to=cast.amina.address)
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="a.gif")
    received = deliver(message, cast.amina)[0]
    box = cast.mailbox_of(cast.amina)
    draft = drafting.start(box, by=cast.amina, now=now)
    file = attach(draft, name="plan.pdf", type="application/pdf", data=b"%PDF-1.4")
    dot = attach_picture(draft, name="dot.png", data=b"\x89PNG\r\n\x1a\n")
    upload = uploads.begin(draft, name="half.bin", type="", size=10)
    sent = drafting.start(box, by=cast.amina, now=now)
    to = [{"address": cast.bruno.address}]
    drafting.save(sent, {"subject": "x", "text": "y", "to": to}, version=1, now=now)
    sent.refresh_from_db()
    submission = send(sent, by=cast.amina, now=now)
    choices.choose_paper(box, mailbox_key(box), "a@else.example", white=True)
    signed_in(cast.amina)
    label = labels.create(box, "งบประมาณ", mailbox_key(box))
    job = jobs.begin(List(box, label=label), "read", now=now)
    return {
        "label": label.pk,
        "job": job.pk,
        "mailbox": box.pk,
        "folder": "inbox",
        "thread": received.thread_id,
        "message": received.pk,
        "token": passes.issue(cast.amina.pk),
        "index": 0,
        "draft": draft.pk,
        "file": file.id,
        "number": dot.picture,
        "upload": upload.pk,
        "submission": submission.pk,
        "rule": give_rule(box, star=True).pk,
        "contact": contacts.keep(box, Card("x", ("x@else.example",))).pk,
        "group": groups.keep(box, "x").pk,
        "signature": signatures.keep(box, Wording("x", "x")).pk,
        "template": templates.keep(
            Wording("x", "x"), by=cast.amina, mailbox=box, is_shared=False
        ).pk,
        "search": remember(box, "x", private_key=mailbox_key(box), now=now).pk,
        "link": 0,
        "choice": SenderChoice.objects.get().pk,
        "first_key": used_link(cast.amina),
        "delegation": delegate(box, _delegate_of(cast)).pk,
        "session": sessions.of(cast.amina).values_list("public_id", flat=True)[0],
    }


def _delegate_of(cast: Cast) -> Account:
    """A colleague who is none of those that walk."""
    names = ("ดารา มีชัย", "Dara Meechai")
    return person("dara", cast.transport, *names, post=("เลขานุการ", "Secretary"))


@pytest.fixture
def admin_things(cast: Cast, aminas: dict[str, Any]) -> dict[str, Any]:
    """One row of each mail table the administration shows; object_id is set for each pattern."""
    box = cast.mailbox_of(cast.amina)
    now = timezone.now()
    arrival = take_in(
        b"\r\n", sender="", mailboxes=[box.pk], recipients=[], now=now, nudge=lambda _: None
    )
    gateway = Gateway.objects.create(agency=cast.transport, name="g", host="127.0.0.1")
    assert Arrival.objects.get() == arrival
    delivery = Delivery.objects.get(submission=aminas["submission"])
    return {
        "arrival": arrival.pk,
        "gateway": gateway.pk,
        "submission": aminas["submission"],
        "delivery": delivery.pk,
    }


def statuses(client: Client, path: str) -> set[int]:
    return {client.get(path).status_code, client.post(path).status_code}


def test_for_its_owner_every_address_is_there(cast: Cast, aminas: dict[str, Any]) -> None:
    client = signed_in(cast.amina)
    # No letter shows this attachment as a picture of its text.
    found = {
        each.name: client.get(each.filled(aminas)).status_code
        for each in WITH_ID
        if each.name != "mailbox:picture"
    }
    assert {name for name, status in found.items() if status == 404} == set()


@pytest.mark.parametrize("who", ["bruno", "chiara", "hana"])
def test_for_another_official_and_for_hr_none_exists(
    cast: Cast, aminas: dict[str, Any], who: str
) -> None:
    stranger: Account = getattr(cast, who)
    client = signed_in(stranger)
    samples = aminas | {"token": passes.issue(stranger.pk)}
    for address in WITH_ID:
        found = statuses(client, address.filled(samples))
        # Some pages take only one method; the other is refused before anything is looked up.
        assert 404 in found, (address, found)
        assert found <= {404, 405}, (address, found)


@pytest.mark.parametrize("over", ["ended_at", "valid_to"])
def test_for_a_delegate_whose_time_is_over_none_exists(
    cast: Cast, aminas: dict[str, Any], over: str
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    ends = {"ended_at": yesterday, "valid_to": timezone.localdate(yesterday)}
    rights = {"may_write": True, "may_send_as": True, "may_send_on_behalf": True}
    delegate(cast.mailbox_of(cast.amina), cast.bruno, **rights, **{over: ends[over]})
    client = signed_in(cast.bruno)
    samples = aminas | {"token": passes.issue(cast.bruno.pk)}
    for address in WITH_ID:
        found = statuses(client, address.filled(samples))
        assert 404 in found and found <= {404, 405}, (address, found)


def test_for_a_delegate_who_reads_nothing_changes(cast: Cast, aminas: dict[str, Any]) -> None:
    delegate(cast.mailbox_of(cast.amina), cast.bruno)
    client = signed_in(cast.bruno)
    samples = aminas | {"token": passes.issue(cast.bruno.pk)}
    for address in WITH_ID:
        answer = client.post(address.filled(samples))
        assert answer.status_code in (404, 405), (address, answer.status_code)


def test_nobody_reaches_no_page_but_the_door(cast: Cast, aminas: dict[str, Any]) -> None:
    client = Client()
    for address in CLOSED:
        path = address.filled(_anything(aminas))
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 302, (path, answer.status_code)
            assert answer["Location"].startswith(DOORS[0])


def test_a_pass_for_pictures_that_nobody_gave_opens_nothing(
    cast: Cast, aminas: dict[str, Any]
) -> None:
    picture = next(each for each in WITH_ID if each.name == "mailbox:picture")
    path = picture.filled(aminas | {"token": "made-up"})
    assert Client().get(path).status_code == 404


def test_before_the_second_factor_only_that_step_is_there(
    cast: Cast, aminas: dict[str, Any]
) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": cast.amina.address, "password": PASSWORD})
    for address in CLOSED:
        path = address.filled(_anything(aminas))
        for answer in (client.get(path), client.post(path)):
            assert (answer.status_code, answer.get("Location")) == (302, DOORS[1]), path


def test_for_an_official_the_administration_does_not_exist(
    cast: Cast, admin_things: dict[str, Any]
) -> None:
    client = signed_in(cast.bruno)
    for address in ADMIN:
        path = address.filled(_of_admin(admin_things, address))
        assert statuses(client, path) == {404}, path


def test_for_hr_the_administration_of_mail_does_not_exist(
    cast: Cast, admin_things: dict[str, Any]
) -> None:
    client = signed_in(cast.hana)
    for address in ADMIN:
        is_mail = address.name.startswith("admin:mailbox")
        # Who may use whose mailbox is a matter of people, within an officer's reach.
        if is_mail and not address.name.startswith("admin:mailbox_delegation"):
            path = address.filled(_of_admin(admin_things, address))
            assert statuses(client, path) == {404}, path


def test_a_view_without_a_sample_fails_the_walk(aminas: dict[str, Any]) -> None:
    forgotten = Address("mailbox:new", "mail/new/<uuid:something>/", ("something",))
    with pytest.raises(AssertionError, match="add a sample"):
        forgotten.filled(aminas)


def test_the_walk_meets_every_room_of_the_house() -> None:
    assert len(WITH_ID) > 20
    assert {each.name.partition(":")[0] for each in WITH_ID} == {"mailbox", "accounts"}
    assert any(each.name.startswith("admin:mailbox_") for each in ADMIN)


def _anything(samples: dict[str, Any]) -> dict[str, Any]:
    return samples | {
        "object_id": 1,
        "id": 1,
        "content_type_id": 1,
        "app_label": "mailbox",
        "url": "anything/",
    }


def _of_admin(things: dict[str, Any], address: Address) -> dict[str, Any]:
    model = address.name.removeprefix("admin:mailbox_").partition("_")[0]
    return _anything({}) | {"object_id": things.get(model, 1)}
