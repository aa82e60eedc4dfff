from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.probing.dns import Dns
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness.gathering import ask_dns
from accounts.readiness.subject import Subject
from tests.accounts.probing import strangers
from tests.accounts.probing.resolver import Resolver
from tests.accounts.probing.strangers import mute, stranger

SUBJECT = Subject(
    "dept.moph.go.th",
    "mail",
    hosts=("dept.moph.go.th", "www.dept.moph.go.th"),
    selectors=("s1", "s2"),
)
OF_THE_DOMAIN = ["SOA", "NS", "MX", "A", "AAAA", "TXT", "CAA", "DNSKEY"]


def ground_of(resolver: Resolver, **changes: object) -> Ground:
    """The resolver is all name servers, too."""
    return strangers.ground_of(resolver, **{"ports": {53: resolver.port}, **changes})


@pytest.fixture
def zone(resolver: Resolver) -> Resolver:
    name = SUBJECT.name
    resolver.put(name, "SOA", f"ns1.{name}. host.{name}. 7 1 1 1 1")
    resolver.put(name, "NS", f"ns1.{name}.", "ns.other.th.")
    resolver.put(f"ns1.{name}", "A", "127.0.0.1")
    resolver.put("ns.other.th", "A", "10.0.0.53")
    resolver.put(name, "MX", "20 mx.isp.th.", f"10 mx.{name}.")
    resolver.put(name, "TXT", '"v=spf1 mx include:_spf.isp.th -all"', '"other"')
    resolver.put("_spf.isp.th", "TXT", '"v=spf1 a:out.isp.th redirect=_more.isp.th"')
    resolver.put("moph.go.th", "A", "203.150.0.1")
    resolver.put(
        f"_dmarc.{name}", "TXT", '"v=DMARC1; p=reject; rua=mailto:r@moph.go.th,mailto:r@reports.th"'
    )
    return resolver


def names_of(found: Observations, probe: str = "dns") -> set[str]:
    return {each.target for each in found.of(probe)}


def test_all_that_the_evidence_names_is_asked_and_nothing_twice(zone: Resolver) -> None:
    found = ask_dns(SUBJECT, ground_of(zone))
    name = SUBJECT.name
    wanted = {f"{name} {kind}" for kind in OF_THE_DOMAIN}
    wanted |= {f"_dmarc.{name} TXT", "_dmarc.moph.go.th TXT"}
    wanted |= {f"{label}.{name} TXT" for label in ("_mta-sts", "_smtp._tls", "_govmail-challenge")}
    wanted |= {f"{each}._domainkey.{name} TXT" for each in ("s1", "s2")}
    wanted |= {f"{name}._report._dmarc.reports.th TXT"}
    for mx in (f"mx.{name}", "mx.isp.th"):
        wanted |= {f"{mx} {kind}" for kind in ("A", "AAAA", "CNAME", "SOA")}
        wanted |= {f"_25._tcp.{mx} TLSA"}
    wanted |= {f"{host} {kind}" for host in SUBJECT.hosts for kind in ("A", "AAAA", "CNAME")}
    wanted |= {
        f"{host} {kind}" for host in (f"ns1.{name}", "ns.other.th") for kind in ("A", "AAAA")
    }
    wanted |= {f"mta-sts.{name} {kind}" for kind in ("A", "AAAA")}
    wanted |= {"_spf.isp.th TXT", "_more.isp.th TXT", "out.isp.th A", "out.isp.th AAAA"}
    assert names_of(found) == wanted
    asked = [each for each in zone.asked if each != ("dept.moph.go.th", "SOA")]
    assert len(asked) == len(set(asked))


def test_name_servers_are_asked_themselves_and_those_inside_are_not(zone: Resolver) -> None:
    found = ask_dns(SUBJECT, ground_of(zone))
    own = found.get("ns", f"ns1.{SUBJECT.name}@127.0.0.1")
    inside = found.get("ns", "ns.other.th@10.0.0.53")
    assert own is not None and (own.status, own.facts["serial"]) == ("answered", 7)
    assert inside is not None and (inside.status, inside.error) == ("forbidden", "private")


def test_a_zone_that_is_above_is_asked_for_its_servers(resolver: Resolver) -> None:
    resolver.put("moph.go.th", "NS", "ns.moph.go.th.")
    resolver.put("dept.moph.go.th", "A", "203.150.0.1")
    resolver.zones.append("moph.go.th")
    found = ask_dns(SUBJECT, ground_of(resolver))
    assert {"moph.go.th NS", "ns.moph.go.th A"} <= names_of(found)


def test_the_zone_of_a_mail_server_is_asked_whether_it_is_secure(zone: Resolver) -> None:
    zone.put("mx.isp.th", "A", "203.150.0.9")
    zone.zones.append("isp.th")
    assert "isp.th SOA" in names_of(ask_dns(SUBJECT, ground_of(zone)))


def test_a_domain_without_mail_and_web_is_asked_less(zone: Resolver) -> None:
    parked = replace(SUBJECT, role="parked", hosts=(), selectors=())
    names = names_of(ask_dns(parked, ground_of(zone)))
    assert f"{SUBJECT.name} TXT" in names
    assert not any(each.startswith(("www.", "mta-sts.")) for each in names)


def test_spf_that_leads_in_a_ring_or_on_and_on_ends(resolver: Resolver) -> None:
    name = SUBJECT.name
    resolver.put(name, "TXT", f'"v=spf1 include:{name} include:0.th -all"')
    for number in range(60):
        onward = f"include:{number + 1}.th a:x{number}.th a:y{number}.th"
        resolver.put(f"{number}.th", "TXT", f'"v=spf1 {onward}"')
    asked = {each for each in names_of(ask_dns(SUBJECT, ground_of(resolver))) if " TXT" in each}
    assert "0.th TXT" in asked and "3.th TXT" in asked
    assert "20.th TXT" not in asked


def test_one_silent_name_holds_up_no_other(zone: Resolver) -> None:
    zone.silent |= {"mx.isp.th", "_spf.isp.th", f"_dmarc.{SUBJECT.name}"}
    found = ask_dns(SUBJECT, ground_of(zone, probe_seconds=0.3))
    silent = {each.target for each in found if each.status == Status.SILENT}
    assert {target.partition(" ")[0] for target in silent} == zone.silent
    rest = [each for each in found.of("dns") if each.target not in silent]
    assert len(rest) >= 30 and all(each.is_answered for each in rest)


def test_what_the_lane_had_no_time_for_is_our_fault(zone: Resolver) -> None:
    found = ask_dns(SUBJECT, ground_of(zone, dns_lane_seconds=0))
    assert {(each.status, each.error) for each in found} == {(Status.UNABLE, "late")}


def test_a_resolver_that_is_down_makes_everything_unable(zone: Resolver) -> None:
    found = ask_dns(SUBJECT, ground_of(zone, resolvers=("127.0.0.1:1",), probe_seconds=0.1))
    assert len(found) > 15
    assert {(each.status, each.error) for each in found} == {(Status.UNABLE, "no_resolver")}


def test_a_fault_of_ours_spoils_one_question_only(
    zone: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Dns.ask

    def faulty(dns: Dns, name: str, kind: str) -> Observation:
        if kind == "CAA":
            raise RuntimeError
        return ask(dns, name, kind)

    monkeypatch.setattr(Dns, "ask", faulty)
    found = ask_dns(SUBJECT, ground_of(zone))
    spoilt = [each for each in found.of("dns") if not each.is_answered]
    assert [(each.target, each.error) for each in spoilt] == [(f"{SUBJECT.name} CAA", "ours")]


def test_progress_is_told_and_ends_at_all(zone: Resolver) -> None:
    told: list[tuple[int, int]] = []
    ask_dns(SUBJECT, ground_of(zone), tell=lambda asked, to_ask: told.append((asked, to_ask)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > 30


def test_silence_while_our_own_way_out_is_cut_is_ours(zone: Resolver) -> None:
    zone.silent.add("mx.isp.th")
    zone.dead.add(f"_mta-sts.{SUBJECT.name}")
    with stranger(mute) as gone:
        cut = f"127.0.0.1:{gone.port}"
    found = ask_dns(SUBJECT, ground_of(zone, probe_seconds=0.2, references=(cut,)))
    ours = {each.target for each in found.of("dns") if each.error == "no_route"}
    assert {"mx.isp.th A", f"_mta-sts.{SUBJECT.name} TXT"} <= ours
    assert not [each for each in found if each.status == Status.SILENT]
    route = found.get("route", "control")
    assert route is not None and route.status == Status.UNABLE


def test_silence_while_our_own_way_out_works_is_theirs(zone: Resolver) -> None:
    zone.silent.add("mx.isp.th")
    with stranger(mute) as there:
        works = f"127.0.0.1:{there.port}"
        found = ask_dns(SUBJECT, ground_of(zone, probe_seconds=0.2, references=(works,)))
    silent = [each for each in found if each.status == Status.SILENT]
    assert {each.target.partition(" ")[0] for each in silent} == {"mx.isp.th"}
