"""The round trip: portal, a Postfix as gateway, a Postfix in front, portal; octet by octet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailbox.models import Arrival
from mailbox.sealing.keyring import StoredKeyring
from mailbox.smtp.gateway import OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason
from tests.mailbox.postfix import mta
from tests.mailbox.postfix.conftest import Behind
from tests.mailbox.postfix.mta import Postfix
from tests.mailbox.postfix.test_inbound import AMINA, DARA, HARD
from tests.mailbox.smtp.servers import Authority
from tests.mailbox.test_lmtp import kept

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "gateway.agency.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture(scope="module")
def gateway(
    inbound: Postfix, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postfix]:
    folder = tmp_path_factory.mktemp("tls")
    authority.server_context(folder, NAME)
    with mta.running(
        "gateway",
        relayhost=f"[127.0.0.1]:{inbound.port}",
        default_transport="smtp",
        mynetworks="127.0.0.0/8",
        smtpd_tls_chain_files=str(folder / f"{NAME}.pem"),
    ) as postfix:
        yield postfix


def to(gateway: Postfix, ca_certificates: str) -> SmtpGateway:
    return SmtpGateway(
        host="127.0.0.1",
        port=gateway.port,
        security="starttls",
        tls_name=NAME,
        ca_certificates=ca_certificates,
        local_name="worker.inside.agency.example",
        timeout=20,
    )


def test_a_letter_comes_back_as_it_left(
    gateway: Postfix,
    inbound: Postfix,
    authority: Authority,
    behind: Behind,
    keyring: StoredKeyring,
) -> None:
    # Lines as long as SMTP allows; longer ones the portal never writes.
    letter = HARD.replace(b"x" * 5_000, b"x" * 998)
    written: list[str] = []
    with behind():
        verdicts = to(gateway, authority.pem).hand_over(
            letter, sender=DARA, recipients=[AMINA], about_to_send=written.extend
        )
        assert verdicts[AMINA].accepted and written == [AMINA]
        inbound.wait_for(Arrival.objects.exists, "nothing came back\n" + gateway.log())
    (raw,) = kept(keyring)
    assert raw.endswith(letter)
    trace = raw.removesuffix(letter)
    assert trace.count(b"Received:") == 1, "the gateway tells nobody who called it"
    assert b"inside" not in trace


def test_a_postfix_with_a_strangers_certificate_is_no_gateway(gateway: Postfix) -> None:
    with pytest.raises(OutOfReach) as refused:
        to(gateway, Authority.new().pem).hand_over(
            HARD, sender=DARA, recipients=[AMINA], about_to_send=lambda _: None
        )
    assert refused.value.verdict.reason == Reason.CERTIFICATE
