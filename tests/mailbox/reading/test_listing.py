from __future__ import annotations

import pytest
from django.utils import timezone

from govmail_portal.dates import Manner
from mailbox.models import Folder, Message, Thread
from mailbox.opening import mailbox_key
from mailbox.reading import listing, sorting
from mailbox.reading.lists import List
from tests.cast import Cast
from tests.mailbox.post import MORNING, file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db


def test_what_is_thrown_away_while_all_mail_is_read_is_left_out(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter("stays", name="1@x.example"), [box])
    file_raw(raw_letter("goes", name="2@x.example"), [box], at=later(5))
    goes = Message.objects.latest("received_at").thread_id
    sorting.trash(folder_of(box, Folder.Kind.INBOX), [goes], now=MORNING)
    # As the first of the two queries of a page has seen it.
    Thread.objects.filter(pk=goes).update(is_listed=True)
    view = listing.View(mailbox_key(box), Manner("en"), timezone.now())
    page = listing.page(List(box), view)
    assert [row.subject for group in page.groups for row in group.rows] == ["stays"]
