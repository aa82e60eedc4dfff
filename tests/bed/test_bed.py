from __future__ import annotations

import imaplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import pytest

from tests.bed.agencies import AGENCIES
from tests.bed.names import RESOLVER
from tests.bed.place import Place
from tests.bed.standing import Bed
from tests.services import needs_namespaces


@pytest.fixture
def inside(bed: Bed) -> Iterator[Bed]:
    with bed.place.inside():
        yield bed


def _asked(name: str, kind: str, *, unchecked: bool = False) -> dns.message.Message:
    question = dns.message.make_query(name, kind)
    question.flags |= dns.flags.AD | (dns.flags.CD if unchecked else 0)
    answer, _is_tcp = dns.query.udp_with_fallback(question, RESOLVER[0], timeout=5)
    return answer


def test_the_resolver_tells_signed_unsigned_and_bogus_apart(inside: Bed) -> None:
    signed, unsigned = _asked("ready.go.test", "A"), _asked("unsigned.go.test", "A")
    bogus = _asked("bogus.go.test", "A")

    assert signed.answer and signed.flags & dns.flags.AD
    assert unsigned.answer and not unsigned.flags & dns.flags.AD
    assert (bogus.rcode(), bogus.answer) == (dns.rcode.SERVFAIL, [])
    assert _asked("bogus.go.test", "A", unchecked=True).answer


def test_a_signed_key_of_a_mail_server_can_be_read(inside: Bed) -> None:
    found = _asked("_25._tcp.mx1.dane.go.test", "TLSA")
    assert found.answer and found.flags & dns.flags.AD


def test_a_name_without_such_a_record_is_there_all_the_same(inside: Bed) -> None:
    assert _asked("mx1.ready.go.test", "TXT").rcode() == dns.rcode.NOERROR
    assert _asked("nobody.ready.go.test", "TXT").rcode() == dns.rcode.NXDOMAIN


def test_names_outside_the_bed_are_answered_at_once(inside: Bed) -> None:
    begun = time.monotonic()
    assert _asked("portal.example", "A").rcode() == dns.rcode.NXDOMAIN
    assert time.monotonic() - begun < 5


def test_a_web_server_shows_a_certificate_that_the_beds_authority_vouches_for(inside: Bed) -> None:
    context = ssl.create_default_context(cafile=inside.ca_file)
    for kind in ("A", "AAAA"):
        address = _asked("www.ready.go.test", kind).answer[0][0].address
        with (
            socket.create_connection((address, 443), 5) as plain,
            context.wrap_socket(plain, server_hostname="www.ready.go.test") as within,
        ):
            assert within.version() == "TLSv1.3"


def test_an_old_web_server_speaks_tls_1_0_and_a_new_one_does_not(inside: Bed) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1

    assert _spoken("old-web.go.test", context) == "TLSv1"
    assert _spoken("ready.go.test", context) is None


def _spoken(host: str, context: ssl.SSLContext) -> str | None:
    """The version of TLS that comes about, if one does."""
    address = _asked(host, "A").answer[0][0].address
    with socket.create_connection((address, 443), 5) as plain:
        try:
            with context.wrap_socket(plain) as within:
                return within.version()
        except ssl.SSLError:
            return None


def test_the_login_servers_greet(inside: Bed) -> None:
    address = _asked("imap.ready.go.test", "A").answer[0][0].address
    link = imaplib.IMAP4(address, timeout=5)
    assert "LOGINDISABLED" in link.capabilities
    link.logout()


def test_nothing_of_the_bed_can_be_seen_from_outside(bed: Bed) -> None:
    servers = [("192.0.2.10", 443), ("192.0.2.1", 53)]
    for server in servers:
        with bed.place.inside(), socket.create_connection(server, 5):
            pass
        with pytest.raises(OSError), socket.create_connection(server, 0.2):
            pass


def test_from_nowhere_there_is_no_way_out(bed: Bed) -> None:
    with bed.nowhere.inside(), pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("192.0.2.10", 443), 5)


def test_a_thread_is_back_outside_when_it_leaves(tmp_path: Path) -> None:
    needs_namespaces()
    place = Place()
    own = Path("/proc/thread-self/ns/net")
    outside = own.readlink()
    with place.inside():
        assert own.readlink() != outside
    assert own.readlink() == outside
    place.close()


def test_every_agency_has_a_label_of_its_own() -> None:
    labels = [agency.label for agency in AGENCIES]
    assert len(labels) > 50
    assert len(set(labels)) == len(labels)
