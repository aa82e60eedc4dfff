"""An office's own signatures, filters and absence: shared by those who write there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailbox import opening
from mailbox.filing.rules import Rule
from mailbox.models import Draft, FilterRule, Folder, Mailbox, Signature, Vacation
from mailbox.outbound import drafting
from mailbox.outbound.stationery import signatures
from mailbox.outbound.stationery.wording import Wording
from mailbox.standing import rules
from tests.cast import PASSWORD, Cast, signed_in
from tests.mailbox.orders import be_away, give_rule
from tests.mailbox.people.offices import delegate
from tests.mailbox.web.people.test_delegates import days
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db

PAGES = ("signatures", "filters", "filters/new", "vacation")
SHEET = {
    "name": "Piya",
    "needs": "all",
    "field": ["from"],
    "how": ["contains"],
    "value": ["piya"],
    "do": "save",
}


def away(**changes: str) -> dict[str, str]:
    today = timezone.localdate()
    asked = {**days("first", today), **days("last", today + timedelta(days=3))}
    return {**asked, "has_end": "1", "inside": "The registry is closed.", **changes}


def kept(box: Mailbox) -> Rule:
    rule = rules.opened(FilterRule.objects.get(mailbox=box), opening.mailbox_key(box))
    assert rule is not None
    return rule


def test_the_rail_of_an_office_leads_to_its_settings(registry: Mailbox, bruno: Client) -> None:
    page = bruno.get(f"/mail/{registry.pk}/inbox/").content.decode()

    assert f"/mail/{registry.pk}/signatures/" in page
    assert "Settings of this mailbox" not in bruno.get("/").content.decode()


def test_every_page_says_whose_settings_these_are(registry: Mailbox, bruno: Client) -> None:
    for page in PAGES:
        shown = bruno.get(f"/mail/{registry.pk}/{page}/").content.decode()
        assert "These are the settings of Central registry" in shown, page
        assert f"/mail/{registry.pk}/filters/" in shown, page
        assert "These are the settings" not in bruno.get(f"/mail/{page}/").content.decode()


def test_the_offices_signature_stands_in_the_offices_letters_alone(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    place = f"/mail/{registry.pk}/signatures/"
    values = {"name": "Registry", "text": "Central registry, room 1", "is_for_new": "on"}
    assert bruno.post(place, values)["Location"] == place
    begun = {
        box: bruno.post("/mail/compose/", {"mode": "new", "mailbox": box.pk})["Location"]
        for box in (registry, cast.mailbox_of(cast.bruno))
    }
    office_s, own = (
        drafting.open_draft(Draft.objects.get(pk=url.split("/")[3])) for url in begun.values()
    )

    assert "room 1" in office_s.html.for_frame() and "room 1" not in own.html.for_frame()


def test_a_signature_of_the_office_is_changed_and_deleted_there(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    found = signatures.keep(registry, Wording("x", "x"))
    values = {"name": "y", "text": "y"}
    bruno.post(f"/mail/signatures/{found.pk}/change/", values)
    (changed,) = signatures.signatures_of(registry, opening.mailbox_key(registry))
    answer = bruno.post(f"/mail/signatures/{found.pk}/delete/")

    assert changed.text == "y"
    assert answer["Location"] == f"/mail/{registry.pk}/signatures/"
    assert not Signature.objects.exists()


def test_the_offices_absence_is_its_own(cast: Cast, registry: Mailbox, bruno: Client) -> None:
    own = cast.mailbox_of(cast.bruno)
    be_away(own, timezone.now())
    place = f"/mail/{registry.pk}/vacation/"
    assert bruno.post(place, away())["Location"] == place
    inbox = bruno.get(f"/mail/{registry.pk}/inbox/").content.decode()
    assert f'action="{place}end/"' in inbox
    answer = bruno.post(f"{place}end/", {"back": "inbox"})

    assert answer["Location"] == f"/mail/{registry.pk}/inbox/"
    assert not Vacation.objects.get(mailbox=registry).is_enabled
    assert Vacation.objects.get(mailbox=own).is_enabled


def test_what_is_wrong_with_the_offices_absence_is_said_there(
    registry: Mailbox, bruno: Client
) -> None:
    answer = bruno.post(f"/mail/{registry.pk}/vacation/", away(inside=""))

    assert answer.status_code == 422 and "Central registry" in answer.content.decode()
    assert not Vacation.objects.exists()


def test_the_offices_filters_sort_the_offices_letters(registry: Mailbox, bruno: Client) -> None:
    place = f"/mail/{registry.pk}/filters/"
    answer = bruno.post(f"{place}new/", SHEET | {"move_to": "archive"})
    assert registry.account is not None
    (message,) = deliver(letter(), registry.account)

    assert answer["Location"] == place
    assert message.folder.kind == Folder.Kind.ARCHIVE
    row = FilterRule.objects.get()
    for path, values in (("switch", {"on": "0"}), ("move", {"to": "up"}), ("delete", {})):
        assert bruno.post(f"/mail/filters/{row.pk}/{path}/", values)["Location"] == place
    assert not FilterRule.objects.exists()


def test_a_filter_from_a_letter_of_the_office_is_the_offices(
    cast: Cast, registry: Mailbox, bruno: Client
) -> None:
    assert registry.account is not None
    (theirs,) = deliver(letter(), registry.account)
    (own,) = deliver(letter(), cast.bruno)
    pages = [bruno.get(f"/mail/message/{one.pk}/filter/").content.decode() for one in (theirs, own)]

    assert f'action="/mail/{registry.pk}/filters/new/"' in pages[0]
    assert 'action="/mail/filters/new/"' in pages[1]


def test_a_delegate_who_writes_shares_them_but_forwards_nothing(
    cast: Cast, registry: Mailbox
) -> None:
    delegate(registry, cast.amina, may_write=True)
    amina, place = signed_in(cast.amina), f"/mail/{registry.pk}/filters/new/"
    forwards = SHEET | {"forward_to": "amina@transport.example", "password": PASSWORD}
    refused = amina.post(place, forwards)

    assert refused.status_code == 422 and "heads the office" in refused.content.decode()
    assert not FilterRule.objects.exists()
    assert amina.post(place, SHEET | {"deed": "star"}).status_code == 302
    assert amina.post(f"/mail/{registry.pk}/vacation/", away()).status_code == 302


def test_a_delegate_switches_no_forwarding_on(cast: Cast, registry: Mailbox) -> None:
    delegate(registry, cast.amina, may_write=True)
    row = give_rule(registry, forward_to=("amina@transport.example",))
    rules.switch(row, on=False)
    amina = signed_in(cast.amina)

    assert amina.post(f"/mail/filters/{row.pk}/switch/", {"on": "1"}).status_code == 422
    row.refresh_from_db()
    assert not row.is_enabled


def test_who_holds_the_office_has_its_mail_forwarded(registry: Mailbox, bruno: Client) -> None:
    forwards = SHEET | {"forward_to": "amina@transport.example", "password": PASSWORD}

    assert bruno.post(f"/mail/{registry.pk}/filters/new/", forwards).status_code == 302
    assert kept(registry).deeds.forward_to == ("amina@transport.example",)


@pytest.mark.parametrize("page", PAGES)
def test_for_who_may_not_write_there_they_do_not_exist(
    cast: Cast, registry: Mailbox, page: str
) -> None:
    delegate(registry, cast.amina)
    path = f"/mail/{registry.pk}/{page}/"
    for somebody in (cast.amina, cast.chiara, cast.hana):
        client = signed_in(somebody)
        assert client.get(path).status_code == 404
        # The list of filters takes no POST, whoever asks.
        assert client.post(path, away()).status_code == (405 if page == "filters" else 404)


@pytest.mark.parametrize("page", PAGES)
def test_a_colleagues_own_settings_are_theirs_whatever_their_delegate_may_do(
    cast: Cast, bruno: Client, page: str
) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True, may_send_as=True)
    rule, signature = give_rule(box, star=True), signatures.keep(box, Wording("x", "x"))

    assert bruno.get(f"/mail/{box.pk}/{page}/").status_code == 404
    assert bruno.get(f"/mail/filters/{rule.pk}/").status_code == 404
    assert bruno.post(f"/mail/signatures/{signature.pk}/delete/").status_code == 404


def test_a_delegate_sees_that_somebody_is_away_and_does_not_end_it(
    cast: Cast, bruno: Client
) -> None:
    box = cast.mailbox_of(cast.amina)
    be_away(box, timezone.now())
    delegate(box, cast.bruno, may_write=True)
    page = bruno.get(f"/mail/{box.pk}/inbox/").content.decode()

    assert "The absence reply is on" in page and "vacation/end/" not in page
