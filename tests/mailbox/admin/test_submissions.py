"""Recipients in the administration: what an officer may choose from is theirs alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mailbox.models import Gateway
from tests.cast import Cast, signed_in
from tests.mailbox.operating.conftest import made_officer
from tests.mailbox.outbound.conftest import Post, in_english, now, post, write

__all__ = ["in_english", "now", "post", "write"]

pytestmark = pytest.mark.django_db

LIST = reverse("admin:mailbox_delivery_changelist")


def shown(cast: Cast, query: str = "") -> str:
    response: Any = signed_in(made_officer(cast.bruno)).get(LIST + query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_no_gateway_of_another_agency_is_named_in_the_filter(cast: Cast) -> None:
    for agency, name in ((cast.transport, "our way"), (cast.interior, "their way")):
        Gateway.objects.create(agency=agency, name=name, host="g.test")
    page = shown(cast)
    assert "our way" in page and "their way" not in page


def test_recipients_are_found_by_gateway_and_by_answer(cast: Cast, post: Post) -> None:
    ours = Gateway.objects.create(agency=cast.transport, name="our way", host="g.test")
    theirs = Gateway.objects.create(agency=cast.interior, name="their way", host="g.test")
    first, second = post(to=["a@else.example", "b@else.example"]).deliveries.all()
    type(first).objects.filter(pk=first.pk).update(gateway=ours, reply_code=451)
    type(second).objects.filter(pk=second.pk).update(gateway=theirs, reply_code=550)
    for query in (f"?gateway={ours.pk}", "?reply=4"):
        page = shown(cast, query)
        assert str(first.pk) in page and str(second.pk) not in page
    # What is not theirs to choose narrows nothing.
    page = shown(cast, f"?gateway={theirs.pk}")
    assert str(first.pk) in page and str(second.pk) in page


def test_the_filters_cost_the_same_however_many_recipients_there_are(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as asked:
        shown(cast)
    assert not [one["sql"] for one in asked.captured_queries if "SELECT DISTINCT" in one["sql"]]
