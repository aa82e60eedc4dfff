from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailbox import opening
from mailbox.filing.rules import Condition, Deeds, Rule
from mailbox.inbound import permissions
from mailbox.models import FilterRule, Folder, ForwardPermission, Labelling, Mailbox, Message
from mailbox.reading import labels
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.standing import rules
from tests.cast import PASSWORD, Cast, signed_in
from tests.mailbox.orders import give_rule
from tests.mailbox.post import counts
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db

NEW = "/mail/filters/new/"


@pytest.fixture
def amina(cast: Cast) -> Client:
    return signed_in(cast.amina)


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def sheet(**changes: Any) -> dict[str, Any]:
    """What the page of a filter sends: letters of Piya go to the archive."""
    return {
        "name": "Piya",
        "needs": "all",
        "field": ["from", "subject", "from"],
        "how": ["contains", "contains", "contains"],
        "value": ["piya", "", ""],
        "move_to": "archive",
        "do": "save",
    } | changes


def kept(box: Mailbox) -> Rule:
    rule = rules.opened(FilterRule.objects.get(), opening.mailbox_key(box))
    assert rule is not None
    return rule


def test_a_filter_is_written_and_followed(amina: Client, box: Mailbox, cast: Cast) -> None:
    assert amina.post(NEW, sheet()).status_code == 302
    (message,) = deliver(letter(), cast.amina)
    assert message.folder.kind == Folder.Kind.ARCHIVE
    page = amina.get("/mail/filters/").content.decode()
    assert "Sender contains “piya”" in page and "move to Archived" in page


def test_every_part_of_a_filter_comes_back_to_its_page(amina: Client, box: Mailbox) -> None:
    own = Folder.objects.create(mailbox=box, name="งบ")
    label = labels.create(box, "เร่ง", opening.mailbox_key(box))
    sent = sheet(
        needs="any",
        field=["from", "to", "subject"],
        how=["domain", "is", "contains"],
        value=["ocsc.example", "plan@transport.example", "ประชุม ๕"],
        mark=["attachment", "list"],
        larger="๒.5",
        move_to=own.slug,
        label=[str(label.pk)],
        deed=["star", "read", "stop"],
    )
    assert amina.post(NEW, sent).status_code == 302
    assert kept(box) == Rule(
        "Piya",
        needs_all=False,
        conditions=(
            Condition("from", "domain", "ocsc.example"),
            Condition("to", "is", "plan@transport.example"),
            Condition("subject", "contains", "ประชุม ๕"),
            Condition("attachment"),
            Condition("list"),
            Condition("larger", "", str(5 * 1024 * 1024 // 2)),
        ),
        deeds=Deeds(own.slug, (str(label.pk),), star=True, read=True, stop=True),
    )
    page = amina.get(reverse("mailbox:filter", args=[FilterRule.objects.get().pk]))
    again = page.context["sheet"]
    assert again.rule == kept(box) and again.larger == "2.5"
    assert "ประชุม ๕" in page.content.decode()


@pytest.mark.parametrize(
    "nothing",
    [{"value": ["", " ", ""]}, {"move_to": ""}, {"value": ["@", "", ""], "how": ["domain"] * 3}],
)
def test_a_filter_that_says_nothing_is_not_kept(amina: Client, nothing: dict[str, Any]) -> None:
    answer = amina.post(NEW, sheet(**nothing))
    assert answer.status_code == 422
    assert "at least one condition" in answer.content.decode()
    assert not FilterRule.objects.exists()


def test_what_is_typed_stays_data(amina: Client, box: Mailbox, cast: Cast) -> None:
    nasty = 'x"\r\n# rule:[evil]\r\nredirect "a@evil.example";\0<script>alert(1)</script>'
    amina.post(NEW, sheet(name=nasty, value=[nasty, "", ""]))
    assert kept(box).name == nasty and kept(box).deeds == Deeds("archive")
    page = amina.get("/mail/filters/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_it_shows_which_of_the_newest_letters_it_would_catch(amina: Client, cast: Cast) -> None:
    deliver(letter("Budget"), cast.amina)
    deliver(letter("Lunch", sender="Dara <dara@elsewhere.example>"), cast.amina)
    page = amina.post(NEW, sheet(do="preview")).content.decode()
    assert "1 of the newest 200 letters" in page and "Budget" in page and "Lunch" not in page
    assert not FilterRule.objects.exists()


def test_the_letters_it_was_tried_on_are_sorted_too_and_can_be_put_back(
    amina: Client, box: Mailbox, cast: Cast
) -> None:
    label = labels.create(box, "งบ", opening.mailbox_key(box))
    (caught,) = deliver(letter("Budget"), cast.amina)
    deliver(letter("Lunch", sender="Dara <dara@elsewhere.example>"), cast.amina)
    sent = sheet(label=[str(label.pk)], deed=["star", "read"], forward_to=cast.bruno.address)
    sent |= {"also": "1", "password": PASSWORD}
    assert amina.post(NEW, sent)["Location"] == "/"

    caught.refresh_from_db()
    assert (caught.folder.kind, caught.is_starred, caught.is_read) == ("archive", True, True)
    assert counts(box) == {"archive": (1, 0), "inbox": (1, 1)}
    assert Labelling.objects.get().thread == caught.thread
    assert not Message.objects.exclude(mailbox=box).exists(), "nothing is forwarded backwards"

    toast = amina.get("/").context["toast"]
    amina.post(reverse("mailbox:undo", args=[box.pk]), {"change": toast["change"]})
    assert counts(box) == {"inbox": (2, 2)} and not Labelling.objects.exists()


def test_one_more_line_keeps_what_is_written(amina: Client) -> None:
    values = ["piya", "a", "b"]
    page = amina.post(NEW, sheet(do="more", value=values))
    lines = page.context["sheet"].lines
    assert [line.value for line in lines][:3] == values and len(lines) > 3


def test_a_letter_gives_its_sender_to_a_new_filter(amina: Client, cast: Cast) -> None:
    (message,) = deliver(letter(), cast.amina)
    page = amina.get(reverse("mailbox:filter-from-letter", args=[message.pk]))
    assert page.context["sheet"].rule.conditions == (
        Condition("from", "is", "piya@university.test"),
    )


def test_filters_are_ordered_switched_and_deleted(amina: Client, box: Mailbox) -> None:
    first, second = give_rule(box, star=True), give_rule(box, read=True)
    amina.post(reverse("mailbox:filter-move", args=[second.pk]), {"to": "up"})
    assert list(box.filter_rules.all()) == [second, first]
    amina.post(reverse("mailbox:filter-move", args=[second.pk]), {"to": "up"})
    amina.post(reverse("mailbox:filter-move", args=[second.pk]), {"to": "down"})
    assert list(box.filter_rules.all()) == [first, second]

    amina.post(reverse("mailbox:filter-switch", args=[first.pk]), {"on": "0"})
    first.refresh_from_db()
    assert not first.is_enabled
    amina.post(reverse("mailbox:filter-switch", args=[first.pk]), {"on": "1"})
    first.refresh_from_db()
    assert first.is_enabled
    amina.post(reverse("mailbox:filter-delete", args=[first.pk]))
    assert list(box.filter_rules.all()) == [second]


def test_a_filter_that_does_not_open_can_be_deleted_and_hides_none(
    amina: Client, box: Mailbox
) -> None:
    broken = give_rule(box, star=True)
    give_rule(box, read=True)
    FilterRule.objects.filter(pk=broken.pk).update(sealed_for_owner=b"\x01 nothing")
    page = amina.get("/mail/filters/").content.decode()
    assert "cannot be opened" in page and "mark as read" in page
    assert amina.get(reverse("mailbox:filter", args=[broken.pk])).status_code == 404
    assert amina.post(reverse("mailbox:filter-delete", args=[broken.pk])).status_code == 302


# --- Forwarding -----------------------------------------------------------


def test_forwarding_asks_for_the_password_and_is_shown_ever_after(
    amina: Client, box: Mailbox, cast: Cast
) -> None:
    sent = sheet(forward_to=cast.bruno.address.upper())
    asked = amina.post(NEW, sent)
    assert asked.status_code == 403 and asked.context["sheet"].rule.name == "Piya"
    assert amina.post(NEW, sent | {"password": "wrong wrong wrong"}).status_code == 403
    assert not FilterRule.objects.exists()
    assert cast.bruno.address not in str(dict(amina.session))

    assert amina.post(NEW, sent | {"password": PASSWORD}).status_code == 302
    assert kept(box).deeds.forward_to == (cast.bruno.address,)
    for page in ("/mail/filters/", reverse("accounts:security")):
        said = amina.get(page).content.decode()
        assert "Some of your mail is forwarded" in said and cast.bruno.address in said
    deliver(letter(), cast.amina, cast.hana)
    assert Message.objects.filter(mailbox=cast.mailbox_of(cast.bruno)).count() == 1


def test_a_forwarding_filter_is_neither_widened_nor_switched_on_without_the_password(
    amina: Client, box: Mailbox, cast: Cast
) -> None:
    row = give_rule(box, forward_to=(cast.bruno.address,))
    rules.switch(row, on=False)
    page = reverse("mailbox:filter", args=[row.pk])
    assert amina.post(page, sheet(forward_to=cast.bruno.address)).status_code == 403
    answer = amina.post(reverse("mailbox:filter-switch", args=[row.pk]), {"on": "1"})
    assert answer["Location"] == page
    row.refresh_from_db()
    assert not row.is_enabled
    assert amina.post(page, sheet()).status_code == 302, "to end forwarding needs none"


@pytest.mark.parametrize("who", ["chiara", "amina", "nobody@transport.example", "x@y.example"])
def test_only_colleagues_of_ones_own_agency_are_forwarded_to(
    amina: Client, cast: Cast, who: str
) -> None:
    address = who if "@" in who else getattr(cast, who).address
    answer = amina.post(NEW, sheet(forward_to=address, password=PASSWORD))
    assert answer.status_code == 422 and not FilterRule.objects.exists()


# --- Keys -----------------------------------------------------------------


def test_the_web_tier_reads_its_own_half_and_the_worker_the_other(
    box: Mailbox, key_set: dict[Role, StoredKeyring]
) -> None:
    from mailbox.errors import KeyMissing
    from mailbox.filing.courses import open_for_worker

    with using(key_set["web"]):
        row = give_rule(box, star=True)
        assert rules.opened(row, opening.mailbox_key(box)) is not None
        with pytest.raises(KeyMissing):
            open_for_worker(row)
    with using(key_set["worker"]):
        assert open_for_worker(row).deeds.star
        with pytest.raises(KeyMissing):
            opening.mailbox_key(box)


def test_nothing_of_a_filter_is_readable_at_rest(box: Mailbox) -> None:
    row = give_rule(box, Condition("subject", "contains", "canary"), star=True)
    row.refresh_from_db()
    for sealed in (bytes(row.sealed_for_owner), bytes(row.sealed_for_ingest)):
        assert b"canary" not in sealed and "ดารา".encode() not in sealed
    assert row.updated_at <= timezone.now()


def test_the_owner_sees_where_their_mail_goes_outside_and_until_when(
    amina: Client, box: Mailbox, cast: Cast
) -> None:
    page = "/mail/filters/"
    assert "Nothing of this mailbox is sent outside" in amina.get(page).content.decode()
    now = timezone.now()
    leave = permissions.grant(
        box,
        "amina@else.example",
        reason="abroad",
        until=now + timedelta(days=3),
        by=cast.bruno,
        now=now,
    )
    shown = amina.get(page).content.decode()
    assert "amina@else.example" in shown and "abroad" in shown
    ForwardPermission.objects.update(sealed_for_owner=b"spoiled")
    assert "cannot be opened" in amina.get(page).content.decode()
    permissions.end(leave, now=now)
    assert "Nothing of this mailbox is sent outside" in amina.get(page).content.decode()


def test_nobody_else_sees_where_mail_goes_outside(box: Mailbox, cast: Cast) -> None:
    now = timezone.now()
    until = now + timedelta(days=3)
    permissions.grant(
        box, "amina@else.example", reason="abroad", until=until, by=cast.bruno, now=now
    )
    for who in (cast.bruno, cast.chiara):
        assert "amina@else" not in signed_in(who).get("/mail/filters/").content.decode()
