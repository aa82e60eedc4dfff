from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import Account, Agency, AgencyDomain
from mailbox.models import Draft, MailboxAddress, Submission
from mailbox.outbound.sending.gate import OutsideIsClosed
from mailbox.outbound.submission import send
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Write

OUTSIDE, INSIDE = "dara@else.example", "chiara@interior.example"


def sent(draft: Draft, now: datetime) -> Submission:
    fresh = Draft.objects.get(pk=draft.pk)
    return send(fresh, by=Account.objects.get(address="amina@transport.example"), now=now)


@pytest.mark.parametrize(
    ("state", "words"), [("suspended", "is suspended"), ("not_ready", "is not open yet")]
)
def test_a_letter_to_the_outside_stays_a_draft_while_the_agency_is_not_open(
    cast: Cast, write: Write, now: datetime, state: str, words: str
) -> None:
    Agency.objects.filter(pk=cast.transport.pk).update(state=state)
    draft = write(to=[OUTSIDE, INSIDE])
    with pytest.raises(OutsideIsClosed) as refused:
        sent(draft, now)
    said = str(refused.value.message)
    assert words in said and OUTSIDE in said and INSIDE not in said
    assert Draft.objects.unsent().filter(pk=draft.pk).exists()
    Agency.objects.filter(pk=cast.transport.pk).update(state="live")
    assert sent(draft, now).deliveries.count() == 2


def test_letters_inside_the_portal_go_on_while_an_agency_is_suspended(
    cast: Cast, write: Write, now: datetime
) -> None:
    Agency.objects.update(state="suspended")
    assert sent(write(to=[INSIDE.upper()]), now).deliveries.get().mailbox is not None


def test_who_writes_from_the_central_domain_writes_to_everybody(
    cast: Cast, write: Write, now: datetime
) -> None:
    AgencyDomain.objects.filter(domain="transport.example").update(agency=cast.interior)
    Agency.objects.filter(pk=cast.transport.pk).update(state="not_ready")
    assert MailboxAddress.objects.filter(address="amina@transport.example").exists()
    assert sent(write(to=[OUTSIDE]), now).deliveries.count() == 1
