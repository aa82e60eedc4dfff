"""SE-7: other servers are asked to report when TLS to this domain fails."""

from __future__ import annotations

from accounts.readiness.checks.case import Case
from accounts.readiness.checks.findings import Part, failed, passed
from accounts.readiness.checks.hosts import without_mail
from accounts.readiness.reading.errors import Unreadable
from accounts.readiness.reading.transport import read_tls_report


def are_wanted(case: Case) -> list[Part]:
    """SE-7: one TLS-RPT record with an address."""
    if beside := without_mail(case):
        return beside
    name = f"_smtp._tls.{case.name}"
    found = case.dns(name, "TXT")
    if found.is_lost:
        return [failed("dns_lost", name)]
    records = [each for each in found.texts if each.startswith("v=TLSRPTv1")]
    if not records:
        return [failed("tlsrpt_missing")]
    if len(records) > 1:
        return [failed("tlsrpt_several", records=records[:5])]
    try:
        addresses = read_tls_report(records[0])
    except Unreadable as error:
        return [failed("tlsrpt_malformed", record=records[0], why=error.why)]
    return [passed("tlsrpt_good", record=records[0], rua=list(addresses)[:10])]
