"""TR-7 and TR-8: incidents can be reported, and mail does not leave by itself."""

from __future__ import annotations

from accounts.readiness.checks.case import Case, mapping, number, text
from accounts.readiness.checks.findings import Part, beside, failed, passed
from accounts.readiness.checks.hosts import without_mail
from accounts.readiness.checks.secure.web import header
from accounts.readiness.checks.trustworthy.control import months_before
from accounts.readiness.reading import security_txt


def are_published(case: Case) -> list[Part]:
    """TR-7: a valid security.txt, or a contact that the agency has published elsewhere."""
    if not case.subject.has_web:
        return [beside("is_parked")]
    if contact := case.subject.incident_contact.strip():
        return [passed("contact_published", contact=contact)]
    return [_security_txt(case)]


def _security_txt(case: Case) -> Part:
    page = case.look("http", f"https://{case.name}/.well-known/security.txt")
    hops = page.facts.get("hops")
    hop = mapping(hops[-1]) if isinstance(hops, list) and hops else {}
    status, url = number(hop.get("status")), text(page.facts.get("final")) or page.target
    facts = {"url": page.target}
    if status != 200 or not page.is_answered:
        return failed("security_txt_missing", status=status, error=page.error, **facts)
    kind = header(hop, "content-type").lower()
    if kind.partition(";")[0].strip() != "text/plain":
        return failed("security_txt_wrong", wrong=["content_type"], kind=kind[:100], **facts)
    if not url.lower().startswith("https://") or hop.get("trusted") is False:
        return failed("security_txt_wrong", wrong=["https"], **facts)
    wrong = security_txt.wrong_with(text(page.facts.get("body")), case.now)
    if "expired" in wrong:
        return failed("security_txt_expired", **facts)
    if wrong:
        return failed("security_txt_wrong", wrong=wrong[:10], **facts)
    return passed("security_txt_good", **facts)


def forwards_nothing(case: Case) -> list[Part]:
    """TR-8: an officer's word, not older than it may be."""
    if beside := without_mail(case):
        return beside
    given, months = case.subject.no_forwarding_at, case.number("months")
    if given is None:
        return [failed("forwarding_unsaid")]
    if given <= months_before(case.now, months):
        return [failed("forwarding_said_long_ago", at=given.isoformat(), months=months)]
    return [passed("forwarding_denied", at=given.isoformat())]
