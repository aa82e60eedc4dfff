from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.probing.observations import Observation
from accounts.readiness.ladder import lowest, rung_of
from tests.accounts.readiness.evidences import NAME, NOON, but, dns, good_subject, missing, unable


def _dmarc(record: str) -> Observation:
    return dns(f"_dmarc.{NAME} TXT", record)


def _past(*policies: str, every: int = 30) -> list[tuple[datetime, str]]:
    """The newest first, so many days apart."""
    return [(NOON - timedelta(days=every * n), policy) for n, policy in enumerate(policies)]


NO_KEY = missing(f"s2026._domainkey.{NAME} TXT")
RUA = f"rua=mailto:a@{NAME}"
QUARTER = _past("reject", "reject", "reject", "reject")


@pytest.mark.parametrize(
    ("changes", "history", "rung"),
    [
        ((missing(f"_dmarc.{NAME} TXT"),), [], "none"),
        ((_dmarc("v=DMARC1; p=odd"),), [], "none"),
        ((_dmarc("v=DMARC1; p=none"),), [], "assess"),
        ((_dmarc(f"v=DMARC1; p=none; {RUA}"),), [], "deploy"),
        ((_dmarc(f"v=DMARC1; p=none; {RUA}"), dns(f"{NAME} TXT")), [], "assess"),
        (
            (_dmarc(f"v=DMARC1; p=none; {RUA}"), missing(f"s2026._domainkey.{NAME} TXT")),
            [],
            "assess",
        ),
        ((_dmarc(f"v=DMARC1; p=quarantine; {RUA}"),), QUARTER, "enforce"),
        ((), [], "enforce"),
        ((), _past("reject", "reject", "reject"), "enforce"),
        ((), QUARTER, "maintain"),
        ((), _past("reject", "quarantine", "reject", "reject", "reject"), "enforce"),
        ((unable(f"dns _dmarc.{NAME} TXT"),), QUARTER, ""),
    ],
)
def test_a_domain_stands_on_the_rung_it_has_reached(
    changes: tuple[Observation, ...], history: list[tuple[datetime, str]], rung: str
) -> None:
    assert rung_of(good_subject(), but(*changes), history, now=NOON) == rung


def test_what_was_found_later_does_not_count() -> None:
    later = [(NOON + timedelta(days=1), "none"), *QUARTER]
    assert rung_of(good_subject(), but(), later, now=NOON) == "maintain"


def test_an_agency_stands_where_its_lowest_domain_does() -> None:
    assert lowest(["maintain", "deploy", "enforce"]) == "deploy"
    assert lowest(["maintain", ""]) == "maintain"
    assert lowest([]) == ""
