"""Preferences: one page, kept by a form, for the person alone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from mailbox.models import Mailbox
from tests.cast import Cast, signed_in

PAGE = reverse("accounts:preferences")
CHOSEN = {
    "language": "th",
    "theme": "dark",
    "thai_digits": "on",
    "christian_era": "on",
    "density": "roomy",
    "reading_pane": "bottom",
    "mark_read_after": "-1",
    "writes_plain": "on",
    "wants_notices": "on",
}


def test_what_was_chosen_is_kept_and_shown_again(cast: Cast) -> None:
    client = signed_in(cast.amina)
    answer = client.post(PAGE, CHOSEN)
    kept = Account.objects.get(pk=cast.amina.pk)

    assert answer.headers["Location"] == PAGE
    assert (kept.density, kept.reading_pane, kept.theme) == ("roomy", "bottom", "dark")
    assert kept.mark_read_after == Account.NEVER_MARK_READ
    assert (kept.thai_digits, kept.christian_era, kept.has_shortcuts) == (True, True, False)
    page = client.get(PAGE).content.decode()
    assert 'value="-1" checked' in page
    assert 'data-density="roomy" data-pane="bottom"' in page
    assert 'data-shortcuts="off"' in page


@pytest.mark.parametrize(("field", "value"), [("density", "tiny"), ("mark_read_after", "86400")])
def test_a_value_that_is_not_offered_changes_nothing(cast: Cast, field: str, value: str) -> None:
    signed_in(cast.amina).post(PAGE, {**CHOSEN, field: value})
    kept = Account.objects.get(pk=cast.amina.pk)

    assert (kept.density, kept.mark_read_after, kept.theme) == ("normal", 0, "")


def test_a_preference_is_not_a_way_to_other_fields(cast: Cast) -> None:
    signed_in(cast.amina).post(PAGE, {**CHOSEN, "is_staff": "on", "address": "x@else.example"})
    kept = Account.objects.get(pk=cast.amina.pk)

    assert (kept.is_staff, kept.address) == (False, cast.amina.address)


def test_an_account_without_a_mailbox_has_preferences_too(cast: Cast) -> None:
    Mailbox.objects.filter(account=cast.hana).update(is_open=False)

    assert signed_in(cast.hana).get(PAGE).status_code == 200


def test_the_page_is_not_for_strangers() -> None:
    assert Client().get(PAGE).status_code == 302
