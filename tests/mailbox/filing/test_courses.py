from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from mailbox import opening
from mailbox.filing.courses import MOST_HOPS
from mailbox.filing.mailboxes import open_mailbox
from mailbox.filing.rules import Condition
from mailbox.filing.shredding import shred
from mailbox.models import FilterRule, Folder, Label, Labelling, Mailbox, Message
from mailbox.sealing import infos
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast, person
from tests.mailbox.orders import give_rule
from tests.mailbox.post import counts, file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db

ATTACHED = Condition("attachment")
NO_FOLDER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def bruno(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.bruno)


def a_label(mailbox: Mailbox) -> Label:
    pk, key = uuid4(), opening.mailbox_key(mailbox)
    name = opening.seal_own({"name": "งาน"}, key, purpose="label", row_id=pk)
    return Label.objects.create(pk=pk, mailbox=mailbox, sealed_name=name)


def test_a_letter_goes_where_its_rule_says_labelled_starred_and_read(amina: Mailbox) -> None:
    folder, label = Folder.objects.create(mailbox=amina, name="ดารา"), a_label(amina)
    give_rule(amina, move_to=str(folder.pk), labels=(str(label.pk),), star=True, read=True)
    file_raw(raw_letter(), [amina])

    message = Message.objects.get()
    assert (message.folder, message.is_starred, message.is_read) == (folder, True, True)
    assert Labelling.objects.get().thread == message.thread
    assert counts(amina) == {folder.slug: (1, 0)}


@pytest.mark.parametrize("place", ["archive", "spam", "trash"])
def test_a_place_of_the_portal_can_be_named(amina: Mailbox, place: str) -> None:
    give_rule(amina, move_to=place)
    file_raw(raw_letter(), [amina])
    message = Message.objects.get()
    assert counts(amina) == {place: (1, 1)}
    # The bin keeps it for its 30 days, and knows where to put it back.
    in_bin = place == "trash"
    assert (message.trashed_at is not None) is in_bin
    assert (message.trashed_from == folder_of(amina, "inbox")) is in_bin


def test_only_letters_the_rule_is_for_are_touched(amina: Mailbox, bruno: Mailbox) -> None:
    give_rule(amina, ATTACHED, move_to="archive")
    switched_off = give_rule(amina, move_to="spam")
    FilterRule.objects.filter(pk=switched_off.pk).update(is_enabled=False)
    file_raw(raw_letter(), [amina, bruno])
    assert counts(amina) == counts(bruno) == {"inbox": (1, 1)}


def test_rules_are_asked_in_their_order_until_one_says_stop(amina: Mailbox) -> None:
    give_rule(amina, move_to="archive", stop=True)
    give_rule(amina, move_to="spam", star=True)
    file_raw(raw_letter(), [amina])
    assert counts(amina) == {"archive": (1, 1)}
    assert not Message.objects.get().is_starred


@pytest.mark.parametrize("place", ["sent", "inbox", "snoozed", "nowhere", NO_FOLDER, "\0\r\n"])
def test_where_no_rule_may_move_the_letter_lies_in_the_inbox(amina: Mailbox, place: str) -> None:
    give_rule(amina, move_to=place, labels=(str(uuid4()), "no id"), star=True)
    file_raw(raw_letter(), [amina])
    assert counts(amina) == {"inbox": (1, 1)}
    assert Message.objects.get().is_starred and not Labelling.objects.exists()


def test_a_folder_or_a_label_of_somebody_else_is_none(amina: Mailbox, bruno: Mailbox) -> None:
    folder, label = Folder.objects.create(mailbox=bruno, name="บรูโน่"), a_label(bruno)
    give_rule(amina, move_to=str(folder.pk), labels=(str(label.pk),))
    file_raw(raw_letter(), [amina])
    assert counts(amina) == {"inbox": (1, 1)} and not Labelling.objects.exists()


@pytest.mark.parametrize(
    "damage",
    [
        {"sealed_for_ingest": b"\x01 no seal"},
        {"sealed_for_ingest": b""},
        {"ingest_key_id": "retired"},
    ],
)
def test_a_rule_that_does_not_open_is_passed_over(amina: Mailbox, damage: dict[str, Any]) -> None:
    broken = give_rule(amina, move_to="spam")
    give_rule(amina, star=True)
    FilterRule.objects.filter(pk=broken.pk).update(**damage)
    file_raw(raw_letter(), [amina])
    assert counts(amina) == {"inbox": (1, 1)} and Message.objects.get().is_starred


@pytest.mark.parametrize("said", [b"not json", b'{"name": 1}', b"\xff", b"[]"])
def test_a_rule_that_says_nonsense_is_passed_over(
    amina: Mailbox, keyring: StoredKeyring, said: bytes
) -> None:
    rule = give_rule(amina, move_to="spam")
    info = infos.for_rule(amina.pk, rule.pk)
    rule.ingest_key_id, rule.sealed_for_ingest = keyring.seal_to("ingest", said, info)
    rule.save()
    file_raw(raw_letter(), [amina])
    assert counts(amina) == {"inbox": (1, 1)}


def test_another_mailboxs_rule_does_not_open_in_this_one(amina: Mailbox, bruno: Mailbox) -> None:
    rule = give_rule(bruno, move_to="spam")
    FilterRule.objects.filter(pk=rule.pk).update(mailbox=amina)
    file_raw(raw_letter(), [amina])
    assert counts(amina) == {"inbox": (1, 1)}


def test_a_worker_follows_rules_and_the_web_tier_files_without_them(
    amina: Mailbox, key_set: dict[Role, StoredKeyring]
) -> None:
    give_rule(amina, move_to="archive")
    with using(key_set["worker"]):
        file_raw(raw_letter(), [amina])
    with using(key_set["web"]):
        file_raw(raw_letter(), [amina], at=later(1))
    assert counts(amina) == {"archive": (1, 1), "inbox": (1, 1)}


# --- Forwarding -----------------------------------------------------------


def test_a_colleague_gets_the_letter_too_and_once(
    cast: Cast, amina: Mailbox, bruno: Mailbox
) -> None:
    give_rule(amina, forward_to=(cast.bruno.address,))
    raw = raw_letter()
    assert file_raw(raw, [amina]) == 2
    assert file_raw(raw, [amina]) == 0
    assert file_raw(raw, [amina, bruno]) == 0
    assert counts(amina) == counts(bruno) == {"inbox": (1, 1)}
    assert len(set(Message.objects.values_list("content", flat=True))) == 1


def test_rules_that_forward_in_a_circle_end(cast: Cast, amina: Mailbox, bruno: Mailbox) -> None:
    give_rule(amina, forward_to=(cast.bruno.address,))
    give_rule(bruno, forward_to=(cast.amina.address,), move_to="archive")
    file_raw(raw_letter(), [amina])
    assert (counts(amina), counts(bruno)) == ({"inbox": (1, 1)}, {"archive": (1, 1)})


def test_a_chain_of_rules_has_an_end(cast: Cast, amina: Mailbox) -> None:
    chain = [amina]
    for number in range(MOST_HOPS + 2):
        names = (f"คน{number} ต่อ", f"Person{number} Next")
        account = person(f"n{number}", cast.transport, *names, post=("ครู", "Teacher"))
        give_rule(chain[-1], forward_to=(account.address,))
        chain.append(cast.mailbox_of(account))
    assert file_raw(raw_letter(), [amina]) == 1 + MOST_HOPS


@pytest.mark.parametrize("allowed", [False, True])
def test_another_agency_gets_nothing_unless_policy_allows(
    cast: Cast, amina: Mailbox, settings: Settings, allowed: bool
) -> None:
    settings.FORWARD_TO_OTHER_AGENCIES = True
    give_rule(amina, forward_to=(cast.chiara.address,))
    settings.FORWARD_TO_OTHER_AGENCIES = allowed
    assert file_raw(raw_letter(), [amina]) == 1 + allowed


def test_a_mailbox_that_was_closed_or_shredded_forwards_no_more(
    cast: Cast, amina: Mailbox, settings: Settings
) -> None:
    settings.FORWARD_TO_OTHER_AGENCIES = True
    give_rule(amina, forward_to=(cast.bruno.address,))
    Mailbox.objects.filter(pk=amina.pk).update(is_open=False)
    assert file_raw(raw_letter(), [amina]) == 1
    shred(amina)
    assert file_raw(raw_letter(), [amina], at=later(1)) == 0
    assert not FilterRule.objects.exists()


def test_a_closed_or_full_mailbox_and_an_address_outside_get_nothing(
    cast: Cast, amina: Mailbox, bruno: Mailbox
) -> None:
    give_rule(amina, forward_to=(cast.bruno.address,))
    Mailbox.objects.filter(pk=bruno.pk).update(is_open=False)
    assert file_raw(raw_letter(), [amina]) == 1
    Mailbox.objects.filter(pk=bruno.pk).update(is_open=True, quota_bytes=0)
    assert file_raw(raw_letter(), [amina], at=later(1)) == 1


def test_without_rules_a_batch_costs_one_statement_for_them(keyring: object) -> None:
    boxes = [open_mailbox(None, [f"n{number}@transport.example"]) for number in range(20)]
    with CaptureQueriesContext(connection) as queries:
        file_raw(raw_letter(), boxes, return_path="dara@elsewhere.example")
    said = [query["sql"] for query in queries]
    assert sum("mailbox_filterrule" in one for one in said) == 1
    assert sum("mailbox_vacation" in one for one in said) == 1
    assert not any("INSERT INTO mailbox_labelling" in one for one in said)


def test_with_rules_the_cost_does_not_grow_with_the_mailboxes(keyring: object) -> None:
    boxes = [open_mailbox(None, [f"n{number}@transport.example"]) for number in range(12)]
    for box in boxes:
        give_rule(box, move_to="archive", labels=(str(a_label(box).pk),))
    with CaptureQueriesContext(connection) as few:
        file_raw(raw_letter(), boxes[:2])
    with CaptureQueriesContext(connection) as many:
        file_raw(raw_letter(), boxes)
    assert len(many) == len(few)
