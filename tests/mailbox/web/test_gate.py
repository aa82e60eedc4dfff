from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Agency, AgencyReadiness
from accounts.people.roles import MAIL_OFFICER
from tests.cast import Cast, signed_in

BAR = "data-gate"


def page_of(account: Account) -> str:
    address = f"/mail/{account.mailbox.pk}/inbox/"
    return signed_in(account).get(address).content.decode()


def suspend(cast: Cast) -> None:
    Agency.objects.filter(pk=cast.transport.pk).update(state="suspended")
    since = timezone.now().replace(year=2026, month=11, day=3, hour=5)
    AgencyReadiness.objects.create(agency=cast.transport, since=since)
    cast.hana.groups.add(Group.objects.get(name=MAIL_OFFICER))


def test_officials_of_a_suspended_agency_read_since_when_and_whom_to_ask(cast: Cast) -> None:
    suspend(cast)
    page = page_of(cast.amina)
    assert BAR in page and "suspended since 3 Nov 2026" in page
    assert "hana@transport.example" in page
    assert BAR not in page_of(cast.chiara)


def test_officials_of_an_agency_that_is_not_open_read_so(cast: Cast) -> None:
    Agency.objects.filter(pk=cast.transport.pk).update(state="not_ready")
    page = page_of(cast.amina)
    assert "is not open yet" in page and "suspended" not in page


def test_the_bar_costs_officials_of_open_agencies_nothing(cast: Cast) -> None:
    client, address = signed_in(cast.chiara), f"/mail/{cast.chiara.mailbox.pk}/inbox/"
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    asked = [each["sql"] for each in captured if "accounts_agencyreadiness" in each["sql"]]
    assert asked == [] and len(captured) > 3


def test_what_is_sent_to_the_outside_meanwhile_is_told_on_the_page(cast: Cast) -> None:
    suspend(cast)
    client = signed_in(cast.amina)
    begun = client.post("/mail/compose/", {"mode": "new"})
    page = begun.headers["Location"]
    typed = {"to": "dara@else.example", "subject": "x", "text": "y", "version": "1"}
    answer = client.post(f"{page}send/", typed)
    assert "suspended" in answer.content.decode() and answer.status_code == 422
