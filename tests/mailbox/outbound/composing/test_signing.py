from __future__ import annotations

import pytest
from django.utils import timezone

from mailbox.outbound import drafting
from mailbox.outbound.stationery import signatures
from mailbox.outbound.stationery.wording import Wording
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("writes_plain", [True, False])
def test_a_new_letter_begins_with_the_signature_in_its_authors_format(
    cast: Cast, writes_plain: bool
) -> None:
    cast.amina.writes_plain = writes_plain
    box = cast.mailbox_of(cast.amina)
    signatures.keep(box, Wording("official", "อามีนา\nกองแผนงาน"), is_for_new=True)
    body = drafting.open_draft(drafting.start(box, by=cast.amina, now=timezone.now()))

    assert body.is_rich is not writes_plain
    assert "กองแผนงาน" in (body.text or body.html.for_frame())


def test_a_signature_for_answers_is_not_put_under_a_new_letter(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    signatures.keep(box, Wording("short", "อามีนา"), is_for_answers=True)
    body = drafting.open_draft(drafting.start(box, by=cast.amina, now=timezone.now()))
    assert (body.text, body.is_rich) == ("", False)
