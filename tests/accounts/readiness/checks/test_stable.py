"""ST-1 to ST-5, each good, bad, by our fault unknown, and where it does not apply."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.probing.observations import Observation, Status
from accounts.readiness.subject import Subject
from tests.accounts.readiness import evidences
from tests.accounts.readiness.checks.rows import AT_MX1, CUT_OFF, MX1, MX2, Row, must_hold, named
from tests.accounts.readiness.evidences import (
    NAME,
    NOON,
    but,
    certificate,
    dns,
    good_subject,
    judged,
    lost,
    missing,
    observed,
    parked_subject,
    smtp,
    tls,
    unable,
)


def _ns(server: str, **facts: object) -> Observation:
    known = {"zone": NAME, "serial": 2026112301, "authoritative": True}
    address = evidences.ADDRESSES[server][0]
    return observed("ns", f"{server}@{address}", **(known | facts))


def _silent(probe: str, target: str) -> Observation:
    return observed(probe, target, Status.SILENT)


def _days(*, up: int = 24, down: int = 0, count: int = 14, skip: int = -1) -> Subject:
    days = [NOON.date() - timedelta(days=each) for each in range(count) if each != skip]
    return good_subject(
        availability=tuple(
            (day.isoformat(), service, up, down, 0) for day in days for service in ("smtp", "https")
        )
    )


NS2 = ("ns ns2.agency.go.th@*",)

NAME_SERVERS = [
    Row("ST-1", "pass", "ns_agree"),
    Row("ST-1", "pass", "ns_agree", subject=parked_subject()),
    Row("ST-1", "fail", "ns_too_few", (dns(f"{NAME} NS", "ns1.agency.go.th"),)),
    Row(
        "ST-1",
        "fail",
        "ns_too_few",
        (_silent("ns", "ns2.agency.go.th@198.51.100.53"),),
        without=NS2,
    ),
    Row("ST-1", "fail", "ns_too_few", (_ns("ns2.agency.go.th", authoritative=False),), without=NS2),
    Row("ST-1", "fail", "ns_serials_differ", (_ns("ns2.agency.go.th", serial=2026112300),)),
    # Serials that are times: an hour apart is the same zone.
    Row(
        "ST-1",
        "pass",
        "ns_agree",
        (_ns("ns1.agency.go.th", serial=1795400000), _ns("ns2.agency.go.th", serial=1795403600)),
        without=("ns ns1.agency.go.th@2001*", "ns ns2.agency.go.th@2001*"),
    ),
    Row(
        "ST-1",
        "fail",
        "ns_serials_differ",
        (_ns("ns1.agency.go.th", serial=1795400000), _ns("ns2.agency.go.th", serial=1795403601)),
        without=("ns ns1.agency.go.th@2001*", "ns ns2.agency.go.th@2001*"),
    ),
    Row("ST-1", "fail", "domain_missing", (missing(f"{NAME} NS"),)),
    Row("ST-1", "fail", "dns_lost", (lost(f"{NAME} NS"),)),
    Row("ST-1", "unknown", "unable", (unable(f"dns {NAME} NS"),)),
    Row("ST-1", "unknown", "unable", (unable("ns ns2.agency.go.th@198.51.100.53"),), without=NS2),
    Row("ST-1", "unknown", "not_asked", without=NS2),
    Row("ST-1", "unknown", "no_route", (lost(f"{NAME} NS"), CUT_OFF)),
    Row("ST-5", "pass", "spread"),
    Row("ST-5", "pass", "spread", (dns(f"{NAME} MX", [10, MX1]),)),
    Row("ST-5", "pass", "spread", (dns(f"{NAME} NS", "ns1.agency.go.th"),)),
    Row(
        "ST-5",
        "fail",
        "not_spread",
        (dns(f"{NAME} MX", [10, MX1]), dns(f"{NAME} NS", "ns1.agency.go.th")),
    ),
    # One server in two networks is still one server.
    Row(
        "ST-5",
        "fail",
        "not_spread",
        (
            dns(f"{NAME} NS", "ns1.agency.go.th"),
            dns(f"{NAME} MX", [10, MX1]),
            dns(f"{MX1} A", "203.0.113.10", "198.51.100.77"),
        ),
    ),
    # Two servers in one network, by IPv4; of IPv6 they have none.
    Row(
        "ST-5",
        "fail",
        "not_spread",
        (
            dns(f"{NAME} NS", "ns1.agency.go.th"),
            dns(f"{MX1} A", "203.0.113.10"),
            dns(f"{MX2} A", "203.0.113.20"),
            dns(f"{MX1} AAAA"),
            dns(f"{MX2} AAAA"),
        ),
    ),
    Row(
        "ST-5",
        "unknown",
        "unable",
        (dns(f"{NAME} NS", "ns1.agency.go.th"), unable(f"dns {NAME} MX")),
    ),
    Row("ST-5", "pass", "spread", (unable(f"dns {NAME} MX"),)),
]

MAIL_SERVERS = [
    Row("ST-2", "pass", "mx_greets"),
    Row("ST-2", "not_applicable", "no_mail", subject=good_subject(role="web")),
    Row("ST-2", "fail", "mx_missing", (dns(f"{NAME} MX"),)),
    Row("ST-2", "fail", "mx_null", (dns(f"{NAME} MX", [0, ""]),)),
    Row("ST-2", "fail", "mx_null_beside", (dns(f"{NAME} MX", [0, ""], [10, MX1]),)),
    Row("ST-2", "fail", "mx_is_alias", (dns(f"{MX1} CNAME", "other.example"),)),
    Row("ST-2", "fail", "mx_is_alias", (dns(f"{MX1} A", "192.0.2.1", chain=["other.example"]),)),
    Row("ST-2", "fail", "mx_is_address", (dns(f"{NAME} MX", [10, "203.0.113.10"]),)),
    Row(
        "ST-2",
        "fail",
        "mx_without_address",
        (missing(f"{MX1} A"), missing(f"{MX1} AAAA")),
        without=(f"smtp {MX1}*",),
    ),
    Row(
        "ST-2",
        "fail",
        "mx_private",
        (observed("smtp", AT_MX1, Status.FORBIDDEN, error="private"),),
    ),
    Row("ST-2", "fail", "mx_silent", (_silent("smtp", AT_MX1),)),
    Row("ST-2", "fail", "mx_closed", (observed("smtp", AT_MX1, Status.BROKEN, error="refused"),)),
    Row("ST-2", "fail", "mx_turns_away", (smtp(MX1, banner_code=554, banner="no"),)),
    Row("ST-2", "fail", "mx_slow", (smtp(MX1, banner_ms=10_001),)),
    Row("ST-2", "pass", "mx_greets", (smtp(MX1, banner_ms=10_000),)),
    # Another address of the same name greets.
    Row("ST-2", "pass", "mx_greets", (_silent("smtp", f"{MX1}@2001:db8:1::10"),)),
    Row("ST-2", "fail", "dns_lost", (lost(f"{NAME} MX"),)),
    Row("ST-2", "fail", "dns_lost", (lost(f"{MX1} A"),)),
    Row("ST-2", "unknown", "unable", (unable(f"smtp {AT_MX1}"),)),
    Row("ST-2", "unknown", "not_asked", without=(f"smtp {MX1}*",)),
    Row("ST-2", "unknown", "no_route", (_silent("smtp", AT_MX1), CUT_OFF)),
    # A fail is a fail, whatever else could not be asked.
    Row(
        "ST-2",
        "fail",
        "mx_turns_away",
        (smtp(MX1, banner_code=554), unable(f"smtp {MX2}@198.51.100.10")),
    ),
    Row(
        "ST-2",
        "not_tested",
        "mx_too_many",
        (
            dns(
                f"{NAME} MX",
                *([number, MX1 if number else MX2] for number in range(2)),
                total=5_000,
            ),
        ),
    ),
]

WINDOWS = [
    Row("ST-3", "pass", "up_enough"),
    Row("ST-3", "not_applicable", "no_web", subject=parked_subject()),
    Row("ST-3", "fail", "up_too_little", subject=_days(up=98, down=1 + 1)),
    Row("ST-3", "pass", "up_enough", subject=_days(up=99, down=1)),
    Row("ST-3", "not_tested", "window_short", subject=_days(count=13)),
    Row("ST-3", "not_tested", "window_short", subject=good_subject(availability=())),
    Row("ST-3", "unknown", "window_gaps", subject=_days(skip=5)),
    # Today is not over yet.
    Row("ST-3", "pass", "up_enough", subject=_days(skip=0)),
    Row("ST-3", "not_tested", "window_short", subject=_days(up=2)),
]

EXPIRIES = [
    Row("ST-4", "pass", "certificate_lasts"),
    Row("ST-4", "not_applicable", "no_web", subject=parked_subject()),
    Row("ST-4", "pass", "certificate_lasts", (tls(NAME, certificates=[certificate(days=30)]),)),
    Row("ST-4", "partial", "certificate_ends", (tls(NAME, certificates=[certificate(days=29)]),)),
    Row("ST-4", "partial", "certificate_ends", (tls(NAME, certificates=[certificate(days=14)]),)),
    Row("ST-4", "fail", "certificate_ends_soon", (tls(NAME, certificates=[certificate(days=13)]),)),
    Row("ST-4", "fail", "certificate_ends_soon", (smtp(MX1, certificates=[certificate(days=3)]),)),
    Row("ST-4", "fail", "certificate_expired", (tls(NAME, certificates=[certificate(days=0)]),)),
    Row("ST-4", "fail", "certificate_unreadable", (tls(NAME, certificates=["-----nothing"]),)),
    Row(
        "ST-4", "pass", "certificate_lasts", (smtp(MX1, certificates=[], starttls=False, tls=None),)
    ),
    Row("ST-4", "not_tested", "certificate_not_seen", (_silent("tls", f"{NAME}@203.0.113.80"),)),
    Row("ST-4", "not_tested", "certificate_not_seen", (_silent("smtp", AT_MX1),)),
    Row("ST-4", "unknown", "unable", (unable(f"tls {NAME}@203.0.113.80"),)),
    Row(
        "ST-4",
        "fail",
        "certificate_expired",
        (tls(NAME, certificates=[certificate(days=-1)]), unable(f"smtp {AT_MX1}")),
    ),
]
ROWS = [*NAME_SERVERS, *MAIL_SERVERS, *WINDOWS, *EXPIRIES]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_rule_finds_what_it_must(row: Row) -> None:
    must_hold(row)


def test_an_expired_certificate_is_grave_and_one_that_will_expire_is_not() -> None:
    expired = judged("ST-4", but(tls(NAME, certificates=[certificate(days=-1)])))
    soon = judged("ST-4", but(tls(NAME, certificates=[certificate(days=1)])))
    assert (expired.is_grave, soon.is_grave) == (True, False)


def test_a_certificate_that_ends_within_the_month_needs_only_a_plan() -> None:
    assert judged("ST-4", but(tls(NAME, certificates=[certificate(days=20)]))).blocks is False
    assert judged("ST-4", but(tls(NAME, certificates=[certificate(days=2)]))).blocks is None


def test_mail_does_not_hide_behind_the_web() -> None:
    days = [
        (day, service, *((95, 5) if service == "smtp" else (100, 0)), 0)
        for day, service, *_ in good_subject().availability
    ]
    found = judged("ST-3", subject=good_subject(availability=tuple(days)))
    assert (found.reason, found.facts["of"]) == ("up_too_little", ["smtp"])


def test_probes_that_failed_on_our_side_count_for_nothing() -> None:
    days = [(day, service, 3, 0, 21) for day, service, *_ in good_subject().availability]
    assert judged("ST-3", subject=good_subject(availability=tuple(days))).outcome == "pass"


def test_a_name_below_the_zones_top_is_judged_by_its_zone() -> None:
    name = f"office.{NAME}"
    seen = but(dns(f"{name} NS", zone=NAME), dns(f"{name} SOA", zone=NAME))
    found = judged("ST-1", seen, good_subject(name=name))
    assert (found.outcome, found.reason) == ("pass", "ns_agree")
