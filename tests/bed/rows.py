"""What the portal's own rows say of an agency of the bed: a run's `Subject`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from accounts.readiness.subject import Subject
from tests.bed.agency import HOSTS, BedAgency

CHALLENGE = "c0ffee" * 6 + "c0ff"
SELECTORS = ("s1", "s2")
_DAY = timedelta(days=1)


def subject_of(agency: BedAgency, now: datetime) -> Subject:
    """What a run of `now` would be given; aware."""
    is_mail, is_parked = agency.role == "mail", agency.role == "parked"
    domain, rows = agency.domain, agency.rows
    usual: dict[str, Any] = {
        "hosts": () if is_parked else (domain, *(f"{host}.{domain}" for host in HOSTS)),
        "logins": _logins(domain) if is_mail else (),
        "selectors": SELECTORS if is_mail else (),
        "challenge": CHALLENGE,
        "verified_at": now - 30 * _DAY,
        "no_forwarding_at": now - 30 * _DAY,
    }
    written = {
        "availability": _availability(agency, now, str(rows.get("availability", "usual"))),
        "signed": _signed(domain, now, str(rows.get("signed", "usual"))) if is_mail else None,
        "saraban": _saraban(domain, now, str(rows.get("saraban", "usual"))) if is_mail else None,
    }
    if rows.get("verified_at") == "long-ago":
        written["verified_at"] = now - 400 * _DAY
    return Subject(domain, agency.role, **{**usual, **rows, **written})


def _logins(domain: str) -> tuple[str, ...]:
    return (f"imap.{domain}:143", f"smtp.{domain}:587", f"https://webmail.{domain}/")


def _availability(
    agency: BedAgency, now: datetime, kind: str
) -> tuple[tuple[str, str, int, int, int], ...]:
    """Hourly probes of fourteen days; "often-away": one in twelve in vain, as of its web.

    "lost": for three days all that was heard was our own outage.
    """
    if agency.role == "parked":
        return ()
    services = ("smtp", "https") if agency.role == "mail" else ("https",)
    missed = {"often-away": {"https": 2}}.get(kind, {})
    days = [(now - age * _DAY).date().isoformat() for age in range(13, -1, -1)]
    lost = days[5:8] if kind == "lost" else []
    return tuple(
        (day, service, 0, 0, 24)
        if day in lost
        else (day, service, 24 - missed.get(service, 0), missed.get(service, 0), 0)
        for day in days
        for service in services
    )


def _signed(domain: str, now: datetime, kind: str) -> Mapping[str, Any]:
    by = domain if kind == "usual" else "bulk.elsewhere.test"
    signature = {"d": by, "s": "s1", "result": "pass", "algorithm": "rsa-sha256", "bits": 2048}
    return {
        "arrived_at": (now - _DAY).isoformat(),
        "from_domain": domain,
        "signatures": [signature],
        "aligned": by == domain,
    }


def _saraban(domain: str, now: datetime, kind: str) -> Mapping[str, Any]:
    if kind == "not-sent":
        return {"sent_at": None, "reply_code": None, "reply": "", "answered_at": None}
    sent = now - 10 * _DAY
    answered = (sent + timedelta(hours=2)).isoformat() if kind == "usual" else None
    return {
        "sent_at": sent.isoformat(),
        "reply_code": 250,
        "reply": "250 2.0.0 Ok",
        "answered_at": answered,
        "answer_by": (sent + 4 * _DAY).isoformat(),
        "from_domain": domain if answered else "",
    }
