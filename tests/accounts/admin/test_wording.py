from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import gettext_lazy as _

from accounts.admin import site
from accounts.models import Obligation, ObligationEvent, Reminder
from tests.accounts.admin.rows import NOW, one_of_each
from tests.cast import Cast, signed_in


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


def page(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_scripts_of_lists_speak_thai(
    cast: Cast, hana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "SAID_BY_SCRIPTS", (_("Send"),))
    hana.cookies[settings.LANGUAGE_COOKIE_NAME] = "th"
    cast.hana.language = "th"
    cast.hana.save(update_fields=["language"])
    said = page(hana, "/admin/jsi18n/")
    assert '"Send": "\\u0e2a\\u0e48\\u0e07"' in said
    assert '"Cancel"' in said  # Django's own are still there


def test_a_duty_tells_its_history_in_words(cast: Cast, hana: Client) -> None:
    duty = one_of_each(cast.amina, by=cast.hana)["obligation"]
    assert isinstance(duty, Obligation)
    Obligation.objects.filter(pk=duty.pk).update(evidence={"first_sign_in": "2026-11-23"})
    for cause in ("night", "promoted", "proof_sent"):
        ObligationEvent.objects.create(
            obligation=duty, at=NOW, cause=cause, state_after=Obligation.State.OVERDUE
        )
    Reminder.objects.create(obligation=duty, step="60", to=cast.hana, sent_at=NOW)
    shown = page(hana, f"/admin/accounts/obligation/{duty.pk}/change/")
    for words in ("nightly count", "Promoted", "first official letter sent", "60 days before"):
        assert words in shown, words
    assert "first sign-in 23 Nov 2026" in shown and "Overdue" in shown
    assert "proof_sent" not in shown and "first_sign_in" not in shown


def test_an_account_says_where_it_stands_in_words(cast: Cast, hana: Client) -> None:
    rows = one_of_each(cast.amina, by=cast.hana)
    shown = page(hana, f"/admin/accounts/account/{cast.amina.pk}/change/")
    assert "Mailbox and its keys" in shown and "Reset the second factor" in shown
    job = rows["provisioningjob"]
    shown = page(hana, f"/admin/accounts/provisioningjob/{job.pk}/change/")
    assert "Mailbox and its keys" in shown
    assert "Mailbox and its keys" in page(hana, "/admin/accounts/account/")  # the filter
