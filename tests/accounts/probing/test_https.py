from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator

import pytest

from accounts.probing import https
from accounts.probing.https import Asking
from accounts.probing.observations import Observation
from accounts.probing.outbound import Outbound
from tests.accounts.probing.resolver import Resolver
from tests.accounts.probing.strangers import (
    Says,
    authority,
    endlessly,
    mute,
    outbound_of,
    read_head,
    replying,
    stranger,
    within_tls,
)

OK = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nhi"
KNOWN = "http://a.go.th/.well-known/security.txt"


@pytest.fixture
def web(resolver: Resolver) -> Resolver:
    resolver.put("a.go.th", "A", "127.0.0.1")
    return resolver


def asked(web: Resolver, says: Says, url: str = "http://a.go.th/", **ground: object) -> Observation:
    with stranger(says) as server:
        given = {
            "ports": {80: server.port, 443: server.port},
            "ca_file": authority().file,
            **ground,
        }
        return https.look(outbound_of(web, **given), url)


def ended(seen: Observation) -> tuple[str, str]:
    return seen.status.value, seen.error


def redirect(onward: str) -> bytes:
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + onward.encode() + b"\r\n\r\n"


def test_a_page_is_asked_for_by_name_and_under_our_own(web: Resolver) -> None:
    seen: list[bytes] = []
    found = asked(web, replying(OK, seen), "http://A.go.th/x y?q=ก")
    assert ended(found) == ("answered", "")
    (hop,) = found.facts["hops"]
    assert (hop["status"], hop["address"], hop["error"]) == (200, "127.0.0.1", "")
    assert ["Server", "x"] in hop["headers"]
    head = seen[0].decode().lower()
    assert head.startswith("get /x%20y?q=%e0%b8%81 http/1.1\r\n")
    assert "host: a.go.th\r\n" in head and "user-agent: govmail-readiness scanner.example" in head
    assert "accept-encoding: identity" in head
    json.dumps(found.to_json())


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        b"\r\nhello",
    ],
)
def test_a_body_is_read_only_where_it_is_wanted(web: Resolver, body: bytes) -> None:
    says = replying(b"HTTP/1.1 200 OK\r\n" + body)
    assert asked(web, says, KNOWN).facts["body"] == "hello"
    assert asked(web, says).facts["body"] == ""


INSIDE = [
    ("http://127.0.0.1/", "literal"),
    ("http://169.254.169.254/latest/meta-data/", "literal"),
    ("http://[::1]/", "literal"),
    ("http://[fd00:ec2::254]/", "literal"),
    ("http://2130706433/", "literal"),
    ("http://0x7f.1/", "literal"),
    ("http://0177.0.0.1/", "literal"),
    ("http://127.1/", "literal"),
    ("//127.0.0.1/", "literal"),
    ("http://inner.go.th/", "private"),
    ("http://metadata.go.th/", "metadata"),
    ("http://alias.go.th/", "private"),
    ("http://six.go.th/", "mapped"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://a.go.th/", "scheme"),
    ("ftp://a.go.th/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("unix:/run/redis.sock", "scheme"),
    ("http://user:pass@a.go.th/", "userinfo"),
    ("http://a.go.th@inner.go.th/", "userinfo"),
    ("http://@a.go.th/", "userinfo"),
    ("http://a.go.th:22/", "port"),
    ("http://a.go.th:443/", "port"),
    ("https://a.go.th:8443/", "port"),
    ("http://a.go.th:0/", "port"),
]


@pytest.fixture
def inside(web: Resolver) -> Iterator[tuple[Resolver, list[Outbound]]]:
    web.put("inner.go.th", "A", "10.0.0.1")
    web.put("metadata.go.th", "A", "169.254.169.254")
    web.put("alias.go.th", "CNAME", "inner.go.th.")
    web.put("six.go.th", "AAAA", "::ffff:10.0.0.1")
    yield web, []


@pytest.mark.parametrize(("onward", "why"), INSIDE)
def test_a_redirect_inside_is_not_followed(
    inside: tuple[Resolver, list[Outbound]], onward: str, why: str
) -> None:
    found = asked(inside[0], replying(redirect(onward)))
    assert ended(found) == ("forbidden", why)
    first, second = found.facts["hops"]
    assert (first["status"], second["error"]) == (302, why)


@pytest.mark.parametrize(("url", "why"), [each for each in INSIDE if "//" in each[0][:8]])
def test_an_address_inside_is_not_asked_at_all(
    inside: tuple[Resolver, list[Outbound]], url: str, why: str
) -> None:
    url = f"http:{url}" if url.startswith("//") else url
    found = https.look(outbound_of(inside[0]), url)
    assert ended(found) == ("forbidden", why)


@pytest.mark.parametrize(
    "onward",
    [
        "http://www.go.th\\@a.go.th/",
        "http:\\\\a.go.th/",
        "http://[::1",
        "http://a.go.th:x/",
        "http://a.go.th/\x7f",
        f"/{'x' * 3_000}",
    ],
)
def test_a_redirect_that_two_readers_understand_differently_is_none(
    web: Resolver, onward: str
) -> None:
    assert ended(asked(web, replying(redirect(onward)))) == ("broken", "bad_reply")


def test_each_hop_is_resolved_and_pinned_anew(web: Resolver) -> None:
    web.put("www.a.go.th", "A", "127.0.0.3")
    onward = replying(redirect("http://www.a.go.th/home"))
    with (
        stranger(onward, "127.0.0.1") as first,
        stranger(replying(OK), "127.0.0.3", first.port) as second,
    ):
        found = https.look(outbound_of(web, ports={80: first.port}), "http://a.go.th/")
        assert (first.came, second.came) == (1, 1)
    assert [hop["address"] for hop in found.facts["hops"]] == ["127.0.0.1", "127.0.0.3"]
    assert found.facts["final"] == "http://www.a.go.th/home"


def test_redirects_without_end_are_a_loop(web: Resolver) -> None:
    found = asked(web, replying(redirect("/again")), most_hops=3)
    assert ended(found) == ("broken", "loop")
    assert len(found.facts["hops"]) == 5


def test_a_policy_of_mta_sts_is_not_looked_for_elsewhere(web: Resolver) -> None:
    url = "http://a.go.th/.well-known/mta-sts.txt"
    with stranger(replying(redirect("/elsewhere"))) as server:
        outbound = outbound_of(web, ports={80: server.port})
        found = https.look(outbound, url, Asking(follows=False))
        assert server.came == 1
    assert (found.facts["final"], found.facts["hops"][0]["status"]) == (url, 302)


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (replying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000), "too_long"),
        (endlessly(b"X: y\r\n" * 100, b"HTTP/1.1 200 OK\r\n"), "too_long"),
        (endlessly(b"x" * 4096, b"HTTP/1.1 200 OK\r\nX: "), "too_long"),
        (replying(b"HTTP/1.1 100 Continue\r\n\r\n" * 11 + OK), "too_much"),
        (
            endlessly(
                b"1\r\nx\r\n" * 1000, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            ),
            "too_much",
        ),
        (replying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "bad_reply"),
        (replying(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), "bad_reply"),
        (replying(b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n"), "bad_reply"),
        (replying(b""), "bad_reply"),
        (lambda sock: None, "reset closed bad_reply"),
    ],
)
def test_bombs_and_nonsense_end_in_a_word_of_ours(web: Resolver, says: Says, error: str) -> None:
    found = asked(web, says, KNOWN)
    assert found.status.value == "broken" and found.error in error.split() + ["reset"]


def test_a_body_without_end_is_cut(web: Resolver) -> None:
    found = asked(web, endlessly(b"x" * 4096, b"HTTP/1.1 200 OK\r\n\r\n"), KNOWN)
    assert ended(found) == ("answered", "")
    assert len(found.facts["body"]) == https.MOST_BODY


def test_a_packed_body_is_not_unpacked(web: Resolver) -> None:
    packed = gzip.compress(b"\0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    found = asked(web, replying(head.encode() + packed), KNOWN)
    assert ended(found) == ("answered", "") and found.facts["body"] == ""


def test_only_so_many_headers_are_kept_and_each_is_cut(web: Resolver) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (each, b"y" * 3_000) for each in range(5))
    more = b"".join(b"Y-%d: z\r\n" % each for each in range(300))
    found = asked(web, replying(b"HTTP/1.1 200 OK\r\n" + many + more + b"\r\n"))
    headers = found.facts["hops"][0]["headers"]
    assert len(headers) == https.MOST_HEADERS
    assert max(len(value) for _name, value in headers) == 2_000


@pytest.mark.parametrize(
    "says",
    [mute, endlessly(b"X: y\r\n", b"HTTP/1.1 200 OK\r\n", every=0.02)],
    ids=["mute", "drips"],
)
def test_a_slow_server_is_silent_and_bounded(web: Resolver, says: Says) -> None:
    assert ended(asked(web, says, probe_seconds=0.3)) == ("silent", "timeout")


def test_a_closed_port_80_is_refused(web: Resolver) -> None:
    with stranger(mute) as gone:
        port = gone.port
    found = https.look(outbound_of(web, ports={80: port}), "http://a.go.th/")
    assert ended(found) == ("broken", "refused")


def test_the_next_address_is_tried_when_the_first_is_closed(web: Resolver) -> None:
    web.put("two.go.th", "A", "127.0.0.4", "127.0.0.5")
    with stranger(replying(OK), "127.0.0.5") as server:
        found = https.look(outbound_of(web, ports={80: server.port}), "http://two.go.th/")
    assert ended(found) == ("answered", "")
    assert found.facts["hops"][0]["address"] == "127.0.0.5"


def test_a_trusted_certificate_is_said_to_be(web: Resolver) -> None:
    says = within_tls(authority().context("a.go.th"), replying(OK))
    (hop,) = asked(web, says, "https://a.go.th/").facts["hops"]
    assert (hop["status"], hop["trusted"], hop["trust_error"]) == (200, True, "")


@pytest.mark.parametrize("names", [("other.go.th",), ("*.a.go.th",)])
def test_a_certificate_for_others_is_told_and_the_page_read_all_the_same(
    web: Resolver, names: tuple[str, ...]
) -> None:
    says = within_tls(authority().context(*names), replying(OK))
    (hop,) = asked(web, says, "https://a.go.th/").facts["hops"]
    assert (hop["status"], hop["trusted"]) == (200, False)
    assert "a.go.th" in hop["trust_error"]


def test_where_trust_is_asked_for_nothing_is_read_without(web: Resolver) -> None:
    seen: list[bytes] = []
    says = within_tls(authority().context("other.go.th"), replying(OK, seen))
    with stranger(says) as server:
        outbound = outbound_of(web, ports={443: server.port}, ca_file=authority().file)
        found = https.look(
            outbound, "https://a.go.th/.well-known/mta-sts.txt", Asking(False, True, True)
        )
    assert ended(found) == ("broken", "untrusted")
    assert found.facts["hops"][0]["trusted"] is False and seen == []


def test_a_name_without_addresses_and_a_resolver_that_is_down_are_told_apart(web: Resolver) -> None:
    outbound = outbound_of(web)
    assert ended(https.look(outbound, "http://nowhere.go.th/")) == ("broken", "no_address")
    web.refuses = True
    assert ended(https.look(outbound, "http://later.go.th/")) == ("unable", "no_resolver")


def test_no_header_can_be_slipped_in_by_a_url(web: Resolver) -> None:
    seen: list[bytes] = []

    def says(sock: socket.socket) -> None:
        seen.append(read_head(sock))
        sock.sendall(redirect("/%0d%0aX-Evil:%20yes") if len(seen) == 1 else OK)

    asked(web, says, "http://a.go.th/a\r\nX-Evil: yes")
    assert len(seen) == 2
    assert not any(line.startswith(b"X-Evil") for each in seen for line in each.split(b"\r\n"))
