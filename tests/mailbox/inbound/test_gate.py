from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agency, AgencyDomain
from mailbox.inbound.recipients import Recipient, Refusal, find
from mailbox.models import DistributionList, Mailbox, MailboxAddress, MailDomain
from mailbox.outbound.returning.paths import path_for
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast

pytestmark = pytest.mark.django_db

State = Agency.State
OPEN = (State.LIVE, State.AT_RISK)
NEVER_OPEN = tuple(each for each in State if each not in (*OPEN, State.SUSPENDED))


def found(address: str) -> Recipient:
    return find(address, now=timezone.now())


def put(agency: Agency, state: str) -> None:
    Agency.objects.filter(pk=agency.pk).update(state=state)


@pytest.fixture
def ways(cast: Cast) -> list[str]:
    """Every way to mailboxes of one ministry: by name, alias, detail, list, and catching all."""
    amina = cast.mailbox_of(cast.amina)
    MailboxAddress.objects.create(address="director@transport.example", mailbox=amina)
    DistributionList.objects.create(
        agency=cast.transport, address="all@transport.example", name_th="ทุกคน"
    )
    domain = AgencyDomain.objects.get(domain="transport.example")
    MailDomain.objects.create(domain=domain, catch_all=amina)
    names = ("amina", "director", "amina+x", "all", "nobody-has-this")
    return [f"{name}@transport.example" for name in names]


@pytest.mark.parametrize("state", OPEN)
def test_mail_of_an_open_agency_is_served_by_every_way(
    cast: Cast, ways: list[str], state: str
) -> None:
    put(cast.transport, state)
    assert [found(each).refusal for each in ways] == [None] * len(ways)


@pytest.mark.parametrize("state", NEVER_OPEN)
def test_mail_of_an_agency_that_was_never_open_is_refused_by_every_way(
    cast: Cast, ways: list[str], state: str
) -> None:
    put(cast.transport, state)
    assert {found(each).refusal for each in ways} == {Refusal.NOT_SERVED}
    assert found("chiara@interior.example").mailbox == cast.mailbox_of(cast.chiara).pk


def test_mail_of_a_suspended_agency_is_asked_to_wait_by_every_way(
    cast: Cast, ways: list[str]
) -> None:
    put(cast.transport, State.SUSPENDED)
    assert {found(each).refusal for each in ways} == {Refusal.SUSPENDED}


def test_reports_still_come_home_to_an_agency_that_is_not_open(
    cast: Cast, keyring: StoredKeyring
) -> None:
    submission = cast.mailbox_of(cast.amina).pk
    day = (timezone.now() + timedelta(days=3)).date()
    path = path_for(submission, day, "transport.example")
    for state in (State.SUSPENDED, State.NOT_READY):
        put(cast.transport, state)
        assert found(path) == Recipient(returned_to=submission)


def test_an_account_on_the_central_domain_is_served_though_its_agency_is_not_open(
    cast: Cast,
) -> None:
    put(cast.transport, State.NOT_READY)
    amina = cast.mailbox_of(cast.amina)
    MailboxAddress.objects.create(address="amina@interior.example", mailbox=amina)
    assert found("amina@interior.example").mailbox == amina.pk
    assert found("amina@transport.example").refusal == Refusal.NOT_SERVED


def test_a_closed_mailbox_says_so_even_where_its_agency_is_suspended(cast: Cast) -> None:
    put(cast.transport, State.SUSPENDED)
    Mailbox.objects.filter(account=cast.amina).update(is_open=False)
    assert found("amina@transport.example").refusal == Refusal.CLOSED


THAI = "กรมน้\u0e33.example"


@pytest.mark.parametrize("kept", [THAI, THAI.encode("idna").decode("ascii")], ids=["th", "ascii"])
def test_the_gate_knows_a_thai_domain_in_either_script(cast: Cast, kept: str) -> None:
    MailboxAddress.objects.create(address=f"nam@{THAI}", mailbox=cast.mailbox_of(cast.amina))
    AgencyDomain.objects.create(agency=cast.transport, domain=kept)
    put(cast.transport, State.NOT_READY)
    for written in (THAI, THAI.encode("idna").decode("ascii")):
        assert found(f"nam@{written}").refusal == Refusal.NOT_SERVED


def test_asking_at_the_gate_costs_no_query_more(
    cast: Cast, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    put(cast.transport, State.SUSPENDED)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        found("amina@transport.example")
