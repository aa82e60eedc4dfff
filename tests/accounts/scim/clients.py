"""Identity systems of the tests: real requests through Django, with a token of their agency."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone
from scim2_client.engines.wsgi import WSGISCIMClient

from accounts.models import Account, Agency, Source
from accounts.scim import tokens

BASE = "/scim/v2"


def token_of(agency: Agency, by: Account, scopes: Collection[str] = tokens.SCOPES) -> str:
    """Make a token of an agency that holds for a day, and return its text."""
    now = timezone.now()
    until = now + timedelta(days=1)
    _token, text = tokens.make(agency, name="idm", scopes=scopes, expires_at=until, by=by, now=now)
    return text


def source_of(agency: Agency) -> Source:
    return Source.objects.get(agency=agency, kind=Source.Kind.SCIM)


class Idm:
    """An agency's identity system that says what it is told to say."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send one request; headers by names such as `if_match`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = json.dumps(body) if body is not None else ""
        return self.client.generic(  # type: ignore[return-value]  # the test client's own class
            method, f"{BASE}{path}", text, content_type="application/scim+json", headers=named
        )

    def make(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        """Create a user; returns what the server answered."""
        answer = self.ask("POST", "/Users", user(user_name, **attributes))
        assert answer.status_code == 201, answer.content
        return json.loads(answer.content)  # type: ignore[no-any-return]

    def scim2_client(self) -> WSGISCIMClient:
        """The library's client over the same door."""
        return WSGISCIMClient(
            _application,
            base_url=f"http://testserver{BASE}",
            headers={"Authorization": f"Bearer {self.token}"},
        )


def _application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Django as a WSGI application that leaves the test's transaction open."""
    answer = ClientHandler()(environ)
    start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
    return [answer.content]


def user(user_name: str, **attributes: Any) -> dict[str, Any]:
    """A user of RFC 7643 as identity systems send it."""
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    schemas += [name for name in attributes if name.startswith("urn:")]
    return {"schemas": schemas, "userName": user_name, **attributes}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """A PatchOp of RFC 7644, section 3.5.2."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": list(operations),
    }
