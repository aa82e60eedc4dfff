"""SE-10: nobody can sign in to the agency's mail in clear text."""

from __future__ import annotations

from accounts.probing.observations import Status
from accounts.readiness.checks.case import Case, text, texts
from accounts.readiness.checks.findings import Part, failed, passed, unknown, untested
from accounts.readiness.checks.hosts import without_mail

_CLOSED = ("refused", "reset")


def are_encrypted(case: Case) -> list[Part]:
    """SE-10: each place where officials sign in, as the agency has declared them."""
    if beside := without_mail(case):
        return beside
    if not case.subject.logins:
        return [untested("logins_undeclared")]
    return [case.attempt(each, lambda one: _look_at(case, one)) for each in case.subject.logins]


def _look_at(case: Case, declared: str) -> Part:
    found = case.look("login", declared)
    kind = text(found.facts.get("kind"))
    if found.status == Status.FORBIDDEN:
        return untested("login_forbidden", declared, kind=found.error)
    if not found.is_answered and found.error in _CLOSED:
        # Who cannot come in at all cannot do so in clear.
        return passed("login_closed", declared)
    if kind == "web":
        return _page(found.facts.get("password_in_clear"), declared, found.is_answered)
    if not found.is_answered:
        return untested("login_not_seen", declared, error=found.error)
    offered = texts(found.facts.get("auth_before_tls"))
    if offered:
        return failed("login_in_clear", declared, kind=kind, offered=offered[:10])
    disabled = found.facts.get("login_disabled")
    if disabled is None:
        return unknown("login_untold", declared)
    if disabled is not True:
        return failed("login_in_clear", declared, kind=kind, offered=[])
    return passed("login_encrypted", declared, kind=kind)


def _page(in_clear: object, declared: str, is_answered: bool) -> Part:
    if in_clear is True:
        return failed("password_in_clear", declared)
    if not is_answered:
        return untested("login_not_seen", declared, error="")
    if in_clear is None:
        return unknown("login_untold", declared)
    return passed("login_encrypted", declared, kind="web")
