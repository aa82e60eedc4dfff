"""The pool against a real Postfix: commands in one packet, counted chunks, octet by octet."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbox.smtp.gateway import SmtpGateway, written_down
from mailbox.smtp.pool import Pool
from mailbox.smtp.transcript import rehearse
from mailbox.smtp.verdicts import Reason
from tests.mailbox.postfix import mta
from tests.mailbox.smtp.servers import Authority, RecordingServer

NAME = "gateway.agency.example"
AMINA, DARA, ELSE = "amina@transport.example", "dara@else.example", "dara@never.example"
LETTER = (
    b"Subject: hard\r\nFrom: amina@transport.example\r\nMessage-ID: <hard@transport.example>\r\n"
    b"Date: Mon, 23 Nov 2026 09:00:00 +0700\r\n\r\n"
    b".begins with a dot\r\n..\r\n.\r\nRSET\r\n \r\n" + b"x" * 998 + b"\r\n"
    b"\xe0\xb9\x84\xe0\xb8\x97\xe0\xb8\xa2\r\n\r\nend without a line end"
)


@pytest.mark.parametrize("withheld", ["", "chunking", "chunking pipelining"])
def test_letters_reach_the_other_side_octet_by_octet(tmp_path: Path, withheld: str) -> None:
    authority = Authority.new()
    authority.server_context(tmp_path, NAME)
    with (
        RecordingServer() as outside,
        mta.running(
            "gateway",
            relayhost=f"[127.0.0.1]:{outside.port}",
            default_transport="smtp",
            mynetworks="127.0.0.0/8",
            smtpd_tls_chain_files=str(tmp_path / f"{NAME}.pem"),
            smtpd_discard_ehlo_keywords=withheld,
            smtpd_recipient_restrictions="check_recipient_access inline:{never.example=REJECT}",
        ) as postfix,
    ):
        gateway = SmtpGateway(
            "127.0.0.1",
            postfix.port,
            tls_name=NAME,
            ca_certificates=authority.pem,
            local_name="portal.example",
            timeout=20,
        )
        pool = Pool()
        for _ in range(3):
            verdicts = pool.hand_over(
                gateway,
                LETTER,
                sender=AMINA,
                recipients=[DARA, ELSE],
                about_to_send=written_down,
            )
            assert verdicts[DARA].accepted
            assert (verdicts[ELSE].code, verdicts[ELSE].reason) == (554, Reason.POLICY)
        assert len(pool) == 1
        pool.close()
        postfix.wait_for(lambda: len(outside.taken) == 3, "it was not sent on")
        # Its word at the end of a connection: what was asked on it, and of that what was refused.
        postfix.wait_for(lambda: " mail=3 rcpt=3/6 " in postfix.log(), "more than one connection")
        steps = rehearse(gateway, sender=AMINA, recipient=DARA)
        assert "improper command pipelining" not in postfix.log()
    assert all(step.ok for step in steps)
    for taken in outside.taken:
        assert taken.recipients == [DARA]
        assert taken.content.endswith(LETTER + b"\r\n")
