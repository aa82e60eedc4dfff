"""TR-6: the saraban mailbox takes a letter and answers it within a working day."""

from __future__ import annotations

from datetime import datetime

from accounts.readiness.checks.case import Case, number, text
from accounts.readiness.checks.findings import Part, failed, passed, unknown, untested
from accounts.readiness.checks.hosts import without_mail
from accounts.readiness.reading.names import is_same_organisation
from accounts.readiness.working_days import answer_by


def answers(case: Case) -> list[Part]:
    """TR-6: of the newest round trip."""
    if beside := without_mail(case):
        return beside
    facts = case.subject.saraban
    if not facts:
        return [untested("saraban_not_tried", case.name)]
    return [_rate(case, facts)]


def _rate(case: Case, facts: dict[str, object]) -> Part:
    box = f"saraban@{case.name}"
    code = number(facts.get("reply_code"))
    sent, answered = _moment(facts.get("sent_at")), _moment(facts.get("answered_at"))
    if code and code // 100 != 2:
        return failed("saraban_refused", box, code=code, reply=text(facts.get("reply"))[:300])
    if sent is None:
        return unknown("saraban_not_sent", box)
    latest = _moment(facts.get("answer_by")) or answer_by(sent, case.number("working_days"))
    if answered is None:
        if case.now <= latest:
            return untested("saraban_waiting", box, until=latest.isoformat())
        return failed("saraban_silent", box, until=latest.isoformat())
    sender = text(facts.get("from_domain")).lower()
    if not is_same_organisation(sender, case.name):
        return failed("saraban_elsewhere", box, sender=sender)
    if answered > latest:
        return failed("saraban_late", box, at=answered.isoformat(), until=latest.isoformat())
    return passed("saraban_answers", box, at=answered.isoformat())


def _moment(found: object) -> datetime | None:
    """An aware moment of the facts, or None."""
    try:
        moment = datetime.fromisoformat(text(found))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
