"""Signatures and ready-made letters: sealed, safe, and each to whom it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import KeyMissing, SealBroken, StationeryTooLong
from mailbox.filing.rotation.rewrapping import rewrap
from mailbox.mime.plaintext import text_to_html
from mailbox.models import LetterTemplate, Signature
from mailbox.outbound.stationery import forced, signatures, templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.sealing import keyring
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.sealing.secrets import AccountSecrets
from tests.cast import Cast


def wording(text: str = "Amina\nPlanning", **values: str) -> Wording:
    return Wording.typed({"name": "Long", "text": text, **values})


def test_markup_is_made_safe_and_its_text_goes_with_it() -> None:
    made = wording(html='<p onclick="x">Amina <b>S.</b><script>alert(1)</script></p>')
    markup = made.markup.for_frame()
    assert "<b>S.</b>" in markup and "script" not in markup and "onclick" not in markup
    assert made.text == "Amina S."


def test_a_plain_text_has_markup_for_rich_letters_and_a_name_of_its_own_words() -> None:
    made = Wording.typed({"text": "Amina <S.>\r\nPlanning"})
    assert (made.name, made.text) == ("Amina <S.> Planning", "Amina <S.>\nPlanning")
    assert "Amina &lt;S.&gt;<br>Planning" in made.markup.for_frame() and not made.html


def test_what_is_far_too_long_is_refused() -> None:
    with pytest.raises(StationeryTooLong):
        wording("x" * 20_001)


def test_each_use_has_one_signature(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    key = opening.mailbox_key(box)
    assert signatures.for_letter(box, key, is_answer=False) is None
    long = signatures.keep(box, wording(), is_for_new=True, is_for_answers=True)
    signatures.keep(box, Wording.typed({"name": "Short", "text": "A."}), is_for_answers=True)
    for_new = signatures.for_letter(box, key, is_answer=False)
    for_answers = signatures.for_letter(box, key, is_answer=True)

    assert for_new is not None and for_new.id == long.pk and for_new.text == "Amina\nPlanning"
    assert for_answers is not None and for_answers.name == "Short"
    assert [one.name for one in signatures.signatures_of(box, key)] == ["Long", "Short"]


def test_signatures_open_for_their_mailbox_and_row_alone(
    cast: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    box = cast.mailbox_of(cast.amina)
    first, second = signatures.keep(box, wording()), signatures.keep(box, wording("B"))
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        opening.mailbox_key(box)
    Signature.objects.filter(pk=first.pk).update(sealed_body=second.sealed_body)
    with pytest.raises(SealBroken):
        signatures.signatures_of(box, opening.mailbox_key(box))


def shared_by(account: Account, cast: Cast, text: str = "Dear all") -> LetterTemplate:
    box = cast.mailbox_of(account)
    return templates.keep(wording(text), by=account, mailbox=box, is_shared=True)


def test_a_shared_template_is_read_in_the_office_and_nowhere_else(
    cast: Cast, key_set: dict[Role, StoredKeyring]
) -> None:
    shared_by(cast.amina, cast)
    box = cast.mailbox_of(cast.amina)
    templates.keep(wording("Mine"), by=cast.amina, mailbox=box, is_shared=False)

    def seen_by(account: Account) -> list[tuple[str, bool, bool]]:
        found = templates.readable_by(account, cast.mailbox_of(account))
        return [(one.wording.text, one.is_shared, one.may_change) for one in found]

    assert seen_by(cast.amina) == [("Mine", False, True), ("Dear all", True, True)]
    assert seen_by(cast.bruno) == [("Dear all", True, False)]
    assert seen_by(cast.chiara) == []
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        templates.readable_by(cast.bruno, cast.mailbox_of(cast.bruno))


def test_its_author_or_an_officer_with_the_permission_changes_a_shared_one(cast: Cast) -> None:
    shared = shared_by(cast.amina, cast)
    box = cast.mailbox_of(cast.bruno)
    with pytest.raises(NotYours):
        templates.keep(wording("x"), by=cast.bruno, mailbox=box, is_shared=True, template=shared)
    right = Permission.objects.get(codename="change_lettertemplate")
    cast.bruno.user_permissions.add(right)
    cast.chiara.user_permissions.add(right)
    bruno, chiara = (Account.objects.get(pk=one.pk) for one in (cast.bruno, cast.chiara))
    templates.keep(wording("New"), by=bruno, mailbox=box, is_shared=True, template=shared)
    (seen,) = templates.readable_by(cast.amina, cast.mailbox_of(cast.amina))
    assert seen.wording.text == "New"
    assert not templates.may_change(shared, chiara)


def test_sharing_and_unsharing_move_the_seal(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    shared = shared_by(cast.amina, cast)
    templates.keep(wording("Mine"), by=cast.amina, mailbox=box, is_shared=False, template=shared)
    assert templates.readable_by(cast.bruno, cast.mailbox_of(cast.bruno)) == []
    (own,) = templates.readable_by(cast.amina, box)
    assert (own.wording.text, own.is_shared) == ("Mine", False)


def test_a_shared_template_goes_with_the_storage_key_when_that_is_rotated(cast: Cast) -> None:
    shared = shared_by(cast.amina, cast)
    held = keyring.current()
    assert isinstance(held, StoredKeyring)
    newer = replace(held, storage={**held.storage, "new": b"n" * 32})
    with using(replace(newer, active={**held.active, "storage": "new"})):
        assert {figure.kind: figure.broken for figure in rewrap()}["templates"] == 0
    shared.refresh_from_db()
    active = {**held.active, "storage": "new"}
    with using(replace(newer, storage={"new": b"n" * 32}, active=active)):
        (seen,) = templates.readable_by(cast.bruno, cast.mailbox_of(cast.bruno))
    assert seen.wording.text == "Dear all"


@pytest.mark.parametrize("key_id", ["lost", ""])
def test_a_template_that_does_not_open_keeps_nobody_from_the_others(
    cast: Cast, key_id: str
) -> None:
    shared_by(cast.amina, cast)
    broken = shared_by(cast.amina, cast)
    held = keyring.current()
    assert isinstance(held, StoredKeyring)
    elsewhere = replace(
        held, storage={"lost": b"l" * 32}, active={**held.active, "storage": "lost"}
    )
    with using(elsewhere):
        sealed = AccountSecrets().seal(b"{}", purpose="template", owner=broken.seal_owner)
    LetterTemplate.objects.filter(pk=broken.pk).update(sealed_body=sealed if key_id else b"broken")

    found = templates.readable_by(cast.bruno, cast.mailbox_of(cast.bruno))
    assert [(one.wording.name, one.is_broken) for one in found] == [("?", True), ("Long", False)]
    assert [one["text"] for one in templates.as_json(found)] == ["Dear all"]


def test_the_agency_s_lines_stand_under_a_letter_once_however_often_it_is_sent() -> None:
    lines = "Office of the Cabinet\r\nTel. 0 2000 0000"
    text = forced.under_text("Dear all,\n", lines)
    html = forced.under_html(text_to_html("Dear all,"), lines)

    assert text.count("Tel.") == 1
    assert forced.under_text(text, lines) == text
    assert forced.under_html(html, lines) == html
    assert forced.under_text("Dear all,", " ") == "Dear all,"
