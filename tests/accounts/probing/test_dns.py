from __future__ import annotations

import threading

import pytest

from accounts.probing.dns import Dns
from accounts.probing.failing import Deadline
from accounts.probing.records import MOST_RECORDS
from tests.accounts.probing.resolver import Resolver
from tests.accounts.probing.strangers import ground_of, mute, stranger


@pytest.fixture
def dns(resolver: Resolver) -> Dns:
    return Dns(ground_of(resolver))


def test_each_kind_of_record_becomes_facts(resolver: Resolver, dns: Dns) -> None:
    resolver.put("a.go.th", "A", "203.150.0.2", "203.150.0.1")
    resolver.put("a.go.th", "MX", "20 MX2.a.go.th.", "10 mx1.a.go.th.")
    resolver.put("a.go.th", "TXT", '"v=spf1 mx " "-all"')
    resolver.put("a.go.th", "SOA", "ns1.a.go.th. host.a.go.th. 7 1 1 1 1")
    resolver.put("a.go.th", "CAA", '0 issue "ca.example"')
    resolver.put("_25._tcp.mx1.a.go.th", "TLSA", f"3 1 1 {'ab' * 32}")
    resolver.put("a.go.th", "NS", "NS1.a.go.th.")
    found = {
        kind: dns.ask("a.go.th", kind).facts for kind in ("A", "MX", "TXT", "SOA", "CAA", "NS")
    }
    assert found["A"]["records"] == ["203.150.0.1", "203.150.0.2"]
    assert found["MX"]["records"] == [[10, "mx1.a.go.th"], [20, "mx2.a.go.th"]]
    assert found["TXT"]["records"] == ["v=spf1 mx -all"]
    assert found["SOA"]["records"] == [["ns1.a.go.th", "host.a.go.th", 7]]
    assert found["CAA"]["records"] == [[0, "issue", "ca.example"]]
    assert found["NS"]["records"] == ["ns1.a.go.th"]
    tlsa = dns.ask("_25._tcp.mx1.a.go.th", "TLSA").facts
    assert tlsa["records"] == [[3, 1, 1, "ab" * 32]]
    assert (tlsa["rcode"], tlsa["ttl"], tlsa["chain"]) == ("NOERROR", 300, [])


def test_a_record_against_its_own_form_is_a_bad_reply(resolver: Resolver, dns: Dns) -> None:
    resolver.raw["_25._tcp.mx.go.th", "TLSA"] = b"\x03\x01\x01short of a digest"
    seen = dns.ask("_25._tcp.mx.go.th", "TLSA")
    assert (seen.status, seen.error) == ("broken", "bad_reply")


def test_no_such_name_is_an_answer_too(dns: Dns) -> None:
    seen = dns.ask("nothing.go.th", "A")
    assert (seen.status, seen.facts["rcode"], seen.facts["records"]) == ("answered", "NXDOMAIN", [])


def test_secure_and_insecure_are_told_apart(resolver: Resolver, dns: Dns) -> None:
    resolver.put("signed.go.th", "A", "203.150.0.1")
    resolver.put("plain.go.th", "A", "203.150.0.1")
    resolver.secure.add("signed.go.th")
    assert dns.ask("signed.go.th", "A").facts["secure"] is True
    assert dns.ask("plain.go.th", "A").facts["secure"] is False


def test_a_resolver_that_does_not_validate_says_nothing_of_security(
    resolver: Resolver, dns: Dns
) -> None:
    resolver.put("plain.go.th", "A", "203.150.0.1")
    resolver.secure.clear()
    assert dns.ask("plain.go.th", "A").facts["secure"] is None


def test_bogus_is_what_answers_only_without_validation(resolver: Resolver, dns: Dns) -> None:
    resolver.put("bogus.go.th", "A", "203.150.0.1")
    resolver.bogus.add("bogus.go.th")
    facts = dns.ask("bogus.go.th", "A").facts
    assert (facts["bogus"], facts["secure"], facts["rcode"]) == (True, False, "SERVFAIL")
    assert facts["records"] == ["203.150.0.1"]


def test_servers_that_fail_are_not_called_bogus(resolver: Resolver, dns: Dns) -> None:
    resolver.dead.add("dead.go.th")
    seen = dns.ask("dead.go.th", "A")
    assert (seen.status, seen.facts["rcode"]) == ("answered", "SERVFAIL")
    assert (seen.facts["bogus"], seen.facts["secure"], seen.facts["records"]) == (False, None, [])


def test_servers_that_stumble_once_are_not_called_bogus(resolver: Resolver, dns: Dns) -> None:
    resolver.put("slow.go.th", "A", "203.150.0.1")
    resolver.bogus.add("slow.go.th")

    def once() -> list[str]:
        resolver.bogus.discard("slow.go.th")
        return ["203.150.0.1"]

    resolver.records["slow.go.th", "A"] = once
    facts = dns.ask("slow.go.th", "A").facts
    assert (facts["bogus"], facts["secure"], facts["rcode"]) == (False, False, "NOERROR")


@pytest.mark.parametrize(("reason", "is_bogus"), [(6, True), (9, True), (22, False), (23, False)])
def test_the_resolvers_own_reason_decides(
    resolver: Resolver, dns: Dns, reason: int, is_bogus: bool
) -> None:
    resolver.put("odd.go.th", "A", "203.150.0.1")
    resolver.bogus.add("odd.go.th")
    resolver.ede = reason
    facts = dns.ask("odd.go.th", "A").facts
    assert (facts["bogus"], facts["ede"]) == (is_bogus, [reason])


def test_a_resolver_that_is_down_is_our_fault(resolver: Resolver) -> None:
    nobody = ground_of(resolver, resolvers=("127.0.0.1:1",), probe_seconds=0.2)
    dns = Dns(nobody)
    seen = [dns.ask(name, "A") for name in ("a.go.th", "b.go.th")]
    assert [(each.status, each.error) for each in seen] == [("unable", "no_resolver")] * 2


def test_a_resolver_that_refuses_us_is_our_fault(resolver: Resolver, dns: Dns) -> None:
    resolver.refuses = True
    seen = dns.ask("a.go.th", "A")
    assert (seen.status, seen.error) == ("unable", "no_resolver")


def test_the_next_resolver_is_asked_when_the_first_refuses(resolver: Resolver) -> None:
    resolver.put("a.go.th", "A", "203.150.0.1")
    with Resolver() as unwilling:
        unwilling.refuses = True
        dns = Dns(ground_of(resolver, resolvers=(unwilling.place, resolver.place)))
        assert dns.ask("a.go.th", "A").facts["records"] == ["203.150.0.1"]
        assert unwilling.asked


def test_silence_behind_a_resolver_that_is_there_is_theirs(resolver: Resolver) -> None:
    resolver.silent.add("tarpit.go.th")
    seen = Dns(ground_of(resolver, probe_seconds=0.1)).ask("tarpit.go.th", "A")
    assert (seen.status, seen.error) == ("silent", "timeout")


def test_questions_after_the_end_of_the_run_are_late(resolver: Resolver) -> None:
    seen = Dns(ground_of(resolver), lane=Deadline(0)).ask("a.go.th", "A")
    assert (seen.status, seen.error) == ("unable", "late")


def test_aliases_are_walked_and_named(resolver: Resolver, dns: Dns) -> None:
    resolver.put("www.go.th", "CNAME", "Web.go.th.")
    resolver.put("web.go.th", "CNAME", "cdn.example.")
    resolver.put("cdn.example", "A", "203.150.0.1")
    facts = dns.ask("www.go.th", "A").facts
    assert facts["chain"] == ["web.go.th", "cdn.example"]
    assert facts["records"] == ["203.150.0.1"]
    assert dns.ask("www.go.th", "CNAME").facts["records"] == ["web.go.th"]


@pytest.mark.parametrize(
    "names", [["a.go.th"], ["a.go.th", "b.go.th"], ["a.go.th", "b.go.th", "c.go.th"]]
)
def test_aliases_in_a_ring_are_a_loop(resolver: Resolver, dns: Dns, names: list[str]) -> None:
    for name, onward in zip(names, names[1:] + names[:1], strict=True):
        resolver.put(name, "CNAME", f"{onward}.")
    seen = dns.ask("a.go.th", "A")
    assert (seen.status, seen.error) == ("broken", "loop")


def test_thousands_of_texts_leave_the_policy_among_what_is_kept(
    resolver: Resolver, dns: Dns
) -> None:
    """Over TCP, and as many as one answer of DNS can hold (64 KiB)."""
    texts = [f"{number}" for number in range(3_300)]
    resolver.put("huge.go.th", "TXT", *(f'"{text}"' for text in texts), '"v=spf1 -all"')
    facts = dns.ask("huge.go.th", "TXT").facts
    assert facts["records"][0] == "v=spf1 -all"
    assert (len(facts["records"]), facts["total"]) == (MOST_RECORDS, len(texts) + 1)


def test_a_text_without_end_is_cut_and_keeps_nothing_unprintable(
    resolver: Resolver, dns: Dns
) -> None:
    resolver.put("long.go.th", "TXT", " ".join(['"' + "x" * 250 + '"'] * 100))
    resolver.put("odd.go.th", "TXT", r'"a\000b\255c"')
    assert len(dns.ask("long.go.th", "TXT").facts["records"][0]) == 2_000
    assert dns.ask("odd.go.th", "TXT").facts["records"] == [r"a\x00b\xffc"]


@pytest.mark.parametrize(
    "name",
    ["a\r\nb.go.th", "a\0b.go.th", "a b.go.th", "a..go.th", f"{'a' * 64}.th", "a." * 130, "ก.th"],
)
def test_what_is_no_name_is_not_asked(resolver: Resolver, dns: Dns, name: str) -> None:
    seen = dns.ask(name, "A")
    assert (seen.status, seen.error) == ("broken", "bad_name")
    assert resolver.asked == []
    assert seen.target.isprintable()


def test_each_question_is_asked_once_in_a_run(resolver: Resolver, dns: Dns) -> None:
    resolver.put("a.go.th", "A", "203.150.0.1")
    threads = [threading.Thread(target=dns.ask, args=("A.go.th.", "A")) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert resolver.asked.count(("a.go.th", "A")) == 1


def test_a_name_server_is_asked_itself(resolver: Resolver) -> None:
    resolver.put("a.go.th", "SOA", "ns1.a.go.th. host.a.go.th. 2026112301 1 1 1 1")
    dns = Dns(ground_of(resolver, ports={53: resolver.port}))
    seen = dns.ask_server("a.go.th", "ns1.a.go.th", "127.0.0.1")
    assert (seen.name, seen.status) == ("ns ns1.a.go.th@127.0.0.1", "answered")
    assert seen.facts["serial"] == 2026112301 and seen.facts["zone"] == "a.go.th"
    assert seen.facts["authoritative"] is False


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "loopback"),
        ("10.0.0.1", "private"),
        ("169.254.169.254", "metadata"),
        ("::1", "loopback"),
    ],
)
def test_no_name_server_inside_is_asked(resolver: Resolver, address: str, why: str) -> None:
    seen = Dns(ground_of(resolver, also=())).ask_server("a.go.th", "ns1.a.go.th", address)
    assert (seen.status, seen.error) == ("forbidden", why)


def test_a_name_server_that_speaks_nonsense_is_waited_for_no_longer_than_others(
    resolver: Resolver,
) -> None:
    with stranger(mute) as server:
        dns = Dns(ground_of(resolver, ports={53: server.port}, probe_seconds=0.1))
        seen = dns.ask_server("a.go.th", "ns1.a.go.th", "127.0.0.1")
    assert (seen.status, seen.error) == ("silent", "timeout")
