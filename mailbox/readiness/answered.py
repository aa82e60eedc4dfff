"""TR-6: whether what came back to a letter to saraban is a person's answer.

A machine's word is none (RFC 3834): it shows that the mailbox is there, not that anybody reads
it. A report that the letter could not be delivered ends the test.
"""

from __future__ import annotations

from accounts.readiness.letters import Facts
from accounts.readiness.reading.names import is_same_organisation
from mailbox.mime.addresses import domain_of, read_addresses
from mailbox.mime.headers import Headers
from mailbox.mime.parts.marks import is_automatic, is_list
from mailbox.mime.parts.structure import OverLimit, read_structure
from mailbox.mime.returned import reports
from mailbox.mime.returned.reports import Action, Outcome
from mailbox.readiness.signed import in_ascii

# Written before RFC 3834, and by programs that do not know it yet.
_MACHINES = ("x-autorespond", "x-autoresponse", "x-ms-exchange-inbox-rules-loop", "x-vacation")


def facts_of(raw: bytes, name: str) -> Facts:
    """The facts of a message that came back from the domain `name` (A-labels).

    One of is_answer, is_bounced, is_automatic, is_elsewhere says what it is.
    """
    report = reports.read(raw)
    if report is not None:
        return _of_report(report.outcomes)
    try:
        root = read_structure(raw)
    except OverLimit:
        return {"is_automatic": True}
    if is_automatic(root) or is_list(root.headers) or _is_machine(root.headers):
        return {"is_automatic": True}
    sender = _sender_of(root.headers)
    if not sender or not is_same_organisation(sender, name):
        return {"is_elsewhere": True, "elsewhere": sender[:253]}
    return {"is_answer": True, "from_domain": sender}


def _of_report(outcomes: tuple[Outcome, ...]) -> Facts:
    """A report of a server: only that nothing was delivered ends the test."""
    failed = [each for each in outcomes if each.action == Action.FAILED]
    if not failed:
        return {"is_automatic": True}
    worst = failed[0]
    code = worst.code if 400 <= worst.code < 600 else 550
    reply = " ".join(filter(None, (worst.status, worst.words)))
    return {"is_bounced": True, "reply_code": code, "reply": reply}


def _is_machine(headers: Headers) -> bool:
    if any(headers.get(name) for name in _MACHINES):
        return True
    return headers.text("precedence").strip().lower() == "auto_reply"


def _sender_of(headers: Headers) -> str:
    """The domain of the one author, in A-labels; empty where there is not exactly one."""
    values = headers.get_all("from")
    people, _more = read_addresses(values[:2])
    if len(values) != 1 or len(people) != 1:
        return ""
    return domain_of(in_ascii(people[0].address))
