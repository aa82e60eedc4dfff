"""ST-1 and ST-5: the name servers answer, agree, and stand in more than one place."""

from __future__ import annotations

from collections.abc import Callable

from accounts.probing.observations import Observation
from accounts.readiness.checks.case import CannotTell, Case, Records, text, texts
from accounts.readiness.checks.findings import Part, failed, passed
from accounts.readiness.checks.hosts import exchangers_of
from accounts.readiness.reading.names import network_of, organisational

# The least and the most that a serial looks like where it is a Unix time.
_UNIX_TIMES = range(1_000_000_000, 4_200_000_000)
_DATES = range(1_970_010_100, 2_100_123_199)
_MOST_SERVERS = 20


def answer_alike(case: Case) -> list[Part]:
    """ST-1: two name servers answer with authority, and have the same zone."""
    zone, names = _zone_of(case)
    if names.is_lost:
        return [failed("dns_lost", zone)]
    if not names.is_there:
        return [failed("domain_missing", zone)]
    answers = [each for each in case_servers(case, names.texts) if _is_authoritative(each)]
    servers = sorted({each.target.partition("@")[0] for each in answers})
    if len(servers) < case.number("least_servers"):
        return [_too_few(case, names.texts, servers)]
    serials = sorted({each.facts["serial"] for each in answers})
    if not _is_within(serials, case.number("serial_seconds")):
        pairs = [f"{each.target.partition('@')[0]} {each.facts['serial']}" for each in answers]
        return [failed("ns_serials_differ", servers=sorted(set(pairs))[:_MOST_SERVERS])]
    return [passed("ns_agree", servers=servers[:_MOST_SERVERS], serial=serials[-1])]


def _zone_of(case: Case) -> tuple[str, Records]:
    """The zone a name stands in, and its NS; a name below a zone's top has none of its own."""
    own = case.dns(case.name, "NS")
    if own.records or own.is_lost or not own.is_there:
        return case.name, own
    above = own.zone or case.dns(case.name, "SOA").zone
    is_near = above and case.name.endswith(f".{above}") and organisational(above) != ""
    if not is_near or len(above) < len(organisational(case.name)):
        return case.name, own
    return above, case.dns(above, "NS")


def case_servers(case: Case, names: list[str]) -> list[Observation]:
    """What the name servers said of the zone; those that we could not ask are left out."""
    found: list[Observation] = []
    for name in names[:_MOST_SERVERS]:
        try:
            found += case.servers("ns", name)
        except CannotTell:
            continue
    return found


def _too_few(case: Case, names: list[str], servers: list[str]) -> Part:
    """A fail, unless servers that we could not ask might make up for it."""
    lost: CannotTell | None = None
    for name in names[:_MOST_SERVERS]:
        try:
            case.servers("ns", name)
        except CannotTell as error:
            lost = error
    if lost is not None:
        raise lost
    return failed("ns_too_few", servers=servers, listed=names[:_MOST_SERVERS])


def _is_authoritative(each: Observation) -> bool:
    serial = each.facts.get("serial")
    return each.is_answered and each.facts.get("authoritative") is True and isinstance(serial, int)


def _is_within(serials: list[int], seconds: int) -> bool:
    """Whether the serials are the same, or times that lie close together.

    Of other serials one look cannot tell how long ago they parted; the next run can.
    """
    if len(serials) == 1:
        return True
    are_times = all(each in _UNIX_TIMES and each not in _DATES for each in serials)
    return are_times and serials[-1] - serials[0] <= seconds


def stand_apart(case: Case) -> list[Part]:
    """ST-5: two mail servers, or two name servers, stand in different networks."""
    _, names = _zone_of(case)
    groups: dict[str, Callable[[], list[str]]] = {"NS": lambda: names.texts[:_MOST_SERVERS]}
    if case.subject.has_mail:
        groups["MX"] = lambda: exchangers_of(case).hosts
    lost: CannotTell | None = None
    found: dict[str, list[str]] = {}
    for kind, hosts_of in groups.items():
        try:
            found[kind] = _networks(case, hosts_of())
        except CannotTell as error:
            lost = error
    for kind, networks in found.items():
        if len(networks) >= case.number("least_hosts"):
            return [passed("spread", kind=kind, networks=networks)]
    if lost is not None:
        raise lost
    return [failed("not_spread", networks=sorted({n for each in found.values() for n in each}))]


def _networks(case: Case, hosts: list[str]) -> list[str]:
    """The networks of one host each, as different as can be. Raises CannotTell."""
    v4, v6 = case.number("v4_prefix"), case.number("v6_prefix")
    networks: dict[str, set[str]] = {}
    for host in hosts:
        for kind in ("A", "AAAA"):
            for address in texts(case.dns(host, kind).records):
                if network := network_of(text(address), v4, v6):
                    networks.setdefault(network, set()).add(host)
    if len(set().union(*networks.values())) < 2:
        # One host in two networks is still one host.
        return sorted(networks)[:1]
    return _of_a_family(networks)[:_MOST_SERVERS]


def _of_a_family(networks: dict[str, set[str]]) -> list[str]:
    """Those of the family that has more: a host's v4 and v6 networks are one place."""
    v4 = {network for network in networks if ":" not in network}
    v6 = set(networks) - v4
    in_v4 = set().union(*(networks[each] for each in v4))
    in_v6 = set().union(*(networks[each] for each in v6))
    if in_v4.isdisjoint(in_v6):
        return sorted(networks)
    return sorted(v4 if len(v4) >= len(v6) else v6)
