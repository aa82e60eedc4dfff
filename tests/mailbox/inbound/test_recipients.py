from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AgencyDomain
from mailbox.inbound.recipients import Recipient, Refusal, find
from mailbox.models import DistributionList, Mailbox, MailboxAddress, MailDomain
from mailbox.outbound.returning.paths import path_for
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def found(address: str, *, days: int = 0) -> Recipient:
    return find(address, now=timezone.now() + timedelta(days=days))


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def catch_all(mailbox: Mailbox, domain: str = "transport.example") -> None:
    MailDomain.objects.create(domain=AgencyDomain.objects.get(domain=domain), catch_all=mailbox)


@pytest.mark.parametrize(
    "address",
    [
        "amina@transport.example",
        "AMINA@Transport.Example",
        "amina+รายงาน@transport.example",
        "amina+a+b@transport.example",
        "amina+@transport.example",
        "director+2568@transport.example",
    ],
)
def test_many_ways_lead_to_one_mailbox(amina: Mailbox, address: str) -> None:
    MailboxAddress.objects.create(address="director@transport.example", mailbox=amina)
    assert found(address) == Recipient(mailbox=amina.pk)


@pytest.mark.parametrize(
    "address", ["nobody@transport.example", "+amina@transport.example", "amina", "", "a\0@b", "@"]
)
def test_what_leads_nowhere_is_unknown(amina: Mailbox, address: str) -> None:
    assert found(address).refusal == Refusal.UNKNOWN


def test_an_address_of_its_own_wins_over_a_plus_address(amina: Mailbox, cast: Cast) -> None:
    bruno = cast.mailbox_of(cast.bruno)
    MailboxAddress.objects.create(address="amina+water@transport.example", mailbox=bruno)
    assert found("amina+water@transport.example").mailbox == bruno.pk
    assert found("amina+fire@transport.example").mailbox == amina.pk


def test_closed_and_full_mailboxes_say_so_by_every_way(amina: Mailbox, cast: Cast) -> None:
    catch_all(cast.mailbox_of(cast.bruno))
    Mailbox.objects.filter(pk=amina.pk).update(used_bytes=5, quota_bytes=5)
    assert found("amina+x@transport.example").refusal == Refusal.FULL
    Mailbox.objects.filter(pk=amina.pk).update(is_open=False)
    # Somebody had this address: their mail is not read by whoever catches the rest.
    assert found("amina@transport.example").refusal == Refusal.CLOSED
    assert found("amina+x@transport.example").refusal == Refusal.CLOSED


def test_what_nobody_has_goes_to_whoever_catches_all_of_that_domain(
    amina: Mailbox, cast: Cast
) -> None:
    catch_all(amina)
    assert found("nobody@transport.example").mailbox == amina.pk
    assert found("nobody+x@transport.example").mailbox == amina.pk
    assert found("nobody@interior.example").refusal == Refusal.UNKNOWN
    assert found("chiara@interior.example").mailbox == cast.mailbox_of(cast.chiara).pk
    Mailbox.objects.filter(pk=amina.pk).update(is_open=False)
    assert found("nobody@transport.example").refusal == Refusal.UNKNOWN


def test_a_return_path_leads_to_its_submission_for_its_time(
    amina: Mailbox, keyring: StoredKeyring
) -> None:
    catch_all(amina)
    today = timezone.now()
    path = path_for(amina.pk, (today + timedelta(days=3)).date(), "transport.example")
    assert found(path) == Recipient(returned_to=amina.pk)
    assert found(path.upper()) == Recipient(returned_to=amina.pk)
    assert found(path, days=5).refusal == Refusal.NO_RETURN_PATH
    local = path.partition("@")[0]
    forged = local[:-1] + ("a" if local[-1] != "a" else "b")
    # Not even to whoever catches all: a guesser learns nothing and reaches nobody.
    assert found(f"{forged}@transport.example").refusal == Refusal.NO_RETURN_PATH


def test_a_list_is_found_unless_it_is_closed(cast: Cast) -> None:
    group = DistributionList.objects.create(
        agency=cast.transport, address="all@transport.example", name_th="ทุกคน"
    )
    assert found("All@transport.example") == Recipient(group=group)
    assert found("all+x@transport.example").refusal == Refusal.UNKNOWN
    group.is_open = False
    group.save()
    assert found("all@transport.example").refusal == Refusal.UNKNOWN


def test_an_ordinary_address_costs_one_query(
    amina: Mailbox, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        found("amina@transport.example")


# Sara am in one piece, as it is typed; domains have it in two.
THAI = "กรมน้\u0e33.example"
ASCII = THAI.encode("idna").decode("ascii")
APART = THAI.replace("\u0e33", "\u0e4d\u0e32")


@pytest.mark.parametrize("kept", [ASCII, THAI, APART], ids=["ascii", "thai", "apart"])
@pytest.mark.parametrize("written", [ASCII.upper(), THAI, APART], ids=["ascii", "thai", "apart"])
def test_a_thai_domain_is_the_same_in_either_script(
    amina: Mailbox, cast: Cast, kept: str, written: str
) -> None:
    MailboxAddress.objects.create(address=f"nam@{kept}", mailbox=amina)
    AgencyDomain.objects.create(agency=cast.transport, domain=kept)
    catch_all(cast.mailbox_of(cast.bruno), kept)
    assert found(f"Nam@{written}").mailbox == amina.pk
    assert found(f"nam+x@{written}").mailbox == amina.pk
    assert found(f"nobody@{written}").mailbox == cast.mailbox_of(cast.bruno).pk


@pytest.mark.parametrize(
    "broken",
    ["a@xn--", "a@xn--\u0e01", "a@" + "ก" * 300, "a@..ก"],
    ids=["nothing", "both", "long", "dots"],
)
def test_a_domain_that_is_none_is_unknown(amina: Mailbox, broken: str) -> None:
    assert found(broken).refusal == Refusal.UNKNOWN
