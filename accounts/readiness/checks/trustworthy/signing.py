"""TR-4: letters are signed: every declared key can be used, and a real letter has shown it."""

from __future__ import annotations

from typing import Any

from accounts.models import Outcome
from accounts.readiness.checks.case import Case, mapping, text
from accounts.readiness.checks.findings import Part, failed, partial, passed, planned, untested
from accounts.readiness.checks.hosts import without_mail
from accounts.readiness.checks.trustworthy.senders import MOST_TEXT
from accounts.readiness.reading import dkim_keys
from accounts.readiness.reading.dkim_keys import DkimKey
from accounts.readiness.reading.names import is_same_organisation

LETTER = "letter"


def is_done(case: Case) -> list[Part]:
    """TR-4."""
    if beside := without_mail(case):
        return beside
    declared = list(dict.fromkeys(each.lower() for each in case.subject.selectors))
    parts = [case.attempt(each, lambda one: _key(case, one)) for each in declared]
    if not parts:
        parts = [untested("dkim_undeclared")]
    return [*parts, _letter(case)]


def _key(case: Case, selector: str) -> Part:
    name = f"{selector}._domainkey.{case.name}"
    answer = case.dns(name, "TXT")
    facts: dict[str, Any] = {"name": name}
    if answer.is_lost:
        return failed("dns_lost", name)
    if not answer.texts:
        return failed("dkim_missing", selector, **facts)
    if len(answer.texts) > 1:
        return failed("dkim_several", selector, **facts)
    return _strength(case, selector, answer.texts[0], facts)


def _strength(case: Case, selector: str, record: str, facts: dict[str, Any]) -> Part:
    key = dkim_keys.read(record)
    if len(record) >= MOST_TEXT:
        key = DkimKey(why="too_long")
    facts |= {"key": key.kind, "bits": key.bits}
    if key.is_revoked:
        return failed("dkim_revoked", selector, **facts)
    if key.why:
        return failed("dkim_unusable", selector, why=key.why, **facts)
    if key.is_testing:
        return failed("dkim_testing", selector, record=record, **facts)
    if key.kind == "rsa" and key.bits < case.number("rsa_bits"):
        return failed("dkim_weak", selector, **facts)
    if key.kind == "rsa" and key.bits < case.number("plan_rsa_bits"):
        return planned(
            partial("dkim_short", selector, wanted=case.number("plan_rsa_bits"), **facts)
        )
    return passed("dkim_good", selector, **facts)


def _letter(case: Case) -> Part:
    """The newest signed test letter: one signature must verify, and be of this organisation."""
    signed = case.subject.signed
    if not signed:
        return untested("letter_missing", LETTER)
    sender = text(signed.get("from_domain")).lower()
    found = signed.get("signatures")
    signatures = [mapping(each) for each in found] if isinstance(found, list) else []
    if not signed.get("arrived_at"):
        return untested("letter_missing", LETTER)
    if sender != case.name and not sender.endswith(f".{case.name}"):
        return failed("letter_of_another", LETTER, sender=sender)
    if not signatures:
        return failed("letter_unsigned", LETTER)
    good = [each for each in signatures if text(each.get("result")) == "pass"]
    if not good:
        return failed("letter_not_verified", LETTER, domains=_domains(signatures))
    if not any(is_same_organisation(text(each.get("d")), case.name) for each in good):
        return failed("letter_not_aligned", LETTER, domains=_domains(good))
    return Part(Outcome.PASS, "letter_verified", LETTER, {"domains": _domains(good)})


def _domains(signatures: list[dict[str, Any]]) -> list[str]:
    return [text(each.get("d")) for each in signatures][:5]
