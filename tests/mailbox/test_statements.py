"""Subqueries that are put together once: the same answer as the ORM's, for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox.models import Mailbox
from mailbox.models.mailboxes import reached
from tests.cast import Cast
from tests.mailbox.people.offices import delegate, hold, office

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_each_account_and_day_gets_its_own_answer_from_the_one_statement(cast: Cast) -> None:
    today = timezone.localdate()
    registry = office(cast.transport)
    hold(registry, cast.bruno, valid_from=today)
    delegate(cast.amina.mailbox, cast.chiara, valid_to=today)

    def within(account: object, **more: object) -> set[object]:
        found = Mailbox.objects.filter(pk__in=reached(account, **more))  # type: ignore[arg-type]
        return {box.pk for box in found}

    assert within(cast.bruno) == {cast.bruno.mailbox.pk, registry.pk}
    assert within(cast.bruno, on=today - DAY) == {cast.bruno.mailbox.pk}
    assert within(cast.chiara) == {cast.chiara.mailbox.pk, cast.amina.mailbox.pk}
    assert within(cast.chiara, writes=True) == {cast.chiara.mailbox.pk}
    assert within(cast.chiara, on=today + DAY) == {cast.chiara.mailbox.pk}
    assert within(cast.amina) == {cast.amina.mailbox.pk}
