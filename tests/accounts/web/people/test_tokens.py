from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ScimToken
from tests.accounts.scim.clients import Idm, token_of
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


def make(client: Client, **changed: Any) -> str:
    """Ask for a token by the form; returns the page."""
    answered = {"name": "Entra", "scopes": ["users.read", "users.write"], "days": 90} | changed
    return client.post(reverse("accounts:tokens"), answered).content.decode()


def test_an_officer_makes_a_token_that_is_shown_once_and_opens_the_server(cast: Cast) -> None:
    client = signed_in(cast.hana)
    page = make(client, agency=cast.transport.pk)
    text = page.partition('<code class="token">')[2].partition("</code>")[0]
    assert Idm(text).ask("GET", "/Users").status_code == 200
    assert text not in client.get(reverse("accounts:tokens")).content.decode()


def test_a_revoked_token_opens_nothing(cast: Cast) -> None:
    idm = Idm(token_of(cast.transport, cast.hana))
    client = signed_in(cast.hana)
    answer = client.post(reverse("accounts:revoke-token", args=[ScimToken.objects.get().pk]))
    assert answer.status_code == 302
    assert idm.ask("GET", "/Users").status_code == 401


def test_no_token_is_made_for_an_agency_out_of_reach(cast: Cast) -> None:
    page = make(signed_in(cast.hana), agency=cast.interior.pk)
    assert "field__error" in page
    assert not ScimToken.objects.exists()


def test_a_token_of_another_agency_is_not_there(cast: Cast) -> None:
    token_of(cast.interior, cast.hana)
    client = signed_in(cast.hana)
    path = reverse("accounts:revoke-token", args=[ScimToken.objects.get().pk])
    assert client.post(path).status_code == 404
    assert "idm" not in client.get(reverse("accounts:tokens")).content.decode()


def test_for_an_official_the_page_is_not_there(cast: Cast) -> None:
    client = signed_in(cast.amina)
    assert client.get(reverse("accounts:tokens")).status_code == 404
    assert client.post(reverse("accounts:tokens"), {}).status_code == 404
