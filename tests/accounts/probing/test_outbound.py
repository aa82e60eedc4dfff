from __future__ import annotations

import socket
import ssl
import threading
from ipaddress import ip_network

import pytest

from accounts.probing.failing import Deadline, ProbeFailed
from accounts.probing.ground import LocalTurns
from accounts.probing.outbound import Line
from tests.accounts.probing.resolver import Resolver
from tests.accounts.probing.strangers import (
    authority,
    endlessly,
    mute,
    outbound_of,
    stranger,
    within_tls,
)

LEADS = [
    ("127.0.0.1", "A", "loopback"),
    ("0.0.0.0", "A", "reserved"),  # noqa: S104  # refused, not bound
    ("10.0.0.7", "A", "private"),
    ("192.168.0.1", "A", "private"),
    ("100.64.0.1", "A", "private"),
    ("169.254.10.10", "A", "link_local"),
    ("169.254.169.254", "A", "metadata"),
    ("224.0.0.1", "A", "multicast"),
    ("192.0.2.1", "A", "reserved"),
    ("255.255.255.255", "A", "reserved"),
    ("::1", "AAAA", "loopback"),
    ("::", "AAAA", "reserved"),
    ("fc00::1", "AAAA", "private"),
    ("fd00::1", "AAAA", "private"),
    ("fec0::1", "AAAA", "private"),
    ("fe80::1", "AAAA", "link_local"),
    ("febf::1", "AAAA", "link_local"),
    ("ff02::1", "AAAA", "multicast"),
    ("2001:db8::1", "AAAA", "reserved"),
    ("fd00:ec2::254", "AAAA", "metadata"),
    ("::ffff:127.0.0.1", "AAAA", "mapped"),
    ("64:ff9b::7f00:1", "AAAA", "mapped"),
    ("64:ff9b::169.254.169.254", "AAAA", "mapped"),
    ("64:ff9b:1::7f00:1", "AAAA", "mapped"),
    ("2002:7f00:1::", "AAAA", "mapped"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "AAAA", "mapped"),
]


def failure(error: pytest.ExceptionInfo[ProbeFailed]) -> tuple[str, str]:
    return error.value.status.value, error.value.error


@pytest.mark.parametrize(("address", "kind", "why"), LEADS)
def test_a_name_that_leads_inside_is_refused(
    resolver: Resolver, address: str, kind: str, why: str
) -> None:
    resolver.put("evil.go.th", kind, address)
    with pytest.raises(ProbeFailed) as caught:
        outbound_of(resolver, also=()).addresses("evil.go.th")
    assert failure(caught) == ("forbidden", why)


@pytest.mark.parametrize(("address", "kind", "why"), LEADS)
def test_no_line_leads_inside_even_when_it_is_asked_for_by_address(
    resolver: Resolver, address: str, kind: str, why: str
) -> None:
    outbound = outbound_of(resolver, also=())
    with pytest.raises(ProbeFailed) as caught, outbound.line("evil.go.th", address, 25):
        pass
    assert failure(caught) == ("forbidden", why)


def test_ipv6_is_gone_to_where_the_test_profile_allows_it_and_nowhere_else(
    resolver: Resolver,
) -> None:
    resolver.put("six.go.th", "AAAA", "::1")
    with stranger(endlessly(b"220 six\r\n"), "::1") as server:
        ports = {25: server.port}
        outbound = outbound_of(resolver, ports=ports, also=(ip_network("::1/128"),))
        (address,) = outbound.addresses("six.go.th")
        with outbound.line("six.go.th", address, 25) as line:
            assert (line.sock.family, line.recv_line()) == (socket.AF_INET6, b"220 six")

        with (
            pytest.raises(ProbeFailed) as caught,
            outbound_of(resolver, ports=ports, also=()).line("six.go.th", address, 25),
        ):
            pass
    assert (failure(caught), server.came) == (("forbidden", "loopback"), 1)


def test_an_alias_of_an_inner_name_is_refused(resolver: Resolver) -> None:
    resolver.put("evil.go.th", "CNAME", "router.intranet.go.th.")
    resolver.put("router.intranet.go.th", "A", "192.168.1.1")
    with pytest.raises(ProbeFailed) as caught:
        outbound_of(resolver, also=()).addresses("evil.go.th")
    assert failure(caught) == ("forbidden", "private")


def test_of_public_and_inner_addresses_only_the_public_are_gone_to(resolver: Resolver) -> None:
    resolver.put("mixed.go.th", "A", "10.0.0.1", "203.150.0.1", "127.0.0.1")
    resolver.put("mixed.go.th", "AAAA", "::1", "2001:3c8::1")
    found = outbound_of(resolver, also=()).addresses("mixed.go.th")
    assert found == ["203.150.0.1", "2001:3c8::1"]


def test_an_answer_that_changes_its_mind_changes_nothing(resolver: Resolver) -> None:
    """DNS rebinding: allowed when looked at, inner when asked again."""
    answers = [["127.0.0.2"], ["10.0.0.1"]]
    resolver.records["rebind.go.th", "A"] = lambda: answers.pop(0) if answers else ["10.0.0.1"]
    with stranger(endlessly(b"220 hello\r\n"), "127.0.0.2") as server:
        outbound = outbound_of(resolver, ports={25: server.port})
        (address,) = outbound.addresses("rebind.go.th")
        with outbound.line("rebind.go.th", address, 25) as line:
            assert line.recv_line() == b"220 hello"
            assert line.sock.getpeername()[0] == address == "127.0.0.2"
        assert outbound.addresses("rebind.go.th") == ["127.0.0.2"]
    assert resolver.asked.count(("rebind.go.th", "A")) == 1


@pytest.mark.parametrize("port", [22, 53, 3306, 5432, 6379, 8025, 0])
def test_only_ports_of_mail_and_web_are_knocked_at(resolver: Resolver, port: int) -> None:
    with (
        pytest.raises(ProbeFailed) as caught,
        outbound_of(resolver).line("a.go.th", "127.0.0.1", port),
    ):
        pass
    assert failure(caught) == ("forbidden", "port")


def test_a_line_that_never_ends_is_too_long(resolver: Resolver) -> None:
    with stranger(endlessly(b"2" * 1000)) as server:
        outbound = outbound_of(resolver, ports={25: server.port})
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 25) as line,
        ):
            line.recv_line()
    assert failure(caught) == ("broken", "too_long")


def test_an_answer_that_never_ends_is_too_much(resolver: Resolver) -> None:
    with stranger(endlessly(b"220-more\r\n" * 100)) as server:
        outbound = outbound_of(resolver, ports={25: server.port}, most_bytes=50_000)
        came = 0
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 25) as line,
        ):
            while True:
                came += len(line.recv_some())
    assert failure(caught) == ("broken", "too_much")
    assert came == 50_000


def test_drops_of_an_answer_do_not_lengthen_the_time_it_has(resolver: Resolver) -> None:
    with stranger(endlessly(b"2", every=0.02)) as server:
        outbound = outbound_of(resolver, ports={25: server.port}, probe_seconds=0.3)
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 25) as line,
        ):
            line.recv_line(most=1 << 20)
    assert failure(caught) == ("silent", "timeout")


def test_a_server_that_never_reads_does_not_hold_up_the_writer(resolver: Resolver) -> None:
    stop = threading.Event()

    def says(sock: socket.socket) -> None:
        stop.wait(10)

    with stranger(says) as server:
        outbound = outbound_of(resolver, ports={25: server.port}, probe_seconds=0.3)
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 25) as line,
        ):
            line.send(b"x" * (64 << 20))
        stop.set()
    assert failure(caught) == ("silent", "timeout")


def test_a_handshake_that_never_ends_is_silence(resolver: Resolver) -> None:
    with stranger(mute) as server:
        outbound = outbound_of(resolver, ports={443: server.port}, probe_seconds=0.3)
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 443) as line,
        ):
            line.start_tls(ssl.create_default_context(), "a.go.th")
    assert failure(caught) == ("silent", "timeout")


def test_plain_words_in_place_of_tls_are_told_apart(resolver: Resolver) -> None:
    with stranger(endlessly(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        outbound = outbound_of(resolver, ports={443: server.port})
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 443) as line,
        ):
            line.start_tls(ssl.create_default_context(), "a.go.th")
    assert failure(caught) == ("broken", "not_tls")


def test_what_came_before_tls_is_never_read_as_said_within(resolver: Resolver) -> None:
    context = authority().context("a.go.th")

    def says(sock: socket.socket) -> None:
        sock.sendall(b"220 go ahead\r\n250 injected\r\n")
        # Its own datagram, so to say: TLS begins when the other side has read these.
        sock.recv(1, socket.MSG_PEEK)
        within_tls(context, endlessly(b"250 within\r\n"))(sock)

    with stranger(says) as server:
        outbound = outbound_of(resolver, ports={25: server.port})
        with outbound.line("a.go.th", "127.0.0.1", 25) as line:
            assert line.recv_line() == b"220 go ahead"
            trusting = ssl.create_default_context(cafile=authority().file)
            line.start_tls(trusting, "a.go.th")
            assert line.recv_line() == b"250 within"
            assert line.left_over == b"250 injected\r\n"


def test_a_certificate_that_nobody_vouches_for_is_untrusted(resolver: Resolver) -> None:
    with stranger(within_tls(authority().context("a.go.th"), mute)) as server:
        outbound = outbound_of(resolver, ports={443: server.port})
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 443) as line,
        ):
            line.start_tls(ssl.create_default_context(), "a.go.th")
    assert failure(caught) == ("broken", "untrusted")
    assert "self-signed" in caught.value.detail or "issuer" in caught.value.detail


def test_small_words_leave_at_once_in_clear_and_within_tls(resolver: Resolver) -> None:
    said = within_tls(authority().context("a.go.th"), mute)
    with stranger(said) as server:
        outbound = outbound_of(resolver, ports={443: server.port})
        with outbound.line("a.go.th", "127.0.0.1", 443) as line:
            assert line.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            line.start_tls(ssl.create_default_context(cafile=authority().file), "a.go.th")
            assert line.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_closed_port_refuses(resolver: Resolver) -> None:
    with stranger(mute) as gone:
        port = gone.port
    outbound = outbound_of(resolver, ports={25: port})
    with pytest.raises(ProbeFailed) as caught, outbound.line("a.go.th", "127.0.0.1", 25):
        pass
    assert failure(caught) == ("broken", "refused")


def test_a_lost_connection_is_told(resolver: Resolver) -> None:
    with stranger(lambda sock: None) as server:
        outbound = outbound_of(resolver, ports={25: server.port})
        with (
            pytest.raises(ProbeFailed) as caught,
            outbound.line("a.go.th", "127.0.0.1", 25) as line,
        ):
            line.recv_line()
    assert failure(caught) == ("broken", "closed")


def test_a_way_that_we_do_not_have_is_our_fault(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.probing.outbound.has_route", lambda address, family: False)
    outbound = outbound_of(resolver)
    with pytest.raises(ProbeFailed) as caught, outbound.line("a.go.th", "127.0.0.1", 25):
        pass
    assert failure(caught) == ("unable", "no_route")


def test_a_server_is_spoken_to_by_one_connection_at_a_time(resolver: Resolver) -> None:
    at_once, most = [0], [0]

    with stranger(endlessly(b"220 hello\r\n", every=0.01)) as server:
        outbound = outbound_of(resolver, ports={25: server.port})

        def ask() -> None:
            with outbound.line("a.go.th", "127.0.0.1", 25) as line:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
                for _ in range(3):
                    line.recv_line()
                at_once[0] -= 1

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (server.came, most[0]) == (8, 1)


def test_a_turn_is_given_to_one_and_to_the_next_when_it_is_given_back() -> None:
    turns = LocalTurns()
    here, there = "203.150.0.1", "203.150.0.2"
    with turns.take(here, wait=0) as first, turns.take(here, wait=0) as second:
        with turns.take(there, wait=0) as other:
            assert (first, second, other) == (True, False, True)
        assert len(turns._locks) == 1
    with turns.take(here, wait=0) as again:
        assert again
    assert turns._locks == {}


def test_a_server_that_is_busy_with_us_is_not_called_silent(resolver: Resolver) -> None:
    outbound = outbound_of(resolver, probe_seconds=0.05)
    with (
        outbound.ground.busy.take("127.0.0.1", wait=0),
        pytest.raises(ProbeFailed) as caught,
        outbound.line("a.go.th", "127.0.0.1", 25),
    ):
        pass
    assert failure(caught) == ("unable", "busy")


def test_what_we_came_to_too_late_is_our_fault() -> None:
    lane = Deadline(0)
    with pytest.raises(ProbeFailed) as caught:
        Deadline(20, lane).left()
    assert failure(caught) == ("unable", "late")
    assert Deadline(20, lane).missed().error == "late"
    assert Deadline(1, Deadline(5)).missed().error == "timeout"


def test_a_line_is_closed_whatever_happens(resolver: Resolver) -> None:
    kept: list[Line] = []
    with stranger(mute) as server:
        outbound = outbound_of(resolver, ports={25: server.port})
        with pytest.raises(KeyError), outbound.line("a.go.th", "127.0.0.1", 25) as line:
            kept.append(line)
            raise KeyError
    assert kept[0].sock.fileno() == -1
